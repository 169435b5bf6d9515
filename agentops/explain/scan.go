package explain

import (
	"math"
	"slices"
)

// direction restricts a scan to slices that fell or rose, compared with the rest.
type direction int

const (
	down direction = -1
	both direction = 0
	up   direction = 1
)

// hit is the cell that stands out most.
type hit struct {
	cut, cell int
	score     float64
	direction direction
}

// scanner looks for the slice whose share moved most.
type scanner struct {
	lattice  *lattice
	minUsers float64
}

func newScanner(l *lattice, minUsers int) *scanner {
	return &scanner{lattice: l, minUsers: float64(minUsers)}
}

// best returns the cell with the highest log likelihood ratio of "this cell has a share of its own now" against "all
// cells have the share that they had", less the logarithm of the number of cells of its cuboid. Both arguments hold one
// count a leaf: now, and in the baseline periods together. Only shares matter, so an even move leaves no trace. Where
// nothing moved the score is 0.
func (s *scanner) best(observed, base []float64, dir direction) hit {
	return s.bestOf(observed, base, sum(observed), sum(base), dir)
}

// bestOf is best with totals of which the leaves are only a part.
func (s *scanner) bestOf(observed, base []float64, total, before float64, dir direction) hit {
	return s.bestCell(s.lattice.addUp(observed), s.lattice.addUp(base), total, before, dir)
}

// bestCell is bestOf of leaves that are added up by cells.
func (s *scanner) bestCell(observed, base []float64, total, before float64, dir direction) hit {
	found := hit{}
	if total == 0 || before == 0 {
		return found
	}
	for number := range s.lattice.cuboids {
		cut := &s.lattice.cuboids[number]
		a, b := cut.of(observed), cut.of(base)
		for cell := range a {
			if max(a[cell], b[cell]*total/before) < s.minUsers {
				continue
			}
			score, way := surprise(a[cell], b[cell], total, before, found.score+cut.penalty)
			if score -= cut.penalty; (dir == both || dir == way) && score > found.score {
				found = hit{cut: number, cell: cell, score: score, direction: way}
			}
		}
	}
	return s.simplest(found, observed, base, total, before)
}

// equallyGood is how much score a slice with fewer dimensions may lack and still be preferred: a dimension more must say
// more than chance does.
const equallyGood = 2

// simplest replaces a hit by a cell with fewer dimensions that holds it and scores nearly as well.
func (s *scanner) simplest(found hit, observed, base []float64, total, before float64) hit {
	if found.score == 0 {
		return found
	}
	winner := s.lattice.cuboids[found.cut]
	leaf := winner.sampleOf[found.cell]
	for number := range s.lattice.cuboids[:found.cut] {
		cut := &s.lattice.cuboids[number]
		if len(cut.dims) >= len(winner.dims) || !within(cut.dims, winner.dims) {
			continue
		}
		cell := int(cut.cellOf[leaf])
		score, way := surprise(cut.of(observed)[cell], cut.of(base)[cell], total, before, 0)
		if score -= cut.penalty; way == found.direction && score >= found.score-equallyGood {
			return hit{cut: number, cell: cell, score: score, direction: way}
		}
	}
	return found
}

// within reports whether all of some dimensions are among others; both ascend.
func within(some, others []int) bool {
	for _, d := range some {
		if !slices.Contains(others, d) {
			return false
		}
	}
	return true
}

// surprise is the log likelihood ratio (half of G) of the two-by-two table "in the cell or not, now or before": unlike the
// ratio against an expectation it knows that a small baseline is uncertain. The direction is that of a against its share.
// Where the result cannot exceed floor it is not computed, and 0.
func surprise(a, b, total, before, floor float64) (float64, direction) {
	share := (a + b) / (total + before)
	now, then := total*share, before*share
	way := up
	if a < now {
		way = down
	}
	rest, restThen := total-now, before-then
	// Pearson's chi square is never less than half of G.
	gap := (a - now) * (a - now)
	if bound := gap * (inverse(now) + inverse(then) + inverse(rest) + inverse(restThen)); bound <= floor {
		return 0, way
	}
	return term(a, now) + term(b, then) + term(total-a, rest) + term(before-b, restThen), way
}

func inverse(x float64) float64 {
	if x <= 0 {
		return 0
	}
	return 1 / x
}

// term is x ln(x/y), which is 0 at 0.
func term(x, y float64) float64 {
	if x <= 0 || y <= 0 {
		return 0
	}
	return x * math.Log(x/y)
}

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}
