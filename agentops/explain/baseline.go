package explain

import (
	"math"
	"slices"

	"github.com/headwater-mcp/headwater/activation"
)

// past says which periods of a cube may serve as a baseline, and of what.
type past struct {
	rhythm rhythm
	usable [seriesCount][]bool
}

// newPast leaves out suspect periods and the one after each, and censored ones by state. The period asked may be left
// out too: it is judged, never a baseline.
func newPast(in Input, c *cube, r rhythm) past {
	p := past{rhythm: r}
	for s := range seriesCount {
		p.usable[s] = make([]bool, c.periods)
	}
	for t := range c.periods {
		at := c.first.Add(t)
		_, suspect := in.Suspect[at]
		_, echo := in.Suspect[at.Prev()]
		if suspect || echo || at.Index <= in.First.Index || at.Index > in.BuiltUntil.Index {
			continue
		}
		p.usable[arrived][t] = !censored(in, activation.New, at.Index)
		p.usable[stayed][t] = !censored(in, activation.Retained, at.Index)
		p.usable[came][t] = !censored(in, activation.Reactivated, at.Index)
		p.usable[left][t] = !censored(in, activation.Retained, at.Index)
		p.usable[active][t] = p.usable[arrived][t] && p.usable[stayed][t] && p.usable[came][t]
	}
	return p
}

func censored(in Input, state activation.State, index int) bool {
	until, is := in.CensoredUntil[state]
	return is && index <= until.Index
}

// seasonal is the median of the last usable values a whole number of seasons before t. It looks past unusable ones, at
// most three seasons further back.
func (p past) seasonal(values []float64, s series, t int) (float64, bool) {
	var points []float64
	for k := 1; k <= p.rhythm.points+3 && len(points) < p.rhythm.points; k++ {
		at := t - k*p.rhythm.season
		if at < 0 {
			break
		}
		if p.usable[s][at] {
			points = append(points, values[at])
		}
	}
	if len(points) < p.rhythm.minPoints {
		return 0, false
	}
	return median(points), true
}

// expect is the seasonal median times the level: the median ratio of the latest periods to their own seasonal medians.
// It measured as well as a fitted Holt-Winters on public daily series, and can be explained to anybody.
func (p past) expect(c *cube, s series, t int) (float64, bool) {
	values := c.totals[s]
	base, known := p.seasonal(values, s, t)
	if !known {
		return 0, false
	}
	var ratios []float64
	for k := 1; k <= 2*p.rhythm.levels && len(ratios) < p.rhythm.levels; k++ {
		at := t - k
		if at < 0 || !p.usable[s][at] {
			continue
		}
		if own, ok := p.seasonal(values, s, at); ok && own > 0 {
			ratios = append(ratios, values[at]/own)
		}
	}
	if len(ratios) < p.rhythm.minLevels {
		// A series that is always zero has no ratios and needs none.
		return 0, base == 0
	}
	return base * median(ratios), true
}

// median sorts values; they are not empty.
func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile is the value below which a share q of the values lies, interpolated. It sorts them; they are not empty.
func quantile(values []float64, q float64) float64 {
	slices.Sort(values)
	at := q * float64(len(values)-1)
	low := int(math.Floor(at))
	high := min(low+1, len(values)-1)
	return values[low] + (at-float64(low))*(values[high]-values[low])
}
