package explain

import "math"

// A change of code takes a slice away as a whole, or all rows alike: a filter or a join lets rows through or does not. People
// never leave that completely. So a change is blamed for slices that are gone, or for a move that all slices share, and for
// nothing else: code is changed for many reasons, and most changes lose nobody.
const (
	// goneBelow is the share of its expected users that a slice may keep where all of the period was built by the new code.
	goneBelow = 0.1
	// cameFrom is the largest expectation, in users, of a slice that new code can have let in.
	cameFrom = 1
)

// recoded are the slices that changed code took away or let in.
func (w *weighing) recoded(f suspected) []slice {
	var out []slice
	for _, s := range w.slices {
		if s.of != active || s.nulled() {
			continue
		}
		gone := s.direction == down && s.observed[active] <= w.keptUnder(f)*s.expected[active]
		if gone || s.direction == up && s.expected[active] < cameFrom {
			out = append(out, s)
		}
	}
	return out
}

// keptUnder is the share of its users that a slice may keep and still be gone: a period that the new code built only a part of
// keeps those of the rest.
func (w *weighing) keptUnder(f suspected) float64 {
	start, end := w.in.Period.Start(), w.in.Period.End()
	if !f.Start.After(start) || !f.Start.Before(end) {
		return goneBelow
	}
	return goneBelow + f.Start.Sub(start).Seconds()/end.Sub(start).Seconds()
}

// evenly reports whether active users left their band, no slice stands out, and no calendar entry concerns everybody.
func (w *weighing) evenly() bool {
	deviation := w.deviation(active)
	if math.Abs(deviation) <= 1 || len(w.slices) > 0 {
		return false
	}
	_, found := w.coincidence(nil, towards(deviation))
	return !found
}

// others are the slices of w that are not among some.
func (w *weighing) others(some []slice) []slice {
	var out []slice
	for _, s := range w.slices {
		among := false
		for _, o := range some {
			among = among || sameSlice(s, o)
		}
		if !among {
			out = append(out, s)
		}
	}
	return out
}

// sameSlice compares slices by their leaves, which no two of an answer share.
func sameSlice(a, b slice) bool {
	return a.of == b.of && a.members[0] == b.members[0] && len(a.members) == len(b.members)
}
