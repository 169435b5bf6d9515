package backfill

import (
	"time"
)

// ETA is how many seconds a run still takes, from how long a pair of each node usually does: wave after wave, of which each takes
// as long as its pairs together over limits.Jobs, and no less than its longest range. Nil where a pair is left of whose node no
// duration is known; what waits for its next attempt is not waited for here.
func ETA(pairs []RunPair, usual map[string]time.Duration, limits Limits, now time.Time) *float64 {
	type wave struct {
		all    time.Duration
		ranges map[int]time.Duration
	}
	waves := map[int]*wave{}
	for _, p := range pairs {
		if p.Status.Ended() {
			continue
		}
		d, known := usual[p.Node]
		if !known {
			return nil
		}
		w := waves[p.Wave]
		if w == nil {
			w = &wave{ranges: map[int]time.Duration{}}
			waves[p.Wave] = w
		}
		w.all += d
		w.ranges[p.Range] += d
	}
	var total time.Duration
	for _, w := range waves {
		longest := w.all / time.Duration(max(limits.Jobs, 1))
		for _, d := range w.ranges {
			longest = max(longest, d)
		}
		total += longest
	}
	total -= elapsed(pairs, usual, now)
	seconds := max(total, 0).Round(time.Second).Seconds()
	return &seconds
}

// elapsed is how much of what is left jobs that run have done already, by the clock: of several at once the one that is furthest.
func elapsed(pairs []RunPair, usual map[string]time.Duration, now time.Time) time.Duration {
	whole := map[string]time.Duration{}
	for _, p := range pairs {
		if p.Status == PairRunning {
			whole[p.Job] += usual[p.Node]
		}
	}
	var most time.Duration
	for _, p := range pairs {
		if p.Status == PairRunning {
			most = max(most, min(now.Sub(p.StartedAt), whole[p.Job]))
		}
	}
	return most
}
