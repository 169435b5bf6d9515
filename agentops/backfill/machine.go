package backfill

import (
	"slices"
	"time"
)

// Limits bound what runs at once and how often a pair is tried.
type Limits struct {
	// Jobs is how many jobs run at once, of all runs together. It is 1 where the warehouse has one writer.
	Jobs int
	// ByExecutor bounds the jobs of one executor further; an executor that is not there is bounded by Jobs alone.
	ByExecutor map[string]int
	// Attempts is how often a pair may fail before it has failed, Deaths how often a worker may die over it.
	Attempts, Deaths int
	// Backoff is how long a pair waits after its first failed attempt, twice as long after each further one, MaxBackoff at most.
	Backoff, MaxBackoff time.Duration
}

// DefaultLimits are those of the domain, for that many jobs at once.
func DefaultLimits(jobs int) Limits {
	return Limits{Jobs: max(jobs, 1), Attempts: 3, Deaths: 20, Backoff: 5 * time.Second, MaxBackoff: 5 * time.Minute}
}

// wait is how long a pair waits after its n-th failed attempt.
func (l Limits) wait(n int) time.Duration {
	d := l.Backoff
	for range n - 1 {
		if d >= l.MaxBackoff {
			break
		}
		d *= 2
	}
	return min(d, l.MaxBackoff)
}

// Load is what runs now, of other runs than the one in question.
type Load struct {
	Jobs       int
	ByExecutor map[string]int
	// Nodes are those that a job runs: a node has one job at a time, since two would write the same relation.
	Nodes map[string]bool
}

// LoadOf counts the jobs of pairs that run.
func LoadOf(runs ...[]RunPair) Load {
	l := Load{ByExecutor: map[string]int{}, Nodes: map[string]bool{}}
	for _, pairs := range runs {
		seen := map[string]bool{}
		for _, p := range pairs {
			if p.Status == PairRunning && !seen[p.Job] {
				seen[p.Job] = true
				l.add(p.Pair)
			}
		}
	}
	return l
}

func (l *Load) add(p Pair) {
	l.Jobs++
	l.ByExecutor[p.Executor]++
	l.Nodes[p.Node] = true
}

// room reports whether a job of a pair's node may start beside the others.
func (l *Load) room(p Pair, limits Limits) bool {
	most, bounded := limits.ByExecutor[p.Executor]
	return l.Jobs < limits.Jobs && !l.Nodes[p.Node] && (!bounded || l.ByExecutor[p.Executor] < most)
}

// Step is what a worker does next in a run.
type Step struct {
	// Block are pairs that can never run, because one that they read failed, is blocked or was cancelled.
	Block []int
	// Stop are jobs to be ended, because the run is being cancelled.
	Stop []string
	// Start are jobs to be started: the pairs of each, by Seq and ascending.
	Start [][]int
	// Ended is the status in which the run ends, once Block is done; "" where it goes on.
	Ended Status
	// LookAt is when a pair that waits for its next attempt may have it; zero where none waits.
	LookAt time.Time
}

// Next says what to do in a run that has not ended. Pairs are all of the run, ordered by Seq from 0; others is what runs of other
// runs. Nothing is started in a run that is paused or being cancelled.
func Next(run Run, pairs []RunPair, others Load, limits Limits, now time.Time) Step {
	var s Step
	pairs = slices.Clone(pairs)
	for i, p := range pairs {
		if p.Status == PairPending && slices.ContainsFunc(p.Needs, func(n int) bool { return isLost(pairs[n].Status) }) {
			pairs[i].Status = PairBlocked
			s.Block = append(s.Block, i)
		}
	}
	s.Ended = ended(pairs)
	switch {
	case s.Ended != "":
	case run.Status == Cancelling:
		s.Stop = jobs(pairs)
	case run.Status == Queued || run.Status == Running:
		s.start(pairs, others, limits, now)
	}
	return s
}

// isLost reports whether a pair that is read will not be right in this run.
func isLost(s PairStatus) bool { return s == PairFailed || s == PairBlocked || s == PairCancelled }

// ended is the status of a run whose pairs have all ended, "" where one has not.
func ended(pairs []RunPair) Status {
	status := Succeeded
	for _, p := range pairs {
		switch {
		case !p.Status.Ended():
			return ""
		case p.Status == PairCancelled:
			status = Cancelled
		case p.Status != PairDone && status == Succeeded:
			status = Failed
		}
	}
	return status
}

// jobs lists the jobs that run, in the order of their first pairs.
func jobs(pairs []RunPair) []string {
	var out []string
	for _, p := range pairs {
		if p.Status == PairRunning && !slices.Contains(out, p.Job) {
			out = append(out, p.Job)
		}
	}
	return out
}

// start finds the jobs of the first wave that has not ended.
func (s *Step) start(pairs []RunPair, others Load, limits Limits, now time.Time) {
	wave, open := 0, false
	for _, p := range pairs {
		if !p.Status.Ended() && (!open || p.Wave < wave) {
			wave, open = p.Wave, true
		}
	}
	load := LoadOf(pairs)
	load.include(others)
	for i := 0; i < len(pairs); {
		job := jobFrom(pairs, i, wave, now)
		if len(job) == 0 {
			if p := pairs[i]; p.Status == PairPending && p.Wave == wave && p.NotBefore.After(now) {
				s.lookAt(p.NotBefore)
			}
			i++
			continue
		}
		if load.room(pairs[i].Pair, limits) {
			load.add(pairs[i].Pair)
			s.Start = append(s.Start, job)
		}
		i += len(job)
	}
}

func (s *Step) lookAt(at time.Time) {
	if s.LookAt.IsZero() || at.Before(s.LookAt) {
		s.LookAt = at
	}
}

func (l *Load) include(o Load) {
	l.Jobs += o.Jobs
	for name, n := range o.ByExecutor {
		l.ByExecutor[name] += n
	}
	for node := range o.Nodes {
		l.Nodes[node] = true
	}
}

// jobFrom is the longest job that begins with pair i: pairs of one range and wave that follow each other, each of which reads
// what is done or stands before it in the job. It is empty where pair i cannot start.
func jobFrom(pairs []RunPair, i, wave int, now time.Time) []int {
	var job []int
	for k := i; k < len(pairs); k++ {
		p := pairs[k]
		if p.Range != pairs[i].Range || p.Wave != wave || p.Status != PairPending || p.NotBefore.After(now) || p.Whole() && k > i {
			break
		}
		ready := !slices.ContainsFunc(p.Needs, func(n int) bool { return pairs[n].Status != PairDone && (n < i || n >= k) })
		if !ready {
			break
		}
		job = append(job, k)
	}
	return job
}
