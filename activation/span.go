package activation

import (
	"fmt"

	"github.com/headwater-mcp/headwater/period"
)

// queryRange is what a query asks about: by default the last 14 closed periods.
func (d *Definition) queryRange(q Query) (first, last period.Period) {
	last = d.Calendar.LastClosed(q.Grain, q.AsOf, d.Settle)
	if q.Last != nil {
		last = *q.Last
	}
	first = last.Add(1 - defaultPeriods)
	if q.First != nil {
		first = *q.First
		if q.Last == nil && last.Index < first.Index {
			last = first
		}
	}
	return first, last
}

// notes says what a reader of the numbers has to know.
func (d *Definition) notes(q Query, cover Coverage, first, last period.Period) []string {
	notes := []string{}
	if len(cover.Built) == 0 {
		return append(notes, fmt.Sprintf("Nothing is built for %s by %s: run headwater build %s.", d.Fact.Name, q.Grain, d.Fact.Name))
	}
	if first.Index < cover.First().Index || last.Index > cover.Last().Index {
		notes = append(notes, fmt.Sprintf("Built are %s to %s; periods outside have no rows.", cover.First(), cover.Last()))
	}
	for _, b := range cover.Built {
		if b.Period.Index < first.Index || b.Period.Index > last.Index {
			continue
		}
		if !b.Period.Closed(q.AsOf, d.Settle) {
			notes = append(notes, fmt.Sprintf("%s is open: its numbers still grow.", b.Period))
		} else if b.Open(d.Settle) {
			notes = append(notes, fmt.Sprintf("%s was open when it was built: run headwater build.", b.Period))
		}
	}
	if until := cover.CensoredUntil; until != nil && first.Index <= until.Index && last.Index >= cover.First().Index {
		notes = append(notes, fmt.Sprintf("Censored up to %s: new, reactivated and inactive cannot be told so close to the start of the data (%s).",
			until, cover.First()))
	}
	if len(q.Where) > 0 || len(q.By) > 0 {
		notes = append(notes, "A user counts under the last value in the period, so a slice is not COUNT(DISTINCT) of the filtered rows.")
	}
	return notes
}
