package explain

import "math"

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

// calibrate chooses the depth whose scan, on placebo dates, leaves the smallest effects visible: the score of an effect
// grows with depth/(depth+1), and it has to beat the threshold.
func (p past) calibrate(c *cube, scan *scanner, s series, t int) calibration {
	chosen, power := calibration{depth: 1, threshold: math.Inf(1)}, 0.0
	for _, depth := range depths(len(c.leaves)) {
		threshold := p.threshold(c, scan, s, t, depth)
		if visible := float64(depth) / float64(depth+1) / threshold; visible > power {
			chosen, power = calibration{depth, threshold}, visible
		}
	}
	return chosen
}

// shares is the baseline of each leaf of a series at t: its users in the last usable periods of the same season, as many
// as depth, added up. ok is false where there are too few of them.
func (p past) shares(c *cube, s series, t, depth int) (leaves []float64, ok bool) {
	leaves = make([]float64, len(c.leaves))
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
		for leaf, users := range c.at(s, at) {
			leaves[leaf] += users
		}
	}
	return leaves, points >= min(depth, p.rhythm.minPoints)
}

// threshold is the score that the best slice of an ordinary date exceeds with a chance of about tail.
func (p past) threshold(c *cube, scan *scanner, s series, t, depth int) float64 {
	return p.tailOf(c, s, t, func(at int) (float64, bool) {
		base, ok := p.shares(c, s, at, depth)
		if !ok {
			return 0, false
		}
		return scan.best(c.at(s, at), base, both).score, true
	})
}

// tailOf is what the best score of an ordinary date exceeds with a chance of about tail; infinite without enough dates before t
// on which the series is usable and scoreAt knows a score. The best of many scores follows Gumbel's law; its place and spread are
// read off the middle of the placebo scores, which the incidents of the past do not reach.
func (p past) tailOf(c *cube, s series, t int, scoreAt func(at int) (float64, bool)) float64 {
	var scores []float64
	enough := maxPlacebos
	if len(c.leaves) > manyLeaves {
		enough = fewPlacebos
	}
	for at := t - 1; at >= 0 && len(scores) < enough; at-- {
		if !p.usable[s][at] {
			continue
		}
		if score, ok := scoreAt(at); ok {
			scores = append(scores, score)
		}
	}
	if len(scores) < p.rhythm.minPlacebos {
		return math.Inf(1)
	}
	lower, middle, upper, high := quantile(scores, 0.25), quantile(scores, 0.5), quantile(scores, 0.75), quantile(scores, 0.9)
	spread := max((upper-lower)/(gumbel(0.75)-gumbel(0.25)), (high-middle)/(gumbel(0.9)-gumbel(0.5)), leastSpread)
	return middle + spread*(gumbel(1-tail)-gumbel(0.5))
}

// gumbel is the quantile of the standard Gumbel distribution.
func gumbel(q float64) float64 { return -math.Log(-math.Log(q)) }
