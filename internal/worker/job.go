package worker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/fault"
)

// follower follows one job from its start, or its adoption, to the record of its end.
type follower struct {
	*worker

	job      executor.Job
	executor executor.Executor
	stopping chan struct{}
	stop     func()
}

// follow starts a job that was claimed, or takes over one that another worker started, and follows it.
func (w *worker) follow(ctx context.Context, run backfill.Run, pairs []backfill.RunPair, id string, adopted bool) {
	f := &follower{worker: w, stopping: make(chan struct{})}
	f.stop = sync.OnceFunc(func() { close(f.stopping) })
	f.job = executor.Job{ID: id, Run: run.ID, AsOf: run.AsOf, Dir: filepath.Join(Dir(w.Store.Path()), run.ID, id)}
	for _, p := range pairs {
		if p.Status == backfill.PairRunning && p.Job == id {
			f.job.Pairs = append(f.job.Pairs, p.Pair)
		}
	}
	w.mu.Lock()
	w.jobs[id] = f
	w.mu.Unlock()
	w.group.Go(func() {
		f.run(ctx, adopted)
		w.over(func() { delete(w.jobs, id) })
	})
}

func (f *follower) run(ctx context.Context, adopted bool) {
	if err := f.prepare(ctx); err != nil {
		if ctx.Err() == nil {
			f.record(ctx, backfill.Ends(f.job.Pairs, true, f.sentence(err, f.job.ID)))
		}
		return
	}
	if !adopted {
		if err := f.submit(ctx); err != nil && ctx.Err() == nil {
			f.Log.Warn().Err(err).Str("job", f.job.ID).Msg("the job could not be started")
			if f.cancel(ctx) { // whatever of it did start; then nothing of it runs any more
				// What is in use or down may be had again; anything else is asked for wrongly, and would be again.
				f.record(ctx, backfill.Ends(f.job.Pairs, fault.KindOf(err) == fault.Invalid, f.sentence(err, f.job.ID)))
			}
			return
		}
	}
	state, ended := f.wait(ctx)
	if !ended {
		state, ended = f.leave(ctx)
	}
	if !ended {
		return
	}
	if f.JobEnded != nil {
		f.JobEnded(context.WithoutCancel(ctx), f.job, state)
	}
	f.record(ctx, backfill.JobEnd{
		Lost: state.Lost, Hopeless: state.Hopeless, Outcomes: state.Outcomes, LogTail: state.LogTail, Notes: state.Notes,
	})
}

// prepare finds what the job needs; its errors are such that trying again would not help.
func (f *follower) prepare(ctx context.Context) (err error) {
	first := f.job.Pairs[0]
	ex, ok := f.Executors()[first.Executor]
	if !ok {
		return fault.New(fault.Unavailable,
			"This worker has no executor %q, which the plan has %s run by. See `executors` in headwater.yaml, and make a new plan with plan_backfill.",
			first.Executor, first.Node)
	}
	f.executor = ex
	f.job.Node, f.job.Spec, err = f.Node(ctx, first.Node)
	return err
}

func (f *follower) submit(ctx context.Context) error {
	const mode = 0o750
	if err := os.MkdirAll(f.job.Dir, mode); err != nil {
		return fault.Wrap(err, fault.Unavailable, "The folder of the job, %s, cannot be made.", f.job.Dir)
	}
	return f.executor.Submit(ctx, f.job)
}

// wait asks how the job stands until it has ended; false where ctx has.
func (f *follower) wait(ctx context.Context) (executor.State, bool) {
	next, silent := firstPoll, false
	stopping := f.stopping
	for ctx.Err() == nil {
		state, err := f.executor.Poll(ctx, f.job)
		if err == nil && !state.Running {
			return state, true
		}
		if err != nil && ctx.Err() == nil {
			if !silent {
				f.Log.Warn().Err(err).Str("job", f.job.ID).Msg("nobody can tell how the job stands; asking again")
			}
			next, silent = slowestPoll, true
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
		case <-timer.C:
			next = min(next*3/2, slowestPoll)
		case <-stopping:
			if f.cancel(ctx) {
				stopping, next = nil, firstPoll // and Poll says what had been written
			} else {
				pause(ctx)
			}
		}
		timer.Stop()
	}
	return executor.State{}, false
}

// leave ends the job with the worker where it cannot outlive it, or must not. What had been written by then is recorded, and the
// rest counts as a death. A job that is left alone is the next worker's.
func (f *follower) leave(ctx context.Context) (executor.State, bool) {
	if _, resident := f.executor.(executor.Resident); !resident && !f.StopJobs {
		return executor.State{}, false
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer done()
	if !f.cancel(ctx) {
		return executor.State{}, false
	}
	state, err := f.executor.Poll(ctx, f.job)
	if err != nil || state.Running {
		return executor.State{}, false
	}
	written := state.Outcomes[:0:0]
	for _, o := range state.Outcomes {
		if o.Done {
			written = append(written, o)
		}
	}
	state.Lost, state.Outcomes = true, written
	return state, true
}

// cancel reports whether nothing of the job runs any more.
func (f *follower) cancel(ctx context.Context) bool {
	err := f.executor.Cancel(ctx, f.job)
	if err != nil {
		f.Log.Warn().Err(err).Str("job", f.job.ID).Msg("the job cannot be ended")
	}
	return err == nil
}

// record writes the end of the job down, for as long as that takes: a store that is locked, or a full disk, loses no outcome.
func (f *follower) record(ctx context.Context, end backfill.JobEnd) {
	// An end that is known is written down even when the worker has to end.
	once := context.WithoutCancel(ctx)
	for {
		_, err := f.Store.Record(once, f.job.Run, f.job.ID, end, f.Limits(), f.Now())
		if err == nil || ctx.Err() != nil {
			return
		}
		f.Log.Warn().Err(err).Str("job", f.job.ID).Msg("the outcome cannot be recorded; trying again")
		pause(ctx)
	}
}

// sentence is an error as people see it: that of a fault, and of others only where to look.
func (w *worker) sentence(err error, what string) string {
	if known, ok := errors.AsType[*fault.Error](err); ok && known.Kind != fault.Internal {
		return known.Message
	}
	w.Log.Error().Err(err).AnErr("cause", errors.Unwrap(err)).Str("what", what).Msg("internal error")
	return "It failed for a reason that is headwater's own; the worker's log has it under " + what + "."
}
