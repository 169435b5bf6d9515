package explain

import "math"

// outlook is what was to be expected of a period, and how far ordinary dates stray from it.
type outlook struct {
	// expected holds whole users; active is the sum of arrived, stayed and came.
	expected [seriesCount]int64
	// width is the half-width of the band relative to expected.
	width [seriesCount]float64
	// floor is the half-width in users below which nothing is unusual, however small expected is.
	floor [seriesCount]float64
}

// The band: the quantile of placebo errors that it covers, and how much wider it is drawn, because few dozen dates say
// little about the tail and a day out of twenty must not be an incident.
const (
	bandQuantile = 0.95
	bandMargin   = 1.5
	// bandFloor keeps a metric whose past is smoother than any future from alarming at every ripple.
	bandFloor = 0.015
	// poissonSigmas is the floor for small numbers: so many square roots of the expectation.
	poissonSigmas = 3
)

// foresee makes the outlook of the period at t. It returns the reason where history is too short.
func foresee(c *cube, p past, t int) (outlook, string) {
	raw, ok := p.expectAll(c, t)
	if !ok {
		return outlook{}, "too few comparable periods before it are built, uncensored and trustworthy"
	}
	var errors [seriesCount][]float64
	for at := t - 1; at >= 0; at-- {
		if !p.usable[active][at] {
			continue
		}
		guess, known := p.expectAll(c, at)
		if !known {
			continue
		}
		for s := range seriesCount {
			errors[s] = append(errors[s], strayed(c.totals[s][at], guess[s]))
		}
	}
	if len(errors[active]) < p.rhythm.minPlacebos {
		return outlook{}, "its past has too few ordinary dates to tell what is usual"
	}
	o := outlook{}
	parts := largestRemainder(raw[:came+1])
	copy(o.expected[:], parts)
	o.expected[active] = parts[arrived] + parts[stayed] + parts[came]
	o.expected[left] = int64(math.Round(raw[left]))
	for s := range seriesCount {
		// With n dates the quantile is uncertain: the fewer, the wider.
		scarce := 1 + 4/float64(len(errors[s]))
		o.width[s] = max(bandFloor, bandMargin*scarce*quantile(errors[s], bandQuantile))
		o.floor[s] = poissonSigmas * math.Sqrt(max(raw[s], 1))
	}
	return o, ""
}

// expectAll is the expectation of every series; that of active is the sum of its parts.
func (p past) expectAll(c *cube, t int) (guess [seriesCount]float64, ok bool) {
	for s := range active {
		value, known := p.expect(c, s, t)
		if !known {
			return guess, false
		}
		guess[s] = value
	}
	guess[active] = guess[arrived] + guess[stayed] + guess[came]
	return guess, true
}

// strayed is the relative error of a guess; a guess of nothing is off by the whole where something came.
func strayed(observed, guess float64) float64 {
	if guess == 0 {
		return min(observed, 1)
	}
	return math.Abs(observed/guess - 1)
}

// half is the half-width of the band in users.
func (o outlook) half(s series) float64 {
	return max(o.width[s]*float64(o.expected[s]), o.floor[s])
}

// band is [lo, hi] in users; lo is not negative.
func (o outlook) band(s series) []int64 {
	half := o.half(s)
	low := math.Floor(float64(o.expected[s]) - half)
	return []int64{int64(max(low, 0)), int64(math.Ceil(float64(o.expected[s]) + half))}
}

// deviation is observed less expected in half-widths of the band: beyond ±1 is unusual.
func (o outlook) deviation(c *cube, s series, t int) float64 {
	return (c.totals[s][t] - float64(o.expected[s])) / o.half(s)
}

// largestRemainder rounds parts so that they add up to their rounded sum: the parts with the largest remainders are
// rounded up, the earlier one where they tie.
func largestRemainder(parts []float64) []int64 {
	whole := make([]int64, len(parts))
	sum, given := 0.0, int64(0)
	for i, part := range parts {
		whole[i] = int64(math.Floor(part))
		sum += part
		given += whole[i]
	}
	for open := int64(math.Round(sum)) - given; open > 0; open-- {
		best, rest := 0, -1.0
		for i, part := range parts {
			if r := part - float64(whole[i]); r > rest {
				best, rest = i, r
			}
		}
		whole[best]++
	}
	return whole
}
