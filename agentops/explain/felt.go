package explain

import "math"

// driftWeeks is how many weeks before a drift tell how its slices went before.
const driftWeeks = driftPast / daysOfWeek

// undrifted is what a slice would count in a series on the day asked had it gone on as before the drift: the users of the slices
// that kept their share, times the ratio to them. The ratio is that of the same weekday in the weeks before the drift, with the
// damped trend of those weeks: old users thin out faster in one slice than in another. ok is false without a week to go by.
func (w *weighing) undrifted(s series, in, moved []bool) (users float64, ok bool) {
	var ago, logs []float64
	var same, sameRest, all, allRest float64
	for week := range driftWeeks {
		var a, b float64
		for d := range daysOfWeek {
			at := w.t - driftGap - week*daysOfWeek - d
			if at < 0 || !w.past.usable[s][at] {
				continue
			}
			x, y := w.split(s, at, in, moved)
			if a, b = a+x, b+y; d == 0 {
				same, sameRest = same+x, sameRest+y
			}
		}
		if a > 0 && b > 0 {
			ago, logs = append(ago, float64(driftGap+week*daysOfWeek+daysOfWeek/2)), append(logs, math.Log(a/b))
			all, allRest = all+a, allRest+b
		}
	}
	_, rest := w.split(s, w.t, in, moved)
	if len(ago) == 0 || sameRest == 0 || rest == 0 {
		return 0, false
	}
	weekday := (same / sameRest) / (all / allRest)
	return rest * weekday * math.Exp(damped(ago, logs)), true
}

// split sums up a period of a series: in a slice, and in all that kept its share.
func (w *weighing) split(s series, t int, in, moved []bool) (slice, rest float64) {
	for leaf, users := range w.cube.at(s, t) {
		if in[leaf] {
			slice += users
		}
		if !moved[leaf] {
			rest += users
		}
	}
	return slice, rest
}

// damped goes on with the straight line through points (days ago, the latest first), by least squares, from the latest point to
// today; the trend halves every week, since few trends last. It is the mean of the points where they are too few for a line.
func damped(ago, values []float64) float64 {
	const enough = 4
	n := float64(len(ago))
	mx, my := sum(ago)/n, sum(values)/n
	if len(ago) < enough {
		return my
	}
	var xx, xy float64
	for i := range ago {
		xx += (ago[i] - mx) * (ago[i] - mx)
		xy += (ago[i] - mx) * (values[i] - my)
	}
	slope := -xy / xx // a day
	weeks := ago[0] / daysOfWeek
	return my + slope*(mx-ago[0]) + slope*daysOfWeek*(1-math.Exp2(-weeks))
}
