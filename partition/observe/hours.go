package observe

import (
	"fmt"

	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// hours are consecutive hours, each of which starts 3,600 seconds after the one before; the last may be shorter or longer. SQL
// finds the hour of a row by division alone, whatever clocks do: engines differ in what they make of an hour that comes twice.
type hours struct {
	// Start and End are the instants between which they lie, in seconds from the start of the range.
	Start, End int64
	// Index is the number of the first one, More how many others there are.
	Index, More int
}

// between divides a range of hours.
func between(first, last period.Period) []hours {
	from := first.Start().Unix()
	var out []hours
	for p, before := first, int64(0); p.Index <= last.Index; p = p.Next() {
		start := p.Start().Unix() - from
		if k := len(out) - 1; k >= 0 && start-before == secondsPerHour {
			out[k].More++
		} else {
			if k >= 0 {
				out[k].End = start
			}
			out = append(out, hours{Start: start, Index: p.Index})
		}
		before = start
	}
	out[len(out)-1].End = last.End().Unix() - from
	return out
}

const secondsPerHour = 3600

// untold says of which hours the rows cannot be told from those of others: a clock that is put back shows a time twice, and a
// column without a zone does not say which one it means. Engines take one of them; so one hour would have no rows and the other
// all.
func (v *values) untold(first, last period.Period) map[int]string {
	out := map[int]string{}
	zone, err := period.NewCalendar(v.ColumnZone, "")
	if err != nil || len(v.Hours) == 0 || v.TimeKind == warehouse.TimestampTZ {
		return out
	}
	for _, r := range zone.Repeats(first.Start(), last.End()) {
		for p := first.Calendar.At(period.Hour, r.Start); p.Start().Before(r.End); p = p.Next() {
			if p.Start().After(r.Start) || p.End().Before(r.End) {
				out[p.Index] = fmt.Sprintf("Its rows cannot be told from those of the hour beside it: %s has no zone, and the clock of %s showed "+
					"the same time in both.", v.Time, v.ColumnZone)
			}
		}
	}
	return out
}
