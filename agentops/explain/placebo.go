package explain

import (
	"math"
	"sync"
)

// Placebo scans calibrate what a slice must score, and how deep a baseline it is best compared with.
const (
	// maxPlacebos bounds the work: the latest dates say enough. A fact with more than manyLeaves gets by with fewer.
	maxPlacebos, fewPlacebos = 35, 20
	manyLeaves               = 4096
	// tail is the chance, per scan, that an ordinary date beats the threshold.
	tail = 0.001
	// leastSpread is the least spread of the best score that is believed: the same people come back every week, which is
	// calmer than chance, but a few dozen dates can look calmer than they are.
	leastSpread = 0.8
)

// depths are the numbers of seasons that a baseline can hold: a deep one knows rare slices better, a shallow one follows
// slices that grow or shrink. Where scans are dear only the ends are tried.
func depths(leaves int) []int {
	if leaves > manyLeaves {
		return []int{2, 6}
	}
	return []int{2, 3, 4, 6}
}

// calibration is what one series' scans go by.
type calibration struct {
	depth     int
	threshold float64
}

// placebos are the counts of every series by the cells of the lattice, which scans of ordinary dates need again and again.
type placebos struct {
	past  past
	scan  *scanner
	cells [seriesCount][][]float64
	t     int
}

// newPlacebos adds up the periods of a cube, for scans of those before t.
func newPlacebos(p past, c *cube, scan *scanner, t int) *placebos {
	out := &placebos{past: p, scan: scan, t: t}
	var all sync.WaitGroup
	for of := range seriesCount {
		all.Go(func() {
			rows := c.rows(of)
			for at, row := range rows {
				rows[at] = scan.lattice.addUp(row)
			}
			out.cells[of] = rows
		})
	}
	all.Wait()
	return out
}

// calibrate chooses the depth whose scan, on placebo dates, leaves the smallest effects visible: the score of an effect
// grows with depth/(depth+1), and it has to beat the threshold.
func (p *placebos) calibrate(s series) calibration {
	chosen, power := calibration{depth: 1, threshold: math.Inf(1)}, 0.0
	for _, depth := range depths(p.scan.lattice.leaves) {
		threshold := p.threshold(s, depth)
		if visible := float64(depth) / float64(depth+1) / threshold; visible > power {
			chosen, power = calibration{depth, threshold}, visible
		}
	}
	return chosen
}

// shares sets base to the baseline of each leaf or cell of a series at t: its users in the last usable periods of the same
// season, as many as depth, added up. It is false where there are too few of them. There is a row for every period.
func (p past) shares(base []float64, rows [][]float64, s series, t, depth int) bool {
	clear(base)
	points := 0
	for k := 1; k <= depth+3 && points < depth; k++ {
		at := t - k*p.rhythm.season
		if at < 0 {
			break
		}
		if !p.usable[s][at] {
			continue
		}
		points++
		for i, users := range rows[at] {
			base[i] += users
		}
	}
	return points >= min(depth, p.rhythm.minPoints)
}

// threshold is the score that the best slice of an ordinary date exceeds with a chance of about tail.
func (p *placebos) threshold(s series, depth int) float64 {
	rows, whole, base := p.cells[s], p.scan.lattice.whole, make([]float64, p.scan.lattice.cells)
	return p.tailOf(s, func(at int) (float64, bool) {
		if !p.past.shares(base, rows, s, at, depth) {
			return 0, false
		}
		return p.scan.bestCell(rows[at], base, whole(rows[at]), whole(base), both).score, true
	})
}

// tailOf is what the best score of an ordinary date exceeds with a chance of about tail; infinite without enough dates before t
// on which the series is usable and scoreAt knows a score. The best of many scores follows Gumbel's law; its place and spread are
// read off the middle of the placebo scores, which the incidents of the past do not reach.
func (p *placebos) tailOf(s series, scoreAt func(at int) (float64, bool)) float64 {
	var scores []float64
	enough := maxPlacebos
	if p.scan.lattice.leaves > manyLeaves {
		enough = fewPlacebos
	}
	for at := p.t - 1; at >= 0 && len(scores) < enough; at-- {
		if !p.past.usable[s][at] {
			continue
		}
		if score, ok := scoreAt(at); ok {
			scores = append(scores, score)
		}
	}
	if len(scores) < p.past.rhythm.minPlacebos {
		return math.Inf(1)
	}
	lower, middle, upper, high := quantile(scores, 0.25), quantile(scores, 0.5), quantile(scores, 0.75), quantile(scores, 0.9)
	spread := max((upper-lower)/(gumbel(0.75)-gumbel(0.25)), (high-middle)/(gumbel(0.9)-gumbel(0.5)), leastSpread)
	return middle + spread*(gumbel(1-tail)-gumbel(0.5))
}

// gumbel is the quantile of the standard Gumbel distribution.
func gumbel(q float64) float64 { return -math.Log(-math.Log(q)) }
