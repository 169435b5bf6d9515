// Package period is arithmetic on hours, days, weeks, months and years of any calendar: which period an instant lies in, when a
// period starts and ends, which one comes next, which ones overlap an interval.
//
// A period is a half-open interval of instants and is numbered by index: hours that come twice, days that have 23 or 25 hours,
// days that a zone skipped and weeks that start on Sunday are all one step from their neighbour. Nothing here reads the clock.
package period

import "github.com/headwater-mcp/headwater/fault"

// Grain is the length of a period.
type Grain string

// The grains, finest first. Hours are of partitions only: facts are followed by day, week and month.
const (
	Hour  Grain = "hour"
	Day   Grain = "day"
	Week  Grain = "week"
	Month Grain = "month"
	Year  Grain = "year"
)

// Grains returns every grain, finest first.
func Grains() []Grain { return []Grain{Hour, Day, Week, Month, Year} }

// ParseGrain reads a grain by its name; anything else is fault.Invalid.
func ParseGrain(s string) (Grain, error) {
	names := make([]string, 0, len(Grains()))
	for _, g := range Grains() {
		if s == string(g) {
			return g, nil
		}
		names = append(names, string(g))
	}
	return "", fault.New(fault.Invalid, "%q is not a grain; valid are hour, day, week, month and year.%s", s, fault.DidYouMean(s, names))
}

// Adverb is the grain as output names carry it: daily, weekly, monthly, yearly.
func (g Grain) Adverb() string {
	if g == Day {
		return "daily" // the one that is not spelled grain + ly
	}
	return string(g) + "ly"
}
