package explain

import (
	"math"
	"slices"
)

// slice is a segment as it was found, with what later steps judge it by.
type slice struct {
	where     map[string]any
	members   []int
	of        series
	direction direction
	// strength is the score over its threshold, at least 1.
	strength float64
	// observed counts users by the leaf they come from, current by the leaf they have.
	observed, current, expected [seriesCount]float64
	// effect is on active users whom no earlier slice holds.
	effect float64
}

// search finds the slices that moved on their own.
type search struct {
	cube    *cube
	past    past
	outlook outlook
	scan    *scanner
	lattice *lattice
	t       int
	limit   int
	// expected holds, per series, what was expected of each leaf: its share of the series' expectation.
	expected [seriesCount][]float64
	claimed  []bool
	found    []slice
}

// findSlices runs the scan on active users and then on each transition, and keeps what beats its placebo threshold.
func findSlices(in Input, c *cube, p past, o outlook, t int) []slice {
	if len(c.dims) == 0 || len(c.leaves) == 0 {
		return nil
	}
	l := newLattice(c)
	s := &search{cube: c, past: p, outlook: o, lattice: l, scan: newScanner(l, in.MinUsers), t: t, limit: in.MaxSegments, claimed: make([]bool, len(c.leaves))}
	for of := range seriesCount {
		leaves, ok := p.shares(c, of, t)
		if total := sum(leaves); ok && total > 0 {
			for i := range leaves {
				leaves[i] *= float64(o.expected[of]) / total
			}
		}
		s.expected[of] = leaves
	}
	s.runNulls()
	for _, of := range [...]series{active, arrived, came, stayed, left} {
		s.run(of)
	}
	return s.found
}

// runNulls finds slices into which users fell because they lost a value. It looks at the leaves that users have now; any
// other slice that it meets is left to the scans by the leaf they come from.
func (s *search) runNulls() {
	threshold := s.past.threshold(s.cube, s.scan, active, s.t)
	observed, expected := slices.Clone(s.cube.current[active]), slices.Clone(s.expected[active])
	for len(s.found) < s.limit {
		best := s.scan.best(observed, expected, up)
		if best.score < threshold {
			return
		}
		members := s.lattice.members(best.cut, best.cell)
		for _, leaf := range members {
			observed[leaf], expected[leaf] = 0, 0
		}
		found := s.measure(active, best, members, best.score/threshold)
		if !found.nulled() {
			return
		}
		found.effect = found.current[active] - found.expected[active]
		s.found = append(s.found, found)
	}
}

// run takes the best slice of a series, removes it and looks again. Where the whole series left its band, slices that
// moved its way come first: the rest looks as if it had moved the other way.
func (s *search) run(of series) {
	threshold := s.past.threshold(s.cube, s.scan, of, s.t)
	observed, expected := s.open(s.cube.at(of, s.t)), s.open(s.expected[of])
	way := both
	if deviation := s.outlook.deviation(s.cube, of, s.t); math.Abs(deviation) > 1 {
		way = down
		if deviation > 0 {
			way = up
		}
	}
	for len(s.found) < s.limit {
		best := s.scan.best(observed, expected, way)
		if best.score < threshold {
			if way == both {
				return
			}
			way = both
			continue
		}
		members := s.lattice.members(best.cut, best.cell)
		for _, leaf := range members {
			observed[leaf], expected[leaf] = 0, 0
		}
		s.accept(of, best, members, best.score/threshold)
	}
}

// open is a copy of a row of leaves without those that a slice of an earlier series claimed.
func (s *search) open(leaves []float64) []float64 {
	out := make([]float64, len(leaves))
	for i, v := range leaves {
		if !s.claimed[i] {
			out[i] = v
		}
	}
	return out
}

// accept keeps a slice and claims its leaves.
func (s *search) accept(of series, best hit, members []int, strength float64) {
	found := s.measure(of, best, members, strength)
	for _, leaf := range members {
		s.claimed[leaf] = true
	}
	s.found = append(s.found, found)
}

// measure counts a slice in every series.
func (s *search) measure(of series, best hit, members []int, strength float64) slice {
	found := slice{where: s.lattice.where(s.cube, best.cut, best.cell), members: members, of: of, direction: best.direction, strength: strength}
	for _, leaf := range members {
		for k := range seriesCount {
			found.observed[k] += s.cube.at(k, s.t)[leaf]
			found.current[k] += s.cube.current[k][leaf]
			found.expected[k] += s.expected[k][leaf]
		}
		if !s.claimed[leaf] {
			found.effect += of.sign() * (s.cube.at(of, s.t)[leaf] - s.expected[of][leaf])
		}
	}
	return found
}

// transition is the row in which the slice moved most, in users.
func (s slice) transition() series {
	if s.of != active {
		return s.of
	}
	most := arrived
	for k := range active {
		if math.Abs(s.observed[k]-s.expected[k]) > math.Abs(s.observed[most]-s.expected[most]) {
			most = k
		}
	}
	return most
}

// segment is the slice as answers show it; share is relative to unexpected, where that is not nil.
func (s slice) segment(unexpected *int64) Segment {
	out := Segment{
		Where: s.where, Transition: s.transition().String(), Of: s.of.String(),
		Observed: int64(s.current[s.of]), Expected: int64(math.Round(s.expected[s.of])), Effect: int64(math.Round(s.effect)),
	}
	out.Share = share(out.Effect, unexpected)
	return out
}

// share is part over whole in hundredths; nil without a whole.
func share(part int64, whole *int64) *float64 {
	if whole == nil || *whole == 0 {
		return nil
	}
	const hundred = 100
	value := math.Round(hundred*float64(part)/float64(*whole)) / hundred
	return &value
}
