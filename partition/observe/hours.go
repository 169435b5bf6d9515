package observe

import "github.com/headwater-mcp/headwater/period"

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
