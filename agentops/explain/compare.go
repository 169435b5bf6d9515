package explain

import (
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

// The words that ParseCompare knows beside a date.
const (
	Previous    = "previous"
	SameWeekday = "same_weekday"
)

const daysOfWeek = 7

// ParseCompare reads compare_to: previous (or nothing) is the period before the one asked, same_weekday the day a week
// before, and a date the period of the same grain that holds it. Anything else, and a period that is not before the one
// asked, is fault.Invalid.
func ParseCompare(text string, asked period.Period) (period.Period, error) {
	switch text {
	case "", Previous:
		return asked.Prev(), nil
	case SameWeekday:
		if asked.Grain != period.Day {
			return asked, fault.New(fault.Invalid, "same_weekday compares days, and the grain is %s; use previous or a date.", asked.Grain)
		}
		return asked.Add(-daysOfWeek), nil
	}
	to, err := asked.Calendar.Parse(asked.Grain, text)
	if err != nil {
		return asked, fault.Wrap(err, fault.Invalid, "%q is nothing to compare with; compare_to is previous, same_weekday or a date like 2026-06-09.%s",
			text, fault.DidYouMean(text, []string{Previous, SameWeekday}))
	}
	if to.Index >= asked.Index {
		return asked, fault.New(fault.Invalid, "compare_to is %s, which is not before %s; compare with an earlier %s.", to, asked, asked.Grain)
	}
	return to, nil
}

// rhythm is how a grain repeats: what a period is compared with, and how far back that goes.
type rhythm struct {
	// season is the number of periods after which the pattern repeats.
	season int
	// points seasons before make the seasonal median; fewer than minPoints make none.
	points, minPoints int
	// levels are the latest periods whose median ratio to their own seasonal median is the level.
	levels, minLevels int
	// minPlacebos is how many placebo dates a band needs.
	minPlacebos int
	// back is how many periods of history are of use.
	back int
}

// rhythmOf knows day, week and month. Weeks and months have no season of their own here: a year of either is more past
// than most facts have.
func rhythmOf(g period.Grain) (rhythm, error) {
	switch g {
	case period.Day:
		return rhythm{season: daysOfWeek, points: 6, minPoints: 3, levels: 7, minLevels: 4, minPlacebos: 10, back: 84}, nil
	case period.Week:
		return rhythm{season: 1, points: 6, minPoints: 3, levels: 3, minLevels: 2, minPlacebos: 6, back: 30}, nil
	case period.Month:
		return rhythm{season: 1, points: 4, minPoints: 3, levels: 3, minLevels: 1, minPlacebos: 4, back: 24}, nil
	case period.Hour, period.Year:
	}
	return rhythm{}, fault.New(fault.Invalid, "Active users are explained by day, week or month, not by %q.", g)
}

// Needs returns the first and the last period whose transitions Explain uses, both inclusive: 12 weeks of days, 30 weeks
// or 24 months before the one asked, and the one compared with.
func Needs(asked, compareTo period.Period) (first, last period.Period, err error) {
	r, err := rhythmOf(asked.Grain)
	if err != nil {
		return asked, asked, err
	}
	first = asked.Add(-r.back)
	if compareTo.Index < first.Index {
		first = compareTo
	}
	return first, asked, nil
}
