package explain

import (
	"math"
	"slices"
	"sync"
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
	cube       *cube
	past       past
	outlook    outlook
	scan       *scanner
	lattice    *lattice
	t          int
	limit      int
	calibrated [seriesCount]calibration
	// jointly is what the joint scan must score.
	jointly float64
	// base holds, per series, the baseline of each leaf, and expected what follows from it: its share of the series'
	// expectation.
	base, expected [seriesCount][]float64
	claimed        []bool
	found          []slice
	// nearest is the highest score over its threshold that did not reach it.
	nearest float64
}

// newSearch calibrates the scans of every series. There are dimensions and leaves.
func newSearch(in Input, c *cube, p past, o outlook, t int) *search {
	l := newLattice(c)
	s := &search{
		cube: c, past: p, outlook: o, lattice: l, scan: newScanner(l, in.MinUsers), t: t,
		limit: in.MaxSegments, claimed: make([]bool, len(c.leaves)),
	}
	ordinary := newPlacebos(p, c, s.scan, t)
	var all sync.WaitGroup // most of the time goes into placebo scans, and those of one series have nothing to do with the others
	for of := range seriesCount {
		all.Go(func() { s.prepare(of, ordinary) })
	}
	all.Wait()
	return s
}

// prepare calibrates the scans of a series and makes its baseline.
func (s *search) prepare(of series, ordinary *placebos) {
	s.calibrated[of] = ordinary.calibrate(of)
	depth := s.calibrated[of].depth
	base := make([]float64, len(s.cube.leaves))
	s.past.shares(base, s.cube.rows(of), of, s.t, depth)
	s.base[of], s.expected[of] = base, slices.Clone(base)
	if total := sum(base); total > 0 {
		for i := range base {
			s.expected[of][i] *= float64(s.outlook.expected[of]) / total
		}
	}
	if of == active {
		s.jointly = ordinary.jointThreshold(depth)
	}
}

// find runs the scan on active users, on the transitions together and on each of them, and keeps what beats its placebo
// threshold.
func (s *search) find() {
	s.runNulls()
	if len(s.found) > 0 {
		return // a dimension that lost its values says little about who moved in it
	}
	s.run(active)
	s.runJoint()
	for _, of := range [...]series{arrived, came, stayed, left} {
		s.run(of)
	}
}

// runNulls finds slices into which users fell because they lost a value. It looks at the leaves that users have now; any
// other slice that it meets is left to the scans by the leaf they come from.
func (s *search) runNulls() {
	threshold := s.calibrated[active].threshold
	observed, base := slices.Clone(s.cube.current[active]), slices.Clone(s.base[active])
	for len(s.found) < s.limit {
		best := s.scan.best(observed, base, up)
		if best.score < threshold {
			return
		}
		members := s.lattice.members(best.cut, best.cell)
		remove(members, observed, base)
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
	threshold := s.calibrated[of].threshold
	observed, base := s.open(s.cube.at(of, s.t)), s.open(s.base[of])
	way := both
	if deviation := s.outlook.deviation(s.cube, of, s.t); math.Abs(deviation) > 1 {
		way = towards(deviation)
	}
	for len(s.found) < s.limit {
		best := s.scan.best(observed, base, way)
		if best.score < threshold {
			if way == both {
				s.nearest = max(s.nearest, best.score/threshold)
				return
			}
			way = both
			continue
		}
		members := s.lattice.members(best.cut, best.cell)
		remove(members, observed, base)
		strength := best.score / threshold
		found := s.measure(of, best, members, strength)
		if found.itself() {
			s.accept(found)
			continue
		}
		if s.spared(of, best, strength) {
			return
		}
	}
}

// remove takes leaves out of a scan.
func remove(members []int, rows ...[]float64) {
	for _, row := range rows {
		for _, leaf := range members {
			row[leaf] = 0
		}
	}
}

// itself reports whether the slice left its own expectation, and not only the others theirs: most of what sets it apart
// must be its own.
func (s slice) itself() bool {
	gap := s.observed[s.of] - s.expected[s.of]
	const own = 2
	return towards(gap) == s.direction && math.Abs(gap) > own*math.Sqrt(max(s.expected[s.of], 1))
}

// spared takes the other view of a slice that stood still while the rest moved: the other values of its one dimension
// are the ones that moved.
func (s *search) spared(of series, still hit, strength float64) bool {
	cut := s.lattice.cuboids[still.cut]
	if len(cut.dims) != 1 {
		return false
	}
	for _, moved := range s.lattice.beside(still) {
		if len(s.found) >= s.limit {
			break
		}
		found := s.measure(of, moved, s.lattice.members(moved.cut, moved.cell), strength)
		if max(found.observed[of], found.expected[of]) >= s.scan.minUsers && found.itself() {
			s.accept(found)
		}
	}
	return true
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
func (s *search) accept(found slice) {
	for _, leaf := range found.members {
		s.claimed[leaf] = true
	}
	s.found = append(s.found, found)
}

// measure counts a slice in every series.
func (s *search) measure(of series, best hit, members []int, strength float64) slice {
	found := slice{
		where: s.lattice.where(s.cube, best.cut, best.cell), members: members, of: of,
		direction: best.direction, strength: strength,
	}
	// New users add to active what they are; all others stay or leave and come back, which only their sum shows.
	whole := active
	if of == arrived {
		whole = arrived
	}
	for _, leaf := range members {
		for k := range seriesCount {
			found.observed[k] += s.cube.at(k, s.t)[leaf]
			found.current[k] += s.cube.current[k][leaf]
			found.expected[k] += s.expected[k][leaf]
		}
		if !s.claimed[leaf] {
			found.effect += s.cube.at(whole, s.t)[leaf] - s.expected[whole][leaf]
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
