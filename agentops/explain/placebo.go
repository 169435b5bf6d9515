package explain

import "math"

// Placebo scans calibrate what a slice must score.
const (
	// maxPlacebos bounds the work: the latest dates say enough.
	maxPlacebos = 35
	// tail is the chance, per scan, that an ordinary date beats the threshold.
	tail = 0.001
	// leastSpread is the spread of the best score where users come and go independently; no past is calmer.
	leastSpread = 1
)

// shares is the baseline of each leaf of a series at t: its users in the last usable periods of the same
// season, added up. ok is false where there are too few of them.
func (p past) shares(c *cube, s series, t int) (leaves []float64, ok bool) {
	leaves = make([]float64, len(c.leaves))
	points := 0
	for k := 1; k <= p.rhythm.points+3 && points < p.rhythm.points; k++ {
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
	return leaves, points >= p.rhythm.minPoints
}

// threshold is the score that the best slice of an ordinary date exceeds with a chance of about tail. The best of many
// scores follows Gumbel's law; its place and spread are read off the middle of the placebo scores, which the incidents of
// the past do not reach.
func (p past) threshold(c *cube, scan *scanner, s series, t int) float64 {
	var scores []float64
	for at := t - 1; at >= 0 && len(scores) < maxPlacebos; at-- {
		if !p.usable[s][at] {
			continue
		}
		if expected, ok := p.shares(c, s, at); ok {
			scores = append(scores, scan.best(c.at(s, at), expected, both).score)
		}
	}
	if len(scores) < p.rhythm.minPlacebos {
		return math.Inf(1)
	}
	lower, middle, upper := quantile(scores, 0.25), quantile(scores, 0.5), quantile(scores, 0.75)
	spread := max((upper-lower)/(gumbel(0.75)-gumbel(0.25)), leastSpread)
	return middle + spread*(gumbel(1-tail)-gumbel(0.5))
}

// gumbel is the quantile of the standard Gumbel distribution.
func gumbel(q float64) float64 { return -math.Log(-math.Log(q)) }
