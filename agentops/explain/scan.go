package explain

import "math"

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

// scanner looks for the slice whose share moved most. It is not safe for concurrent use: it owns its buffers.
type scanner struct {
	lattice            *lattice
	minUsers           float64
	observed, expected []float64
}

func newScanner(l *lattice, minUsers int) *scanner {
	return &scanner{lattice: l, minUsers: float64(minUsers), observed: make([]float64, l.largest), expected: make([]float64, l.largest)}
}

// best returns the cell with the highest log likelihood ratio of "this cell has a rate of its own" against "all cells
// kept their share", less the logarithm of the number of cells of its cuboid. Both arguments hold one number a leaf;
// expected is brought to observed's sum, so that an even move leaves no trace. Where nothing moved the score is 0.
func (s *scanner) best(observed, expected []float64, dir direction) hit {
	total, guess := sum(observed), sum(expected)
	found := hit{}
	if total == 0 || guess == 0 {
		return found
	}
	level := total / guess
	for number := range s.lattice.cuboids {
		cut := &s.lattice.cuboids[number]
		a, e := s.observed[:len(cut.sampleOf)], s.expected[:len(cut.sampleOf)]
		clear(a)
		clear(e)
		for leaf, cell := range cut.cellOf {
			a[cell] += observed[leaf]
			e[cell] += expected[leaf]
		}
		for cell := range a {
			if max(a[cell], e[cell]) < s.minUsers {
				continue
			}
			score, way := ratio(a[cell], e[cell]*level, total)
			score -= cut.penalty
			if (dir == both || dir == way) && score > found.score {
				found = hit{cut: number, cell: cell, score: score, direction: way}
			}
		}
	}
	return found
}

// unseen is what is expected of a slice that never had a user, so that a first one is no infinite surprise.
const unseen = 0.5

// ratio is a ln(a/e) + (A−a) ln((A−a)/(A−e)) and the direction in which a differs from e.
func ratio(a, e, total float64) (float64, direction) {
	e = max(e, unseen)
	rest := max(total-e, unseen)
	score := 0.0
	if a > 0 {
		score += a * math.Log(a/e)
	}
	if total > a {
		score += (total - a) * math.Log((total-a)/rest)
	}
	if a < e {
		return score, down
	}
	return score, up
}

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}
