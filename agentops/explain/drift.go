package explain

import (
	"github.com/headwater-mcp/headwater/period"
)

// A slow shift of the mix is nothing on the day asked and much since weeks ago. It is looked for where the day itself is
// quiet, among new users: who arrives is decided anew every day, while the mix of those who stay drifts by itself.
const (
	// driftRecent days before and with the one asked are compared with driftPast days that end driftGap days before it.
	driftRecent, driftGap, driftPast = 14, 28, 42
	// driftScore is what a slice must score. Arrivals are independent of each other, so it needs no placebo.
	driftScore = 12
	// driftWhole is a number of arrivals a day that dwarfs any fact's.
	driftWhole = 1e9
	// driftFelt is the least share of active users that one of the slices must have gained or lost by it.
	driftFelt = 0.02
)

// drifted finds the slices whose share of new users shifted, one up and one down at least, if active users feel it.
func (w *weighing) drifted() []slice {
	c := w.cube
	if w.in.Period.Grain != period.Day || w.search == nil {
		return nil
	}
	recent, days := w.window(arrived, w.t, driftRecent)
	past, daysPast := w.window(arrived, w.t-driftGap, driftPast)
	if days < driftRecent/2 || daysPast < driftRecent {
		return nil
	}
	l, scan := w.search.lattice, w.search.scan
	moved := make([]bool, len(c.leaves))
	var found []slice
	for len(found) < w.in.MaxSegments {
		// Of so large a whole that only the time that passed counts: slices are compared with themselves, not with the rest.
		best := scan.bestOf(recent, past, driftWhole*float64(days), driftWhole*float64(daysPast), both)
		if best.score < driftScore {
			break
		}
		s := slice{
			where: l.where(c, best.cut, best.cell), members: l.members(best.cut, best.cell), of: active,
			direction: best.direction, strength: best.score / driftScore,
		}
		for _, leaf := range s.members {
			moved[leaf] = true
		}
		remove(s.members, recent, past)
		found = append(found, s)
	}
	return w.felt(found, moved)
}

// window sums up the usable days of a series that end at t, as many as days, and says how many there were.
func (w *weighing) window(s series, t, days int) (leaves []float64, usable int) {
	leaves = make([]float64, len(w.cube.leaves))
	for at := max(t-days+1, 0); at <= t; at++ {
		if !w.past.usable[s][at] {
			continue
		}
		usable++
		for leaf, users := range w.cube.at(s, at) {
			leaves[leaf] += users
		}
	}
	return leaves, usable
}

// felt measures drifted slices against the slices that kept their share (moved is false for their leaves), as felt.go says. It
// returns nil where nobody would feel the difference.
func (w *weighing) felt(found []slice, moved []bool) []slice {
	rise, fall := 0.0, 0.0
	for i := range found {
		s := &found[i]
		in := make([]bool, len(moved))
		for _, leaf := range s.members {
			in[leaf] = true
			s.current[active] += w.cube.current[active][leaf]
		}
		for k := range seriesCount {
			for _, leaf := range s.members {
				s.observed[k] += w.cube.at(k, w.t)[leaf]
			}
			var ok bool
			if s.expected[k], ok = w.undrifted(k, in, moved); !ok {
				return nil
			}
		}
		s.effect = s.observed[active] - s.expected[active]
		rise, fall = max(rise, s.effect), max(fall, -s.effect)
	}
	if min(rise, fall) < float64(w.in.MinUsers) || max(rise, fall) < driftFelt*float64(w.outlook.expected[active]) {
		return nil
	}
	return found
}

// shifted attributes a drift; false where there is none.
func (w *weighing) shifted() (Attribution, bool) {
	found := w.drifted()
	if len(found) == 0 {
		return Attribution{}, false
	}
	w.slices = found
	for _, s := range found {
		w.out.Segments = append(w.out.Segments, s.segment(nil))
	}
	return Attribution{
		Class: Composition, Cause: MixShift, Users: w.effect(found), Confidence: min(confidence(found[0].strength), sureOfShape),
		Transition: found[0].transition().String(), Where: found[0].where,
	}, true
}
