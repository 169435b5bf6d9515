package store_test

import (
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/period"
)

var robot = backfill.Actor{Client: "robot", User: "ada"}

// planOf is a plan of a source's days, a model that reads each, and a whole one that reads them all.
func planOf(id string, days int) backfill.Plan {
	plan := backfill.Plan{
		ID: id, Project: "shop", AsOf: at(9, 0), ExpiresAt: at(10, 0), Inputs: map[string]string{"a 2026-06-01": "7"},
		Refused:  []backfill.Refused{{Node: "source.shop.raw.x", First: "2026-06-01", Last: "2026-06-02", Why: backfill.RefusedExternal, Remedy: "Ask Bob."}},
		Commands: []string{"dbt run"},
	}
	add := func(p backfill.Pair) {
		p.Seq, p.Executor, p.Reason = len(plan.Pairs), "command", "missing"
		plan.Pairs = append(plan.Pairs, p)
	}
	for wave, node := range []string{"a", "b"} {
		for day := range days {
			p := backfill.Pair{Node: node, Grain: period.Day, Wave: wave, Range: wave, Rows: 3}
			p.Start = time.Date(2026, 6, day+1, 0, 0, 0, 0, time.UTC)
			p.End, p.Period = p.Start.AddDate(0, 0, 1), p.Start.Format(time.DateOnly)
			if wave == 1 {
				p.Needs = []int{day}
			}
			add(p)
		}
	}
	add(backfill.Pair{Node: "c", Wave: 2, Range: 2, Needs: []int{days, 2*days - 1}})
	return plan
}

// started is a run of planOf(id, days).
func started(t *testing.T, s *store.Store, id string, days int, when time.Time) backfill.Run {
	t.Helper()
	require.NoError(t, s.SavePlan(t.Context(), planOf(id, days), when))
	run, isNew, err := s.StartBackfill(t.Context(), id, store.Start{Reason: "because", By: robot, AsOf: at(9, 1), At: when})
	require.NoError(t, err)
	require.True(t, isNew)
	return run
}

func limits() backfill.Limits { return backfill.DefaultLimits(4) }

func done(seqs ...int) backfill.JobEnd {
	rows := int64(5)
	var end backfill.JobEnd
	for _, seq := range seqs {
		end.Outcomes = append(end.Outcomes, backfill.Outcome{Seq: seq, Done: true, Rows: &rows})
	}
	return end
}

func claim(t *testing.T, s *store.Store, run string, when time.Time, seqs ...int) string {
	t.Helper()
	job, err := s.Claim(t.Context(), run, seqs, when)
	require.NoError(t, err)
	return job
}

func settle(t *testing.T, s *store.Store, run, job string, end backfill.JobEnd, when time.Time) int {
	t.Helper()
	n, err := s.Record(t.Context(), run, job, end, limits(), when)
	require.NoError(t, err)
	return n
}

func control(t *testing.T, s *store.Store, run string, action backfill.Action) backfill.Run {
	t.Helper()
	r, err := s.Control(t.Context(), run, store.Action{Action: action, By: robot, AsOf: at(9, 2), At: at(9, 5)})
	require.NoError(t, err)
	return r
}

func pairsOf(t *testing.T, s *store.Store, run string) []backfill.RunPair {
	t.Helper()
	pairs, err := s.Pairs(t.Context(), run)
	require.NoError(t, err)
	return pairs
}

func TestAPlanComesBackAsItWasMade(t *testing.T) {
	t.Parallel()
	s := open(t)
	plan := planOf("plan-1", 3)
	require.NoError(t, s.SavePlan(t.Context(), plan, at(9, 0)))
	back, err := s.Plan(t.Context(), "plan-1")
	require.NoError(t, err)
	require.Equal(t, plan, back)
	_, err = s.Plan(t.Context(), "plan-2")
	require.Equal(t, fault.NotFound, fault.KindOf(err))
	require.ErrorContains(t, err, "plan_backfill")

	later := plan
	later.ExpiresAt = at(11, 0)
	require.NoError(t, s.SavePlan(t.Context(), later, at(9, 4)))
	back, err = s.Plan(t.Context(), "plan-1")
	require.NoError(t, err)
	require.Equal(t, at(11, 0), back.ExpiresAt, "the same plan made again expires later")

	run := started(t, s, "plan-3", 2, at(9, 0))
	for i, p := range pairsOf(t, s, run.ID) {
		require.Equal(t, backfill.RunPair{Pair: planOf("", 2).Pairs[i], Status: backfill.PairPending}, p)
	}
}

func TestAPlanWhosePairsAreOutOfOrderIsNotKept(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, spoil := range []func(pairs []backfill.Pair){
		func(pairs []backfill.Pair) { pairs[1].Seq = 7 },
		func(pairs []backfill.Pair) { pairs[2].Needs = []int{3} },
	} {
		plan := planOf("plan-1", 2)
		spoil(plan.Pairs)
		require.Equal(t, fault.Internal, fault.KindOf(s.SavePlan(t.Context(), plan, at(9, 0))))
	}
}

func TestAPlanThatNobodyStartedIsForgottenAfterAMonth(t *testing.T) {
	t.Parallel()
	s := open(t)
	started(t, s, "started", 1, at(1, 0))
	require.NoError(t, s.SavePlan(t.Context(), planOf("left", 1), at(1, 0)))
	require.NoError(t, s.SavePlan(t.Context(), planOf("new", 1), at(1, 0).AddDate(0, 0, 31)))
	_, err := s.Plan(t.Context(), "left")
	require.Equal(t, fault.NotFound, fault.KindOf(err))
	_, err = s.Plan(t.Context(), "started")
	require.NoError(t, err)
}

func TestAPlanRunsAtMostOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	require.NoError(t, s.SavePlan(t.Context(), planOf("plan-1", 2), at(9, 0)))
	var group sync.WaitGroup
	runs := make([]backfill.Run, 4)
	news := make([]bool, 4)
	for i := range runs {
		group.Go(func() {
			start := store.Start{Reason: strconv.Itoa(i), By: robot, AsOf: at(9, 1), At: at(9, i)}
			var err error
			runs[i], news[i], err = s.StartBackfill(t.Context(), "plan-1", start)
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	first := 0
	for i := range runs {
		require.Equal(t, runs[0], runs[i])
		if news[i] {
			first++
		}
	}
	require.Equal(t, 1, first)
	require.Regexp(t, `^run-[0-9t]+-plan1$`, runs[0].ID)

	again, isNew, err := s.StartBackfill(t.Context(), "plan-1", store.Start{AsOf: at(20, 0), At: at(20, 0)})
	require.NoError(t, err, "a plan that was started has no use for an expiry")
	require.False(t, isNew)
	require.Equal(t, runs[0], again)
	of, ok, err := s.BackfillOf(t.Context(), "plan-1")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, runs[0], of)
	log, info, err := s.AuditLog(t.Context(), 0, "")
	require.NoError(t, err)
	require.Equal(t, 1, info.Total)
	require.Equal(t, "start", log[0].Action)
	require.Equal(t, robot, log[0].By)
}

func TestAnExpiredPlanIsNotStarted(t *testing.T) {
	t.Parallel()
	s := open(t)
	require.NoError(t, s.SavePlan(t.Context(), planOf("plan-1", 2), at(9, 0)))
	_, _, err := s.StartBackfill(t.Context(), "plan-1", store.Start{AsOf: at(10, 0), At: at(9, 0)})
	require.Equal(t, fault.Conflict, fault.KindOf(err))
	require.ErrorContains(t, err, "2026-06-10T00:00:00Z")
	_, ok, err := s.BackfillOf(t.Context(), "plan-1")
	require.NoError(t, err)
	require.False(t, ok)
	_, _, err = s.StartBackfill(t.Context(), "plan-9", store.Start{AsOf: at(9, 0), At: at(9, 0)})
	require.Equal(t, fault.NotFound, fault.KindOf(err))
}

func TestPairsAreClaimedAllOrNone(t *testing.T) {
	t.Parallel()
	s := open(t)
	run := started(t, s, "plan-1", 3, at(9, 0))
	job := claim(t, s, run.ID, at(9, 1), 0, 1)
	require.Equal(t, run.ID+"-1", job)
	require.Empty(t, claim(t, s, run.ID, at(9, 1), 1, 2), "one of them runs")
	require.Equal(t, backfill.PairPending, pairsOf(t, s, run.ID)[2].Status)
	r, err := s.Backfill(t.Context(), run.ID)
	require.NoError(t, err)
	require.Equal(t, backfill.Running, r.Status)
	require.Equal(t, at(9, 1), r.StartedAt)
	control(t, s, run.ID, backfill.Pause)
	require.Empty(t, claim(t, s, run.ID, at(9, 1), 2), "a paused run starts nothing")
	control(t, s, run.ID, backfill.Resume)
	require.Equal(t, run.ID+"-2", claim(t, s, run.ID, at(9, 2), 2))
	control(t, s, run.ID, backfill.Cancel)
	require.Empty(t, claim(t, s, run.ID, at(9, 3), 3))
}

func TestAnOutcomeIsRecordedOnceAndByTheJobThatHasThePair(t *testing.T) {
	t.Parallel()
	s := open(t)
	run := started(t, s, "plan-1", 2, at(9, 0))
	first := claim(t, s, run.ID, at(9, 1), 0, 1)
	require.Equal(t, 2, settle(t, s, run.ID, first, backfill.JobEnd{Lost: true, Outcomes: done(0).Outcomes}, at(9, 2)))
	second := claim(t, s, run.ID, at(9, 3), 1)
	require.Zero(t, settle(t, s, run.ID, first, done(0, 1), at(9, 4)), "a job that has lost its pair says nothing of it")
	require.Equal(t, backfill.PairRunning, pairsOf(t, s, run.ID)[1].Status)
	require.Equal(t, 1, settle(t, s, run.ID, second, done(1), at(9, 5)))
	require.Zero(t, settle(t, s, run.ID, second, backfill.Ends(planOf("", 2).Pairs[1:2], true, "No."), at(9, 6)))
	pair := pairsOf(t, s, run.ID)[1]
	require.Equal(t, backfill.PairDone, pair.Status)
	require.Equal(t, 1, pair.Attempts)
	require.Equal(t, 1, pair.Deaths)
	require.Equal(t, at(9, 3), pair.StartedAt)
	require.Equal(t, at(9, 5), pair.FinishedAt)
	require.Equal(t, int64(5), *pair.Wrote)
}

// TestWhatJobsSaidIsKeptOnce: not what a job says that has no pair any more.
func TestWhatJobsSaidIsKeptOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	run := started(t, s, "plan-1", 3, at(9, 1))
	for seq, notes := range [][]string{{"Tests failed: a.", "Slow."}, {"Slow.", "Tests failed: b."}} {
		job := claim(t, s, run.ID, at(9, 2), seq)
		end := done(seq)
		end.Notes = notes
		require.Equal(t, 1, settle(t, s, run.ID, job, end, at(9, 3)))
		end.Notes = []string{"Told again."}
		require.Zero(t, settle(t, s, run.ID, job, end, at(9, 4)))
	}
	said, err := s.RunNotes(t.Context(), run.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"Tests failed: a.", "Slow.", "Tests failed: b."}, said)
	said, err = s.RunNotes(t.Context(), "run-of-nobody")
	require.NoError(t, err)
	require.Empty(t, said)
}

func TestARunEndsOnceAllItsPairsHave(t *testing.T) {
	t.Parallel()
	s := open(t)
	run := started(t, s, "plan-1", 1, at(9, 0))
	finish := func(from, to backfill.Status) bool {
		ok, err := s.Finish(t.Context(), run.ID, from, to, &backfill.Receipt{Note: "fine"}, at(9, 9))
		require.NoError(t, err)
		return ok
	}
	job := claim(t, s, run.ID, at(9, 1), 0)
	settle(t, s, run.ID, job, backfill.Ends(planOf("", 1).Pairs[:1], true, "No."), at(9, 2))
	require.False(t, finish(backfill.Running, backfill.Failed), "two pairs are pending")
	require.NoError(t, s.Block(t.Context(), run.ID, []int{1, 2}, at(9, 3)))
	require.Equal(t, backfill.Progress{Failed: 1, Blocked: 2}, backfill.Count(pairsOf(t, s, run.ID)))
	require.False(t, finish(backfill.Paused, backfill.Failed), "it is not paused")
	require.True(t, finish(backfill.Running, backfill.Failed))
	r, err := s.Backfill(t.Context(), run.ID)
	require.NoError(t, err)
	require.Equal(t, "fine", r.Receipt.Note)
	require.Equal(t, at(9, 9), r.FinishedAt)

	r = control(t, s, run.ID, backfill.RetryFailed)
	require.Equal(t, backfill.Running, r.Status)
	require.NoError(t, s.Block(t.Context(), run.ID, []int{1}, at(9, 3)))
	require.Equal(t, backfill.Progress{Pending: 3}, backfill.Count(pairsOf(t, s, run.ID)), "what it reads has not failed any more")
	r, err = s.Backfill(t.Context(), run.ID)
	require.NoError(t, err)
	require.Nil(t, r.Receipt)
	require.Zero(t, r.FinishedAt)
}

func TestCancellingEndsARunOfWhichNothingRuns(t *testing.T) {
	t.Parallel()
	s := open(t)
	run := started(t, s, "plan-1", 1, at(9, 0))
	require.Equal(t, backfill.Cancelled, control(t, s, run.ID, backfill.Cancel).Status)
	require.Equal(t, backfill.Progress{Cancelled: 3}, backfill.Count(pairsOf(t, s, run.ID)))
	_, err := s.Control(t.Context(), run.ID, store.Action{Action: backfill.Cancel, At: at(9, 5), AsOf: at(9, 5)})
	require.Equal(t, fault.Conflict, fault.KindOf(err))
	log, _, err := s.AuditLog(t.Context(), 0, "")
	require.NoError(t, err)
	require.Len(t, log, 2, "what was refused is not done and not noted here")
	require.Equal(t, "queued, then cancelled", log[0].Detail)
	_, err = s.Control(t.Context(), "run-9", store.Action{Action: backfill.Cancel})
	require.Equal(t, fault.NotFound, fault.KindOf(err))
}

func TestRunsAndAuditComeInPagesThatNothingShifts(t *testing.T) {
	t.Parallel()
	s := open(t)
	for i := range 5 {
		started(t, s, fmt.Sprintf("plan-%d", i), 1, at(9, i))
	}
	runs, info, err := s.Backfills(t.Context(), 2, "")
	require.NoError(t, err)
	require.Equal(t, 5, info.Total)
	require.Equal(t, 2, info.Returned)
	require.True(t, info.Truncated)
	require.Equal(t, []string{"plan-4", "plan-3"}, []string{runs[0].PlanID, runs[1].PlanID})
	started(t, s, "plan-5", 1, at(9, 9))
	runs, info, err = s.Backfills(t.Context(), 3, info.NextCursor)
	require.NoError(t, err)
	require.Equal(t, []string{"plan-2", "plan-1", "plan-0"}, []string{runs[0].PlanID, runs[1].PlanID, runs[2].PlanID})
	require.False(t, info.Truncated)
	require.Empty(t, info.NextCursor)

	log, info, err := s.AuditLog(t.Context(), 4, "")
	require.NoError(t, err)
	require.Len(t, log, 4)
	require.Equal(t, 6, info.Total)
	log, _, err = s.AuditLog(t.Context(), 4, info.NextCursor)
	require.NoError(t, err)
	require.Equal(t, []int64{2, 1}, []int64{log[0].ID, log[1].ID})
	for _, bad := range []string{"at:3", "before:x", "before:0"} {
		_, _, err = s.AuditLog(t.Context(), 4, bad)
		require.Equal(t, fault.Invalid, fault.KindOf(err))
	}
	_, _, err = s.Backfills(t.Context(), 1001, "")
	require.Equal(t, fault.Invalid, fault.KindOf(err))
}

func TestAnotherProcessSeesWhatChanged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	s, watcher := openAt(t, path), openAt(t, path)
	var revision int64
	changed := func() []string {
		runs, now, err := watcher.Changed(t.Context(), revision)
		require.NoError(t, err)
		require.GreaterOrEqual(t, now, revision)
		revision = now
		return runs
	}
	require.Empty(t, changed())
	one := started(t, s, "plan-1", 2, at(9, 0))
	two := started(t, s, "plan-2", 2, at(9, 1))
	require.Equal(t, []string{one.ID, two.ID}, changed())
	require.Empty(t, changed())
	job := claim(t, s, one.ID, at(9, 1), 0, 1)
	require.Equal(t, []string{one.ID}, changed())
	settle(t, s, one.ID, job, done(0, 1), at(9, 2))
	require.Equal(t, []string{one.ID}, changed())
	control(t, s, two.ID, backfill.Pause)
	require.Equal(t, []string{two.ID}, changed())
	require.NoError(t, s.Block(t.Context(), one.ID, []int{2}, at(9, 3)))
	changed()
	_, err := s.Finish(t.Context(), one.ID, backfill.Paused, backfill.Failed, nil, at(9, 3))
	require.NoError(t, err)
	require.Empty(t, changed(), "what did not happen is no change")
}

func TestThereIsWorkUntilAllHasEndedOrWaitsForPeople(t *testing.T) {
	t.Parallel()
	s := open(t)
	work := func() bool {
		ok, err := s.HasWork(t.Context())
		require.NoError(t, err)
		return ok
	}
	require.False(t, work())
	run := started(t, s, "plan-1", 1, at(9, 0))
	require.True(t, work())
	job := claim(t, s, run.ID, at(9, 1), 0)
	control(t, s, run.ID, backfill.Pause)
	require.True(t, work(), "one runs")
	settle(t, s, run.ID, job, done(0), at(9, 2))
	require.False(t, work())
	unfinished, err := s.Unfinished(t.Context())
	require.NoError(t, err)
	require.Len(t, unfinished, 1)
	control(t, s, run.ID, backfill.Cancel)
	require.False(t, work())
}

func TestTheLastRunOfPairsIsOneThatWroteOrEnded(t *testing.T) {
	t.Parallel()
	s := open(t)
	last := func() string {
		id, err := s.LastRunOf(t.Context(), planOf("", 2).Pairs[1:3])
		require.NoError(t, err)
		return id
	}
	require.Empty(t, last())
	one := started(t, s, "plan-1", 2, at(9, 0))
	require.Empty(t, last(), "it has neither written nor ended")
	job := claim(t, s, one.ID, at(9, 1), 0, 1)
	settle(t, s, one.ID, job, done(0, 1), at(9, 2))
	require.Equal(t, one.ID, last())
	two := started(t, s, "plan-2", 3, at(9, 3))
	require.Equal(t, one.ID, last())
	control(t, s, two.ID, backfill.Cancel)
	require.Equal(t, two.ID, last(), "a plan made after it is another one")
	id, err := s.LastRunOf(t.Context(), []backfill.Pair{{Node: "nobody's"}})
	require.NoError(t, err)
	require.Empty(t, id)
}

func TestDurationsAreOfOnePairInTheLastJobs(t *testing.T) {
	t.Parallel()
	s := open(t)
	run := started(t, s, "plan-1", 2, at(9, 0))
	job := claim(t, s, run.ID, at(9, 1), 0, 1)
	settle(t, s, run.ID, job, done(0, 1), at(9, 2))
	job = claim(t, s, run.ID, at(9, 3), 2)
	settle(t, s, run.ID, job, backfill.Ends(planOf("", 2).Pairs[2:3], true, "No."), at(9, 9))
	took, err := s.Durations(t.Context(), []string{"a", "b", "zzz"})
	require.NoError(t, err)
	require.Equal(t, map[string]time.Duration{"a": 30 * time.Minute}, took, "a failure tells no duration")
}
