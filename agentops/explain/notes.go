package explain

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/headwater-mcp/headwater/period"
)

// notes lists the calendar entries that fall on the period asked or the one compared with.
func notes(in Input) []CalendarNote {
	out := []CalendarNote{}
	for _, e := range in.Calendar {
		if touches(e, in.Period) || touches(e, in.CompareTo) {
			out = append(out, CalendarNote{Date: e.Date.String(), CalendarEntry: e})
		}
	}
	slices.SortFunc(out, func(a, b CalendarNote) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.Dimension, b.Dimension), cmp.Compare(a.Value, b.Value))
	})
	return slices.Compact(out)
}

// touches reports whether an entry falls into a period.
func touches(e CalendarEntry, p period.Period) bool {
	return e.Date.Grain != "" && p.Holds(e.Date.Start())
}

// concerns reports whether an entry speaks of a slice: it names one of the slice's values.
func (e CalendarEntry) concerns(where map[string]any) bool {
	value, cut := where[e.Dimension]
	return cut && e.Dimension != "" && value != nil && fmt.Sprint(value) == e.Value
}

// coincidence is the kind of entry of the period asked that goes with a move: with a slice it must name a value of it, without
// slices it must concern everybody. Campaigns bring users, holidays and closures mostly keep them away, releases do
// either. Entries are sorted, so the same one is always found.
func (w *weighing) coincidence(s *slice, way direction) (Cause, bool) {
	for _, n := range notes(w.in) {
		e := n.CalendarEntry
		if !touches(e, w.in.Period) || s != nil && !e.concerns(s.where) || s == nil && e.Dimension != "" {
			continue
		}
		switch {
		case e.Type == Campaign && way == up:
			return CampaignCause, true
		case e.Type == Holiday || e.Type == Closure:
			return HolidayCause, true
		case e.Type == Release && s == nil:
			return ReleaseCause, true
		}
	}
	return NoCause, false
}
