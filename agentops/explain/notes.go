package explain

import (
	"cmp"
	"fmt"
	"math"
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

// coincidence is the kind of entry of the period asked that goes with a move. With a slice it names a value of it, or concerns
// everybody while active users as a whole left their band the same way; without slices it concerns everybody. Campaigns bring
// users, holidays and closures mostly keep them away, releases do either. Entries are sorted, so the same one is always found,
// and one that names the slice goes before one for everybody.
func (w *weighing) coincidence(s *slice, way direction) (Cause, bool) {
	if s != nil {
		if cause, found := w.noted(s, way, func(e CalendarEntry) bool { return e.concerns(s.where) }); found {
			return cause, true
		}
		if math.Abs(w.deviation(active)) <= 1 || towards(w.deviation(active)) != way {
			return NoCause, false
		}
	}
	return w.noted(s, way, func(e CalendarEntry) bool { return e.Dimension == "" })
}

// noted is the kind of the first entry of the period asked that speaks of those who moved.
func (w *weighing) noted(s *slice, way direction, speaks func(CalendarEntry) bool) (Cause, bool) {
	for _, n := range notes(w.in) {
		e := n.CalendarEntry
		if !touches(e, w.in.Period) || !speaks(e) {
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
