package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/internal/worker"
)

func TestARunSucceedsWaveAfterWaveAndHasItsReceipt(t *testing.T) {
	t.Parallel()
	h := newHand(allDone)
	b := newBench(t, map[string]executor.Executor{"hand": h})
	run := b.start(planOf("plan-1", 3, 4, "hand"))
	var told []string
	b.options.JobEnded = func(_ context.Context, job executor.Job, state executor.State) {
		told = append(told, fmt.Sprint(job.ID, " ", len(state.Outcomes)))
	}
	b.options.Receipt = func(_ context.Context, r backfill.Run, plan backfill.Plan, pairs []backfill.RunPair) (*backfill.Receipt, error) {
		return &backfill.Receipt{Note: fmt.Sprint(r.ID == run.ID, plan.ID, len(pairs))}, nil
	}
	b.work()
	r := b.run(run.ID)
	require.Equal(t, backfill.Succeeded, r.Status)
	require.Equal(t, "trueplan-112", r.Receipt.Note)
	require.Equal(t, []string{run.ID + "-1 4", run.ID + "-2 4", run.ID + "-3 4"}, told, "a range is a job")
	for i, job := range h.submitted {
		require.Equal(t, fmt.Sprintf("model.shop.n%d", i), job.Node.ID)
		require.Equal(t, byDay, job.Spec)
		require.Equal(t, ninth, job.AsOf)
		require.DirExists(t, job.Dir)
	}
}

func TestAReceiptThatCannotBeMadeSaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]executor.Executor{"hand": newHand(allDone)})
	run := b.start(planOf("plan-1", 1, 1, "hand"))
	b.options.Receipt = func(context.Context, backfill.Run, backfill.Plan, []backfill.RunPair) (*backfill.Receipt, error) {
		return nil, fault.New(fault.Unavailable, "The warehouse is locked.")
	}
	b.work()
	r := b.run(run.ID)
	require.Equal(t, backfill.Succeeded, r.Status)
	require.Equal(t, "What the plan promised could not be looked at. The warehouse is locked.", r.Receipt.Note)
}

func TestAFailureIsTriedAgainAndThenBlocksWhatReadsIt(t *testing.T) {
	t.Parallel()
	h := newHand(func(job executor.Job) executor.State {
		s := allDone(job)
		for i, o := range s.Outcomes {
			if o.Seq == 1 {
				s.Outcomes[i] = executor.Outcome{Seq: 1, Error: "No such column."}
			}
		}
		s.LogTail = "line 1\nline 2"
		return s
	})
	b := newBench(t, map[string]executor.Executor{"hand": h})
	run := b.start(planOf("plan-1", 2, 3, "hand"))
	b.work()
	require.Equal(t, backfill.Failed, b.run(run.ID).Status)
	pairs := b.pairs(run.ID)
	require.Equal(t, backfill.Progress{Done: 4, Failed: 1, Blocked: 1}, backfill.Count(pairs))
	require.Equal(t, backfill.PairFailed, pairs[1].Status)
	require.Equal(t, 3, pairs[1].Attempts)
	require.Equal(t, "No such column.", pairs[1].Error)
	require.Equal(t, "line 1\nline 2", pairs[1].LogTail)
	require.Equal(t, backfill.PairBlocked, pairs[4].Status)

	h.auto = allDone
	b.control(run.ID, backfill.RetryFailed)
	b.work()
	require.Equal(t, backfill.Succeeded, b.run(run.ID).Status)
	require.Equal(t, backfill.Progress{Done: 6}, backfill.Count(b.pairs(run.ID)))
}

func TestWhatCannotBeStartedFailsWithASentence(t *testing.T) {
	t.Parallel()
	h := newHand(nil)
	h.refuse = fault.New(fault.Unavailable, "The program dbt is not there.")
	b := newBench(t, map[string]executor.Executor{"hand": h})
	refused := b.start(planOf("plan-1", 1, 1, "hand"))
	nobody := b.start(planOf("plan-2", 1, 1, "airflow"))
	gone := planOf("plan-3", 1, 1, "hand")
	gone.Pairs[0].Node = "model.other.gone"
	lost := b.start(gone)
	absent := newHand(nil)
	absent.refuse = fault.New(fault.Invalid, "There is no program dbt.")
	b.options.Executors()["absent"] = absent
	wrong := b.start(planOf("plan-4", 1, 1, "absent"))
	b.work()
	for _, c := range []struct {
		run      backfill.Run
		attempts int
		says     string
	}{
		{refused, 3, "The program dbt is not there."},
		{nobody, 1, `This worker has no executor "airflow", which the plan has model.shop.n0 run by. See`},
		{wrong, 1, "There is no program dbt."},
		{lost, 1, "There is no node model.other.gone any more."},
	} {
		require.Equal(t, backfill.Failed, b.run(c.run.ID).Status)
		pair := b.pairs(c.run.ID)[0]
		require.Contains(t, pair.Error, c.says)
		require.Equal(t, c.attempts, pair.Attempts)
	}
	require.Len(t, h.cancelled, 3, "whatever of a start did happen is ended")
}

func TestAnErrorOfNobodysIsNotShown(t *testing.T) {
	t.Parallel()
	h := newHand(nil)
	h.refuse = errors.New("secret=hunter2")
	b := newBench(t, map[string]executor.Executor{"hand": h})
	run := b.start(planOf("plan-1", 1, 1, "hand"))
	b.work()
	require.NotContains(t, b.pairs(run.ID)[0].Error, "hunter2")
	require.Contains(t, b.pairs(run.ID)[0].Error, "log")
}

func TestAnExecutorThatDoesNotAnswerIsAskedAgain(t *testing.T) {
	t.Parallel()
	h := newHand(allDone)
	h.pollErrors = 1
	b := newBench(t, map[string]executor.Executor{"hand": h})
	run := b.start(planOf("plan-1", 1, 2, "hand"))
	b.work()
	require.Equal(t, backfill.Succeeded, b.run(run.ID).Status)
	require.Len(t, h.submitted, 1)
	require.Equal(t, 1, b.pairs(run.ID)[0].Attempts)
}

func TestCancellingEndsWhatRunsAndKeepsWhatWasWritten(t *testing.T) {
	t.Parallel()
	h := newHand(nil)
	b := newBench(t, map[string]executor.Executor{"hand": h})
	run := b.start(planOf("plan-1", 2, 2, "hand"))
	b.options.Idle = time.Hour
	defer b.background()()
	job := h.started(t, 1)
	b.control(run.ID, backfill.Cancel)
	b.until(run.ID, backfill.Cancelled)
	require.True(t, h.wasCancelled(job))
	pairs := b.pairs(run.ID)
	require.Equal(t, backfill.Progress{Done: 1, Cancelled: 3}, backfill.Count(pairs))
	require.Equal(t, backfill.PairDone, pairs[0].Status)

	b.control(run.ID, backfill.RetryFailed)
	next := h.started(t, 2)
	require.Len(t, next.Pairs, 1, "what was written is not written again")
	require.Equal(t, 1, next.Pairs[0].Seq)
	require.NotEqual(t, job.ID, next.ID)
}

func TestPausingLetsWhatRunsEndAndStartsNothing(t *testing.T) {
	t.Parallel()
	h := newHand(nil)
	b := newBench(t, map[string]executor.Executor{"hand": h})
	run := b.start(planOf("plan-1", 2, 1, "hand"))
	done := make(chan error, 1)
	go func() { done <- worker.Run(t.Context(), b.options) }()
	job := h.started(t, 1)
	b.control(run.ID, backfill.Pause)
	h.end(job, allDone(job))
	require.NoError(t, <-done, "a worker does not wait for people")
	require.Equal(t, backfill.Paused, b.run(run.ID).Status)
	require.Equal(t, backfill.Progress{Done: 1, Pending: 1}, backfill.Count(b.pairs(run.ID)))
	require.Len(t, h.submitted, 1)
	h.auto = allDone
	b.control(run.ID, backfill.Resume)
	b.work()
	require.Equal(t, backfill.Succeeded, b.run(run.ID).Status)
}

func TestAWorkerThatIsToldToEndLeavesWhatCanGoOn(t *testing.T) {
	t.Parallel()
	h := newHand(nil)
	b := newBench(t, map[string]executor.Executor{"hand": h})
	run := b.start(planOf("plan-1", 1, 2, "hand"))
	end := b.background()
	job := h.started(t, 1)
	end()
	require.False(t, h.wasCancelled(job))
	require.Equal(t, backfill.Progress{Running: 2}, backfill.Count(b.pairs(run.ID)))
	h.end(job, allDone(job))
	b.work()
	require.Equal(t, backfill.Succeeded, b.run(run.ID).Status)
	require.Len(t, h.submitted, 1, "the next worker adopts the job")
	require.Zero(t, b.pairs(run.ID)[0].Deaths)
}

func TestAWorkerThatIsToldToEndTakesWithItWhatCannotGoOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		as   func(*hand) executor.Executor
		stop bool
	}{
		"in its process": {func(h *hand) executor.Executor { return resident{h} }, false},
		"asked to":       {func(h *hand) executor.Executor { return h }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHand(nil)
			b := newBench(t, map[string]executor.Executor{"hand": c.as(h)})
			b.options.StopJobs = c.stop
			run := b.start(planOf("plan-1", 1, 3, "hand"))
			end := b.background()
			job := h.started(t, 1)
			end()
			require.True(t, h.wasCancelled(job))
			pairs := b.pairs(run.ID)
			require.Equal(t, backfill.Progress{Done: 1, Pending: 2}, backfill.Count(pairs), "what was written is recorded")
			require.Equal(t, []int{1, 0}, []int{pairs[2].Deaths, pairs[2].Attempts}, "that is no attempt")
			h.auto = allDone
			b.work()
			require.Equal(t, backfill.Succeeded, b.run(run.ID).Status)
		})
	}
}

func TestALostJobIsRunAgainUntilTooManyWorkersDied(t *testing.T) {
	t.Parallel()
	h := newHand(func(executor.Job) executor.State { return executor.State{Lost: true} })
	b := newBench(t, map[string]executor.Executor{"hand": h})
	run := b.start(planOf("plan-1", 1, 1, "hand"))
	b.work()
	require.Equal(t, backfill.Failed, b.run(run.ID).Status)
	pair := b.pairs(run.ID)[0]
	require.Equal(t, []int{21, 0}, []int{pair.Deaths, pair.Attempts})
	require.Contains(t, pair.Error, "21 times")
	require.Len(t, h.submitted, 21)
}

func TestASecondWorkerSaysWhoTheFirstIs(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]executor.Executor{"hand": newHand(nil)})
	require.False(t, b.alive())
	b.options.Idle = time.Hour
	end := b.background()
	until(t, "a worker lives", b.alive)
	err := worker.Run(t.Context(), b.options)
	held, ok := errors.AsType[*worker.HeldError](err)
	require.True(t, ok, "%v", err)
	require.Contains(t, held.Error(), fmt.Sprintf("process %d (since 20", os.Getpid()))
	end()
	require.False(t, b.alive())
}

func TestAnIdleWorkerEndsWhenItsTimeHasCome(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]executor.Executor{"hand": newHand(allDone)})
	b.options.Idle = time.Minute
	var minutes atomic.Int64
	b.options.Now = func() time.Time { return ninth.Add(time.Duration(minutes.Load()) * time.Minute) }
	done := make(chan error, 1)
	go func() { done <- worker.Run(t.Context(), b.options) }()
	for i := range 2 {
		run := b.start(planOf(fmt.Sprintf("plan-%d", i), 1, 1, "hand"))
		b.until(run.ID, backfill.Succeeded)
		require.True(t, b.alive(), "no time has passed")
	}
	minutes.Add(1)
	require.NoError(t, <-done)
}

// The clock is read for the last time after a worker has seen that there is no work, and before it frees the lock.
func TestARunThatIsStartedWhileAWorkerEndsIsExecuted(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]executor.Executor{"hand": newHand(allDone)})
	require.NoError(t, b.store.SavePlan(t.Context(), planOf("plan-1", 1, 1, "hand"), ninth))
	var reads atomic.Int32
	b.options.Now = func() time.Time {
		if reads.Add(1) == 3 {
			require.True(t, b.alive(), "who starts the run starts no worker")
			_, _, err := b.store.StartBackfill(t.Context(), "plan-1", store.Start{AsOf: ninth, At: ninth})
			require.NoError(t, err)
		}
		return time.Now()
	}
	limits := b.options.Limits()
	limits.Jobs = 1
	b.options.Limits = func() backfill.Limits { return limits }
	b.work()
	run, ok, err := b.store.BackfillOf(t.Context(), "plan-1")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, backfill.Succeeded, run.Status)
}

// Starters come at any moment in the life of workers that end as soon as they can, and look for one as Ensure does.
func TestNoRunIsLeftBetweenTwoWorkers(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]executor.Executor{"hand": newHand(allDone)})
	var group sync.WaitGroup
	for i := range 3 {
		group.Go(func() {
			for k := range 15 {
				plan := planOf(fmt.Sprintf("plan-%d-%d", i, k), 1, 1, "hand")
				if err := b.store.SavePlan(t.Context(), plan, time.Now()); err != nil {
					t.Error(err)
				}
				_, _, err := b.store.StartBackfill(t.Context(), plan.ID, store.Start{AsOf: ninth, At: time.Now()})
				if err != nil {
					t.Error(err)
				}
				if _, alive := worker.Alive(b.store.Path()); alive {
					continue
				}
				group.Go(func() {
					err := worker.Run(t.Context(), b.options)
					if _, held := errors.AsType[*worker.HeldError](err); err != nil && !held {
						t.Error(err)
					}
				})
			}
		})
	}
	group.Wait()
	left, err := b.store.Unfinished(t.Context())
	require.NoError(t, err)
	require.Empty(t, left)
	_, info, err := b.store.Backfills(t.Context(), 1, "")
	require.NoError(t, err)
	require.Equal(t, 45, info.Total)
}

func TestFoldersOfJobsOfLongAgoAreRemoved(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]executor.Executor{"hand": newHand(allDone)})
	first := b.start(planOf("plan-first", 1, 1, "hand"))
	for i := range 22 {
		b.start(planOf(fmt.Sprintf("plan-%d", i), 1, 1, "hand"))
	}
	b.work()
	folders, err := os.ReadDir(worker.Dir(b.store.Path()))
	require.NoError(t, err)
	require.Len(t, folders, 20)
	require.NoDirExists(t, filepath.Join(worker.Dir(b.store.Path()), first.ID))
}
