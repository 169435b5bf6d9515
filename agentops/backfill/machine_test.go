package backfill_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/fault"
)

var noon = time.Date(2026, 6, 10, 12, 0, 0, 0, time.UTC)

// drawPairs makes a plan: nodes in a graph without cycles, some of them whole, the others with ranges of periods that read
// periods of other nodes and, of some, the period before.
func drawPairs(t *rapid.T) []backfill.RunPair {
	var pairs []backfill.RunPair
	ranges := 0
	type made struct{ wave, first, last int }
	var nodes []made
	count := rapid.IntRange(1, 5).Draw(t, "nodes")
	for n := range count {
		var parents []made
		wave := 0
		for _, m := range nodes {
			if rapid.Bool().Draw(t, "reads") {
				parents = append(parents, m)
				wave = max(wave, m.wave+1)
			}
		}
		first := len(pairs)
		periods := rapid.IntRange(1, 6).Draw(t, "periods")
		whole := periods == 1
		chained := rapid.Bool().Draw(t, "reads its past")
		for i := range periods {
			if i == 0 || rapid.IntRange(0, 3).Draw(t, "new range") == 0 {
				ranges++
			}
			p := backfill.RunPair{Status: backfill.PairPending}
			p.Seq, p.Node, p.Wave, p.Range = len(pairs), fmt.Sprintf("model.%d", n), wave, ranges
			p.Executor = []string{"engine", "dbt"}[n%2]
			if !whole {
				p.Period = fmt.Sprintf("2026-06-%02d", i+1)
			}
			for _, m := range parents {
				p.Needs = append(p.Needs, rapid.IntRange(m.first, m.last).Draw(t, "need"))
			}
			if chained && i > 0 {
				p.Needs = append(p.Needs, len(pairs)-1)
			}
			slices.Sort(p.Needs)
			p.Needs = slices.Compact(p.Needs)
			pairs = append(pairs, p)
		}
		nodes = append(nodes, made{wave, first, len(pairs) - 1})
	}
	return pairs
}

// play is a run as a worker and people drive it, with a record of its own of what happened to each pair.
type play struct {
	t       *rapid.T
	run     backfill.Run
	pairs   []backfill.RunPair
	limits  backfill.Limits
	now     time.Time
	jobs    map[string][]int
	started int
	// tries and ends count since the last retry_failed that took the pair up.
	tries, deaths, ends []int
	// retried: the order of waves holds for what has not been tried again.
	retried bool
}

func newPlay(t *rapid.T) *play {
	pairs := drawPairs(t)
	limits := backfill.DefaultLimits(rapid.IntRange(1, 4).Draw(t, "jobs"))
	limits.ByExecutor = map[string]int{"engine": 1}
	limits.Deaths = rapid.IntRange(0, 3).Draw(t, "deaths")
	n := len(pairs)
	return &play{
		t: t, run: backfill.Run{ID: "run", Status: backfill.Queued}, pairs: pairs, limits: limits, now: noon,
		jobs: map[string][]int{}, tries: make([]int, n), deaths: make([]int, n), ends: make([]int, n),
	}
}

// set changes a pair and notes its end.
func (p *play) set(pair backfill.RunPair) {
	if pair.Status.Ended() {
		p.ends[pair.Seq]++
	}
	p.pairs[pair.Seq] = pair
}

// step does what Next says.
func (p *play) step() {
	s := backfill.Next(p.run, p.pairs, backfill.Load{}, p.limits, p.now)
	for _, seq := range s.Block {
		pair := p.pairs[seq]
		require.Equal(p.t, backfill.PairPending, pair.Status)
		require.True(p.t, slices.ContainsFunc(pair.Needs, func(n int) bool { return lost(p.pairs[n].Status) }), "blocked without a reason")
		pair.Status = backfill.PairBlocked
		p.set(pair)
	}
	for _, job := range s.Start {
		p.start(job)
	}
	for _, job := range s.Stop {
		require.Equal(p.t, backfill.Cancelling, p.run.Status)
		p.end(job, p.drawEnd(p.jobs[job]))
	}
	if s.Ended != "" {
		require.Empty(p.t, s.Start)
		p.run.Status = s.Ended
	}
	if !s.LookAt.IsZero() {
		require.True(p.t, s.LookAt.After(p.now))
	}
}

func lost(s backfill.PairStatus) bool {
	return s == backfill.PairFailed || s == backfill.PairBlocked || s == backfill.PairCancelled
}

// start checks that a job may start now.
func (p *play) start(job []int) {
	t := p.t
	require.NotEmpty(t, job)
	require.Contains(t, []backfill.Status{backfill.Queued, backfill.Running}, p.run.Status)
	first := p.pairs[job[0]]
	sameExecutor := 0
	for _, running := range p.jobs {
		require.NotEqual(t, first.Node, p.pairs[running[0]].Node, "two jobs of a node")
		if p.pairs[running[0]].Executor == first.Executor {
			sameExecutor++
		}
	}
	require.Less(t, len(p.jobs), p.limits.Jobs)
	require.False(t, first.Executor == "engine" && sameExecutor > 0)
	p.started++
	name := fmt.Sprintf("job-%d", p.started)
	for i, seq := range job {
		pair := p.pairs[seq]
		require.Equal(t, backfill.PairPending, pair.Status)
		require.Equal(t, first.Range, pair.Range)
		require.Equal(t, job[0]+i, seq, "a job's pairs follow each other")
		require.False(t, pair.NotBefore.After(p.now))
		require.Less(t, p.tries[seq], p.limits.Attempts)
		for _, n := range pair.Needs {
			require.True(t, p.pairs[n].Status == backfill.PairDone || slices.Contains(job[:i], n), "pair %d runs before %d", seq, n)
		}
		for _, other := range p.pairs {
			require.True(t, p.retried || other.Wave >= pair.Wave || other.Status.Ended(), "wave %d is not over", other.Wave)
		}
	}
	for _, seq := range job {
		p.pairs[seq].Status, p.pairs[seq].Job, p.pairs[seq].StartedAt = backfill.PairRunning, name, p.now
	}
	p.jobs[name] = job
	p.run.Status = backfill.Running
}

// drawEnd is any end of a job.
func (p *play) drawEnd(job []int) backfill.JobEnd {
	end := backfill.JobEnd{Lost: rapid.IntRange(0, 3).Draw(p.t, "lost") == 0, Hopeless: rapid.IntRange(0, 9).Draw(p.t, "hopeless") == 0}
	for _, seq := range job {
		switch rapid.IntRange(0, 5).Draw(p.t, "outcome") {
		case 0, 1, 2:
			end.Outcomes = append(end.Outcomes, backfill.Outcome{Seq: seq, Done: true})
		case 3:
			end.Outcomes = append(end.Outcomes, backfill.Outcome{Seq: seq, Error: "It broke."})
		case 4:
			end.Outcomes = append(end.Outcomes, backfill.Outcome{Seq: seq, NotRun: true})
		}
	}
	return end
}

// end settles a job, and counts what that may have cost.
func (p *play) end(name string, end backfill.JobEnd) {
	t := p.t
	job := p.jobs[name]
	delete(p.jobs, name)
	before := make([]backfill.RunPair, len(job))
	for i, seq := range job {
		before[i] = p.pairs[seq]
	}
	outcome := map[int]backfill.Outcome{}
	failures := 0
	for _, o := range end.Outcomes {
		outcome[o.Seq] = o
		if o.Error != "" {
			failures++
		}
	}
	for i, pair := range backfill.Settle(p.run.Status, before, end, p.limits, p.now) {
		o, told := outcome[pair.Seq]
		require.Equal(t, before[i].Pair, pair.Pair)
		require.NotEqual(t, backfill.PairRunning, pair.Status)
		void := slices.ContainsFunc(pair.Needs, func(n int) bool { return p.pairs[n].Status != backfill.PairDone })
		require.Equal(t, o.Done && !void, pair.Status == backfill.PairDone)
		cancelling := p.run.Status == backfill.Cancelling
		switch {
		case void:
			require.Contains(t, []backfill.PairStatus{backfill.PairPending, backfill.PairCancelled}, pair.Status)
		case o.Error != "" && !cancelling, !told && !end.Lost && !cancelling, o.Done:
			p.tries[pair.Seq]++
		case end.Lost && !cancelling:
			p.deaths[pair.Seq]++
		case told && o.NotRun && failures == 0 && !cancelling:
			p.tries[pair.Seq]++
		}
		require.Equal(t, p.tries[pair.Seq], pair.Attempts)
		require.Equal(t, p.deaths[pair.Seq], pair.Deaths)
		require.LessOrEqual(t, pair.Attempts, p.limits.Attempts)
		require.LessOrEqual(t, pair.Deaths, p.limits.Deaths+1)
		if pair.Status == backfill.PairFailed {
			require.NotEmpty(t, pair.Error)
			require.True(t, end.Hopeless || pair.Attempts == p.limits.Attempts || pair.Deaths > p.limits.Deaths)
		}
		p.set(pair)
	}
}

// control lets people do something; what is refused changes nothing.
func (p *play) control(action backfill.Action) {
	run, changed, err := backfill.Control(p.run, p.pairs, action, p.now)
	if err != nil {
		require.Equal(p.t, fault.Conflict, fault.KindOf(err))
		require.Empty(p.t, changed)
		return
	}
	for _, pair := range changed {
		if action == backfill.RetryFailed {
			require.True(p.t, lost(p.pairs[pair.Seq].Status))
			require.Equal(p.t, backfill.PairPending, pair.Status)
			p.tries[pair.Seq], p.deaths[pair.Seq], p.ends[pair.Seq] = 0, 0, 0
			p.retried = true
		}
		p.set(pair)
	}
	p.run = run
}

// finish drives the run to its end without further interference.
func (p *play) finish() {
	for steps := 0; !p.run.Status.Ended(); steps++ {
		require.Less(p.t, steps, 2000, "the run does not end: %+v", p.pairs)
		if p.run.Status == backfill.Paused && len(p.jobs) == 0 {
			p.control(backfill.Resume)
		}
		p.step()
		for _, name := range p.running()[:min(1, len(p.jobs))] {
			p.end(name, p.drawEnd(p.jobs[name]))
		}
		p.now = p.now.Add(time.Minute)
	}
}

func (p *play) running() []string {
	var names []string
	for name := range p.jobs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// judge looks at a run that has ended.
func (p *play) judge() {
	t := p.t
	require.Empty(t, p.jobs)
	count := backfill.Count(p.pairs)
	switch p.run.Status {
	case backfill.Succeeded:
		require.Len(t, p.pairs, count.Done)
	case backfill.Failed:
		require.Zero(t, count.Cancelled)
		require.Positive(t, count.Failed+count.Blocked)
	case backfill.Cancelled:
		require.Positive(t, count.Cancelled)
	default:
		t.Fatalf("ended as %s", p.run.Status)
	}
	for _, pair := range p.pairs {
		require.Equal(t, 1, p.ends[pair.Seq], "pair %d ends once", pair.Seq)
		bad := slices.ContainsFunc(pair.Needs, func(n int) bool { return p.pairs[n].Status != backfill.PairDone })
		if bad {
			require.Contains(t, []backfill.PairStatus{backfill.PairBlocked, backfill.PairCancelled}, pair.Status, "pair %d", pair.Seq)
		} else {
			require.NotEqual(t, backfill.PairBlocked, pair.Status)
		}
	}
	require.Empty(t, backfill.Next(p.run, p.pairs, backfill.Load{}, p.limits, p.now).Start)
}

func TestEveryPairEndsOnceWhateverHappens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := newPlay(t)
		t.Repeat(map[string]func(*rapid.T){
			"step": func(*rapid.T) {
				if !p.run.Status.Ended() {
					p.step()
				}
			},
			"end": func(t *rapid.T) {
				names := p.running()
				if len(names) == 0 {
					t.Skip("nothing runs")
				}
				name := rapid.SampledFrom(names).Draw(t, "job")
				p.end(name, p.drawEnd(p.jobs[name]))
			},
			"control": func(t *rapid.T) { p.control(rapid.SampledFrom(backfill.Actions()).Draw(t, "action")) },
			"wait": func(t *rapid.T) {
				p.now = p.now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "seconds")) * time.Second)
			},
		})
		p.finish()
		p.judge()
	})
}

// chain is one node whose periods read the one before, in one range.
func chain(n int) []backfill.RunPair {
	pairs := make([]backfill.RunPair, n)
	for i := range pairs {
		pairs[i] = pairOf(i, "a", fmt.Sprintf("2026-06-%02d", i+1))
		if i > 0 {
			pairs[i].Needs = []int{i - 1}
		}
	}
	return pairs
}

func pairOf(seq int, node, period string) backfill.RunPair {
	p := backfill.RunPair{Status: backfill.PairPending}
	p.Seq, p.Node, p.Period, p.Executor = seq, node, period, "engine"
	return p
}

func TestARangeIsSplitWhereAPairHasToWait(t *testing.T) {
	t.Parallel()
	pairs := chain(5)
	for i := range pairs {
		pairs[i].Needs = nil
	}
	pairs[2].NotBefore = noon.Add(time.Minute)
	limits := backfill.DefaultLimits(4)
	run := backfill.Run{Status: backfill.Queued}
	s := backfill.Next(run, pairs, backfill.Load{}, limits, noon)
	require.Equal(t, [][]int{{0, 1}}, s.Start, "one job of a node at a time")
	require.Equal(t, noon.Add(time.Minute), s.LookAt)
	s = backfill.Next(run, pairs, backfill.Load{}, limits, noon.Add(time.Minute))
	require.Equal(t, [][]int{{0, 1, 2, 3, 4}}, s.Start)

	pairs = chain(5)
	pairs[2].NotBefore = noon.Add(time.Minute)
	pairs[0].Status, pairs[1].Status = backfill.PairDone, backfill.PairDone
	require.Empty(t, backfill.Next(run, pairs, backfill.Load{}, limits, noon).Start, "what reads a pair that waits, waits with it")
}

func TestWhatOtherRunsDoTakesRoom(t *testing.T) {
	t.Parallel()
	pairs := []backfill.RunPair{pairOf(0, "a", ""), pairOf(1, "b", ""), pairOf(2, "c", "")}
	for i := range pairs {
		pairs[i].Range = i
	}
	run := backfill.Run{Status: backfill.Queued}
	other := pairOf(0, "a", "")
	other.Status, other.Job = backfill.PairRunning, "other"
	load := backfill.LoadOf([]backfill.RunPair{other})
	require.Equal(t, [][]int{{1}}, backfill.Next(run, pairs, load, backfill.DefaultLimits(2), noon).Start, "two at once, and one of a node")
	limits := backfill.DefaultLimits(4)
	limits.ByExecutor = map[string]int{"engine": 1}
	require.Empty(t, backfill.Next(run, pairs, load, limits, noon).Start)
	require.Empty(t, backfill.Next(run, pairs, load, backfill.DefaultLimits(1), noon).Start)
}

func TestAttemptsWaitTwiceAsLongEachTime(t *testing.T) {
	t.Parallel()
	limits := backfill.DefaultLimits(1)
	limits.Attempts = 10
	pair := pairOf(0, "a", "")
	var waits []time.Duration
	for range 9 {
		pair.Status = backfill.PairRunning
		end := backfill.Ends([]backfill.Pair{pair.Pair}, false, "No.")
		pair = backfill.Settle(backfill.Running, []backfill.RunPair{pair}, end, limits, noon)[0]
		waits = append(waits, pair.NotBefore.Sub(noon)/time.Second)
	}
	require.Equal(t, []time.Duration{5, 10, 20, 40, 80, 160, 300, 300, 300}, waits)
	require.Equal(t, backfill.PairPending, pair.Status)
	pair.Status = backfill.PairRunning
	end := backfill.Ends([]backfill.Pair{pair.Pair}, false, "No.")
	require.Equal(t, backfill.PairFailed, backfill.Settle(backfill.Running, []backfill.RunPair{pair}, end, limits, noon)[0].Status)
}

func TestLogsAreCutToTheirEnd(t *testing.T) {
	t.Parallel()
	pair := pairOf(0, "a", "")
	pair.Status = backfill.PairRunning
	end := backfill.Ends([]backfill.Pair{pair.Pair}, true, "No.")
	end.LogTail = fmt.Sprintf("%0100000d\xff€end", 0)
	got := backfill.Settle(backfill.Running, []backfill.RunPair{pair}, end, backfill.DefaultLimits(1), noon)[0]
	require.Equal(t, backfill.PairFailed, got.Status, "a hopeless failure is not tried again")
	require.LessOrEqual(t, len(got.LogTail), 4096)
	require.Equal(t, "0\uFFFD€end", got.LogTail[len(got.LogTail)-len("0\uFFFD€end"):])
}

func TestActionsThatMeanNothingSayWhatDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status backfill.Status
		action backfill.Action
		says   string
	}{
		{backfill.Succeeded, backfill.Cancel, "plan_backfill"},
		{backfill.Cancelled, backfill.Pause, "retry_failed"},
		{backfill.Paused, backfill.Pause, "resume and cancel"},
		{backfill.Running, backfill.Resume, "pause and cancel"},
		{backfill.Cancelling, backfill.RetryFailed, "wait for it"},
		{backfill.Succeeded, backfill.RetryFailed, "nothing to try again"},
	} {
		done := pairOf(0, "a", "")
		done.Status = backfill.PairDone
		_, _, err := backfill.Control(backfill.Run{ID: "r", Status: c.status}, []backfill.RunPair{done}, c.action, noon)
		require.Equal(t, fault.Conflict, fault.KindOf(err))
		require.ErrorContains(t, err, c.says)
	}
	_, _, err := backfill.Control(backfill.Run{ID: "r", Status: backfill.Running}, nil, "stop", noon)
	require.Equal(t, fault.Invalid, fault.KindOf(err))
}

func TestTimeLeftIsKnownOrNil(t *testing.T) {
	t.Parallel()
	pairs := append(chain(4), pairOf(4, "b", "2026-06-01"))
	pairs[4].Wave, pairs[4].Range = 1, 1
	limits := backfill.DefaultLimits(4)
	require.Nil(t, backfill.ETA(pairs, map[string]time.Duration{"a": time.Minute}, limits, noon))
	usual := map[string]time.Duration{"a": time.Minute, "b": time.Hour}
	require.InDelta(t, 4*60+3600, *backfill.ETA(pairs, usual, limits, noon), 0)
	for i := range 4 {
		pairs[i].Status, pairs[i].Job, pairs[i].StartedAt = backfill.PairRunning, "j", noon
	}
	require.InDelta(t, 60+3600, *backfill.ETA(pairs, usual, limits, noon.Add(3*time.Minute)), 0)
	require.InDelta(t, 3600, *backfill.ETA(pairs, usual, limits, noon.Add(time.Hour)), 0, "who takes longer than usual is nearly done")
	pairs[4].Status = backfill.PairBlocked
	require.InDelta(t, 240, *backfill.ETA(pairs, usual, limits, noon), 0)
}
