package explain

import (
	"math"
	"slices"

	"github.com/headwater-mcp/headwater/activation"
)

// users is the signed number of active users that a fault adds, where it was counted.
func (h Health) users() (total int64, counted bool) {
	for _, users := range h.Leaves {
		total += users
	}
	return total, h.Leaves != nil
}

// spread puts users into the leaves of the cube; those of whom nothing is known are in none.
func (c *cube) spread(users map[activation.Leaf]int64) []float64 {
	out := make([]float64, len(c.leaves))
	for leaf, n := range users {
		if number, known := c.numbers[leaf]; known {
			out[number] += float64(n)
		}
	}
	return out
}

// countedScore is what a slice must score among the users that were counted. They are a fact, so it needs no placebo.
const countedScore = 12

// lost finds the slices that hold more of a fault's counted users than their share of the active ones; none where it was not
// counted, or hit all alike. Of an echo they are those that came back.
func (w *weighing) lost(f suspected) []slice {
	users, counted := f.users()
	if !counted || w.search == nil {
		return nil
	}
	of, way := active, down
	switch {
	case f.echo:
		of, way = came, up
	case users > 0:
		way = up
	}
	effects := w.cube.spread(f.Leaves)
	size, base := make([]float64, len(effects)), slices.Clone(w.search.expected[active])
	for leaf, n := range effects {
		size[leaf] = math.Abs(n)
	}
	var out []slice
	for range w.in.MaxSegments {
		hits, strength := w.search.hardest(size, base)
		for _, h := range hits {
			members := w.search.lattice.members(h.cut, h.cell)
			s := w.search.measure(of, hit{cut: h.cut, cell: h.cell, direction: way}, members, strength)
			users := total(effects, members)
			if !f.echo {
				s.effect = users
			}
			if len(out) < w.in.MaxSegments && math.Abs(users) >= float64(w.in.MinUsers) {
				out = append(out, s)
			}
			remove(members, size, base)
		}
		if len(hits) != 1 {
			break // nothing is left, or it was one dimension of which a value was spared
		}
	}
	return out
}

// hardest is the slice that holds most more of the users counted in size than its share of base; where one was spared, the others
// of its dimension. None where they are spread alike.
func (s *search) hardest(size, base []float64) (hits []hit, strength float64) {
	best := s.scan.best(size, base, both)
	switch {
	case best.score < countedScore:
		return nil, 0
	case best.direction == down:
		return s.lattice.beside(best), best.score / countedScore
	}
	return []hit{best}, best.score / countedScore
}

// beside are the other cells of a cell of one dimension; none of a conjunction.
func (l *lattice) beside(of hit) []hit {
	cut := l.cuboids[of.cut]
	if len(cut.dims) != 1 {
		return nil
	}
	var out []hit
	for cell := range cut.sampleOf {
		if cell != of.cell {
			out = append(out, hit{cut: of.cut, cell: cell, direction: -of.direction})
		}
	}
	return out
}

// total sums up the values of some leaves.
func total(of []float64, members []int) float64 {
	sum := 0.0
	for _, leaf := range members {
		sum += of[leaf]
	}
	return sum
}

// unexplained are the slices that moved by more than a counted fault accounts for, with what it leaves of their effect.
func (w *weighing) unexplained(f suspected) []slice {
	effects := w.cube.spread(f.Leaves)
	const most = 0.5
	var out []slice
	for _, s := range w.slices {
		part := total(effects, s.members)
		if s.effect*part > 0 && math.Abs(part) >= most*math.Abs(s.effect) {
			continue
		}
		s.effect -= part
		out = append(out, s)
	}
	return out
}

// belied reports whether a loss that was estimated by another period is not what happened: a slice that it should have hit stayed
// where it was, or nearly so. The rows of one slice are gone then, and not of all that the node brings.
func (w *weighing) belied(f suspected) bool {
	users, counted := f.users()
	if !counted || f.echo || f.cause == LateData || users >= 0 {
		return false
	}
	const major, least = 0.2, 0.4
	for _, s := range w.lost(f) {
		if s.effect < major*float64(users) && s.observed[active]-s.expected[active] > least*s.effect {
			return true
		}
	}
	return false
}

// silenced reports whether the slices that fell, of which there are some, stopped reporting: what they lack is told by that.
func (w *weighing) silenced() bool {
	const even = 0.5
	fell := 0
	for _, s := range w.slices {
		if s.direction == down {
			if w.untracked(s) <= even {
				return false
			}
			fell++
		}
	}
	return fell > 0
}

// robbed reports whether just the slices fell that a thin partition brings, as wholes, and nothing in the calendar speaks of
// them: people who leave are rarely those of one source, and all kinds of them alike.
func (w *weighing) robbed(f suspected) bool {
	lost := w.lost(f)
	for _, s := range lost {
		fell := slices.ContainsFunc(w.slices, func(o slice) bool { return o.direction == down && sameSlice(s, o) })
		if !fell || w.spokenOf(s) {
			return false
		}
	}
	return len(lost) > 0
}

// spokenOf reports whether an entry of the day or the day before names a slice, or one of the day concerns everybody.
func (w *weighing) spokenOf(s slice) bool {
	return slices.ContainsFunc(w.in.Calendar, func(e CalendarEntry) bool {
		now := touches(e, w.in.Period)
		return e.concerns(s.where) && (now || touches(e, w.in.Period.Prev())) || now && e.Dimension == ""
	})
}
