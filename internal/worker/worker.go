// Package worker is the one process per store that executes runs: it starts what backfill.Next says on executors, asks how it
// stands, and writes each outcome into the store.
//
// It leaves to the executors how a node is run, to backfill what is next, and to the store who is first. Nothing is kept in
// memory that the store does not have: a worker that is killed leaves jobs behind, and the next one asks the executors what
// became of them before it starts anything.
//
// Invariants: one worker lives for a store, the holder of a lock that the operating system frees when it dies; a job is claimed
// in the store before it is started, and recorded after it has ended; a run that was started while a worker was about to end is
// seen by it, or by one that is started for it.
package worker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// Options say what a worker works with.
type Options struct {
	Store *store.Store
	// Executors are by the name that pairs carry. They are asked for again for each job: a configuration may change.
	Executors func() map[string]executor.Executor
	// Node is the node that pairs name, and how it is partitioned: executors go by both. An error fails the pairs.
	Node func(ctx context.Context, id string) (*lineage.Node, partition.Spec, error)
	// Receipt looks at what a plan promised, after its run; nil makes no receipts.
	Receipt func(ctx context.Context, run backfill.Run, plan backfill.Plan, pairs []backfill.RunPair) (*backfill.Receipt, error)
	// JobEnded is told how a job ended before that is recorded, and again by the next worker where this one dies in between; it may
	// be nil.
	JobEnded func(ctx context.Context, job executor.Job, state executor.State)
	Limits   func() backfill.Limits
	// Idle is how long a worker waits without work before it ends; 0 ends it at once.
	Idle time.Duration
	// StopJobs: a worker that is told to end cancels all that it runs. Else it does so with Resident jobs only, and leaves the
	// others to the next worker.
	StopJobs bool
	// Now is the wall clock.
	Now func() time.Time
	Log zerolog.Logger
}

// Paces of a worker: how often it looks for work that others bring, how soon it asks about a job again, at first and at most, how
// long a failing store is tried, and how long jobs have to end when it has to.
const (
	lookEvery    = 250 * time.Millisecond
	firstPoll    = 20 * time.Millisecond
	slowestPoll  = time.Second
	retryPause   = time.Second
	storeRetries = 60
	farewell     = 30 * time.Second
)

// Run works until there has been nothing to do for o.Idle, or ctx ends; both are no error. Where another worker of the store
// lives, it is HeldError.
func Run(ctx context.Context, o Options) error {
	for {
		release, err := lock(ctx, o.Store.Path(), o.Now())
		if err != nil {
			return err
		}
		err = newWorker(o).work(ctx)
		release()
		if err != nil || ctx.Err() != nil {
			return err
		}
		// Whoever started a run meanwhile saw the lock held and left the run to us. Now that it is free, others start a worker.
		if work, err := o.Store.HasWork(ctx); err != nil || !work {
			return err
		}
	}
}

// worker is the holder of the lock.
type worker struct {
	Options

	// What the last look found: the store's revision, when the next pair may be tried again, and whether there is anything to do.
	seen    int64
	lookAt  time.Time
	working bool

	// wake says that something ended; one is enough, however much did.
	wake  chan struct{}
	group sync.WaitGroup
	mu    sync.Mutex
	// jobs are those that are followed, by id; ending are the runs that are being ended.
	jobs   map[string]*follower
	ending map[string]bool
	// ended: something ended, and with it perhaps not as it should have. Then the next look is a close one.
	ended bool
}

func newWorker(o Options) *worker {
	return &worker{Options: o, seen: -1, wake: make(chan struct{}, 1), jobs: map[string]*follower{}, ending: map[string]bool{}}
}

// Dir is the folder beside a store's file for the jobs of its runs: in it a folder a run, and in that one a job.
func Dir(storePath string) string { return filepath.Join(filepath.Dir(storePath), "jobs") }

// work goes on until nothing is left to do, ctx ends or the store fails for long.
func (w *worker) work(ctx context.Context) error {
	// Followers end by themselves when ctx does; a store that fails ends them too.
	ctx, stop := context.WithCancel(ctx)
	defer w.group.Wait()
	defer stop()
	idleSince, failures := w.Now(), 0
	for ctx.Err() == nil {
		err := w.look(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil // the store is not to blame
		case err != nil:
			failures++
			if failures > storeRetries {
				return err
			}
			w.Log.Warn().Err(err).AnErr("cause", errors.Unwrap(err)).Msg("the store cannot be used; trying again")
			pause(ctx)
			continue
		case w.working:
			idleSince = w.Now()
		case w.Now().Sub(idleSince) >= w.Idle:
			return nil
		}
		failures = 0
		rest := lookEvery
		if !w.lookAt.IsZero() {
			rest = min(rest, max(w.lookAt.Sub(w.Now()), time.Millisecond))
		}
		w.rest(ctx, rest)
	}
	return nil
}

// rest waits for a while, or until something ends.
func (w *worker) rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.wake:
	case <-ctx.Done():
	}
}

// pause waits before something that failed is tried again, or until ctx ends.
func pause(ctx context.Context) {
	timer := time.NewTimer(retryPause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// over notes that something ended, and ends a rest.
func (w *worker) over(forget func()) {
	w.mu.Lock()
	forget()
	w.ended = true
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// look does what there is to do where the store has changed since the last look, something ended, or the time of a pair has come.
func (w *worker) look(ctx context.Context) error {
	w.mu.Lock()
	closely, busy := w.ended, len(w.jobs)+len(w.ending) > 0
	w.ended = false
	w.mu.Unlock()
	_, now, err := w.Store.Changed(ctx, max(w.seen, 0))
	if err != nil {
		return err
	}
	if now == w.seen && !closely && (w.lookAt.IsZero() || w.lookAt.After(w.Now())) {
		w.working = w.working || busy
		return nil
	}
	w.seen = -1 // until all is done
	if err := w.round(ctx); err != nil {
		return err
	}
	w.seen = now
	w.working, err = w.Store.HasWork(ctx)
	w.working = w.working || busy
	return err
}

// round does in every run what is next.
func (w *worker) round(ctx context.Context) error {
	w.lookAt = time.Time{}
	runs, err := w.Store.Unfinished(ctx)
	if err != nil {
		return err
	}
	followed := w.followed() // before the pairs are read: one that ends in between is not adopted
	all := make([][]backfill.RunPair, len(runs))
	for i, run := range runs {
		if all[i], err = w.Store.Pairs(ctx, run.ID); err != nil {
			return err
		}
		w.adopt(ctx, run, all[i], followed)
	}
	for i, run := range runs {
		others := make([][]backfill.RunPair, 0, len(runs))
		others = append(others, all[:i]...)
		others = append(others, all[i+1:]...)
		s := backfill.Next(run, all[i], backfill.LoadOf(others...), w.Limits(), w.Now())
		if err := w.do(ctx, run, all[i], s); err != nil {
			return err
		}
		if !s.LookAt.IsZero() && (w.lookAt.IsZero() || s.LookAt.Before(w.lookAt)) {
			w.lookAt = s.LookAt
		}
	}
	return nil
}

// do does one step of a run, and marks in pairs what it claimed.
func (w *worker) do(ctx context.Context, run backfill.Run, pairs []backfill.RunPair, s backfill.Step) error {
	if len(s.Block) > 0 {
		if err := w.Store.Block(ctx, run.ID, s.Block, w.Now()); err != nil {
			return err
		}
	}
	w.mu.Lock()
	for _, job := range s.Stop {
		if f := w.jobs[job]; f != nil {
			f.stop()
		}
	}
	w.mu.Unlock()
	for _, seqs := range s.Start {
		job, err := w.Store.Claim(ctx, run.ID, seqs, w.Now())
		if err != nil {
			return err
		}
		if job == "" {
			continue // somebody changed the run; the next look sees it
		}
		for _, seq := range seqs {
			pairs[seq].Status, pairs[seq].Job = backfill.PairRunning, job
		}
		w.follow(ctx, run, pairs, job, false)
	}
	if s.Ended != "" {
		w.finish(ctx, run, s.Ended)
	}
	return nil
}

// followed are the jobs that are followed.
func (w *worker) followed() map[string]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]bool{}
	for id := range w.jobs {
		out[id] = true
	}
	return out
}

// adopt follows the jobs that a worker before this one left.
func (w *worker) adopt(ctx context.Context, run backfill.Run, pairs []backfill.RunPair, followed map[string]bool) {
	for _, p := range pairs {
		if p.Status == backfill.PairRunning && !followed[p.Job] {
			followed[p.Job] = true
			w.Log.Info().Str("job", p.Job).Msg("adopting a job")
			w.follow(ctx, run, pairs, p.Job, true)
		}
	}
}

// finish ends a run with its receipt, which may take a while.
func (w *worker) finish(ctx context.Context, run backfill.Run, to backfill.Status) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ending[run.ID] {
		return
	}
	w.ending[run.ID] = true
	w.group.Go(func() {
		receipt := w.receipt(ctx, run)
		var err error
		if ctx.Err() == nil { // else the next worker ends it
			_, err = w.Store.Finish(ctx, run.ID, run.Status, to, receipt, w.Now())
		}
		if err != nil {
			w.Log.Warn().Err(err).Str("run", run.ID).Msg("the run cannot be ended; trying again")
			pause(ctx)
		} else {
			w.prune(ctx)
		}
		w.over(func() { delete(w.ending, run.ID) })
	})
}

// receipt is nil where none is made; one that could not be made says so.
func (w *worker) receipt(ctx context.Context, run backfill.Run) *backfill.Receipt {
	if w.Receipt == nil {
		return nil
	}
	plan, err := w.Store.Plan(ctx, run.PlanID)
	if err == nil {
		var pairs []backfill.RunPair
		if pairs, err = w.Store.Pairs(ctx, run.ID); err == nil {
			var receipt *backfill.Receipt
			if receipt, err = w.Receipt(ctx, run, plan, pairs); err == nil {
				return receipt
			}
		}
	}
	return &backfill.Receipt{
		Ready: []backfill.Span{}, NotReady: []backfill.Span{},
		Note: "What the plan promised could not be looked at. " + w.sentence(err, "the receipt of "+run.ID),
	}
}

// prune removes the folders of the jobs of runs that ended long ago, and cuts a log that has grown large.
func (w *worker) prune(ctx context.Context) {
	trim(LogPath(w.Store.Path()))
	const kept = 20
	runs, _, err := w.Store.Backfills(ctx, kept, "")
	unfinished, err2 := w.Store.Unfinished(ctx)
	entries, err3 := os.ReadDir(Dir(w.Store.Path()))
	if errors.Join(err, err2, err3) != nil {
		return // the next run's end does it
	}
	keep := map[string]bool{}
	for _, r := range append(runs, unfinished...) {
		keep[r.ID] = true
	}
	for _, e := range entries {
		if !keep[e.Name()] {
			_ = os.RemoveAll(filepath.Join(Dir(w.Store.Path()), e.Name())) // as above
		}
	}
}
