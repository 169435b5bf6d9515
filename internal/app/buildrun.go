package app

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/agentops/executor/engine"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/internal/worker"
	"github.com/headwater-mcp/headwater/period"
)

// planned is a build on its way through a plan and a run.
type planned struct {
	app      *App
	platform *platform.Platform
	request  BuildRequest
	// facts are in the order in which their days may stand for each other's, updates what is asked of each.
	facts   []platform.Fact
	updates []activation.UpdateRequest
	// failure is why the first of the facts that could not be planned cannot be.
	failure error
}

// buildCommand is the client in the audit log.
const buildCommand = "headwater build"

func (b *planned) build(ctx context.Context) ([]activation.BuildResult, error) {
	a := b.app
	if a.store == nil {
		b.unrecorded(a.storeError)
		return b.directly(ctx)
	}
	due := b.due(ctx)
	plan, err := b.platform.PlanBuild(ctx, due, b.request.From, b.request.Until, updateName)
	if err != nil {
		if fault.KindOf(err) == fault.Blocked {
			a.noted(ctx, "build refused", err.Error())
		}
		return nil, err
	}
	if len(plan.Pairs) == 0 {
		return results(due), b.failure
	}
	run, err := b.start(ctx, plan)
	if err != nil {
		b.unrecorded(err)
		return b.directly(ctx)
	}
	if run, err = b.follow(ctx, run); err != nil {
		return nil, err
	}
	built, err := b.collect(ctx, run, due)
	return built, errors.Join(err, b.failure)
}

func (b *planned) unrecorded(why error) {
	b.request.note("The build goes without a plan, and is recorded neither as a run nor in the audit log: " + why.Error())
}

// due asks what is to be done. A fact that cannot be planned is left out, and recorded as failed; the others are built all the
// same.
func (b *planned) due(ctx context.Context) []platform.BuildDue {
	var out []platform.BuildDue
	for i, f := range b.facts {
		u := b.updates[i]
		q := activation.DueRequest{AsOf: u.AsOf, From: u.From, Until: u.Until}
		own := b.app.ownBuild(b.platform, f, activation.BuildRequest{AsOf: u.AsOf, Run: b.app.runName("look")}, b.app.AsOf)
		own.started = own.clock()
		next := platform.BuildDue{Fact: f}
		for _, before := range out {
			if next.Days == "" && before.Fact.Definition.StandsFor(f.Definition) {
				next.Days, q.Days = before.Fact.Name, before.Fact.Definition
				days := slices.IndexFunc(before.Due, func(d activation.Due) bool { return d.Result.Grain == period.Day })
				q.DaysDue = before.Due[days].Periods
			}
		}
		var err error
		if next.Due, err = b.platform.Engine.Due(ctx, f.Definition, q); err != nil {
			if b.failure == nil {
				b.failure = err
			}
			own.request.Grain = f.Definition.Grains[min(len(next.Due), len(f.Definition.Grains)-1)]
			own.end(ctx, activation.BuildResult{}, err)
			if fault.KindOf(err) == fault.Unavailable {
				break // it is the warehouse, and not the fact
			}
			continue
		}
		for _, d := range next.Due {
			if len(d.Periods) == 0 { // what is due tells of itself when it is built
				own.request.Grain, own.request.Until = d.Result.Grain, f.Definition.PeriodOn(d.Result.Grain, u.Until)
				own.end(ctx, d.Result, nil)
			}
		}
		out = append(out, next)
	}
	return out
}

// results are those of a build that had nothing to do.
func results(due []platform.BuildDue) []activation.BuildResult {
	out := []activation.BuildResult{}
	for _, f := range due {
		for _, d := range f.Due {
			out = append(out, d.Result)
		}
	}
	return out
}

// start keeps the plan and starts its run. An unfinished run of the same plan, whose process died, is that run.
func (b *planned) start(ctx context.Context, plan backfill.Plan) (backfill.Run, error) {
	a := b.app
	if err := a.store.SavePlan(ctx, plan, a.options.Now()); err != nil {
		return backfill.Run{}, err
	}
	reason := append([]string{buildCommand}, b.request.Facts...)
	for _, flag := range [][2]string{{"--from", b.request.From}, {"--until", b.request.Until}} {
		if flag[1] != "" {
			reason = append(reason, flag[0], flag[1])
		}
	}
	run, _, err := a.store.StartBackfill(ctx, plan.ID, store.Start{
		Reason: strings.Join(reason, " "), By: person(buildCommand), AsOf: b.platform.AsOf, At: a.options.Now(),
	})
	return run, err
}

// watchEvery is how often the build looks at its run, and, where another process executes runs, at whether it still does.
const watchEvery = 20 * time.Millisecond

// follow has the run executed and waits for its end. Whoever stops the command cancels the run.
func (b *planned) follow(ctx context.Context, run backfill.Run) (backfill.Run, error) {
	a := b.app
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	failed := make(chan error, 1)
	var group sync.WaitGroup
	defer func() {
		stop()
		group.Wait()
		if _, err := a.work(context.WithoutCancel(ctx)); err != nil { // of what others have started meanwhile
			a.log.Warn().Err(err).Msg("no worker")
		}
	}()
	group.Go(func() { failed <- a.execute(working) })
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	told, stopped := map[string]bool{}, ctx.Done()
	for {
		now, err := b.look(working, run.ID, told)
		if err != nil || now.Status.Ended() {
			return now, errors.Join(err, ctx.Err())
		}
		select {
		case <-ticker.C:
		case err := <-failed:
			return now, err
		case <-stopped:
			stopped = nil
			cancel := store.Action{Action: backfill.Cancel, By: person(buildCommand), AsOf: a.AsOf(), At: a.options.Now()}
			if _, err := a.store.Control(working, run.ID, cancel); err != nil {
				return now, errors.Join(ctx.Err(), err)
			}
		}
	}
}

// execute is the worker of the project's runs until ctx ends, as soon as no other process is.
func (a *App) execute(ctx context.Context) error {
	o, err := a.WorkerOptions()
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		err := worker.Run(ctx, o)
		if _, held := errors.AsType[*worker.HeldError](err); err != nil && !held {
			return err
		}
		timer := time.NewTimer(watchEvery)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
	return nil
}

// WorkerOptions are what a worker of this project works with.
func (a *App) WorkerOptions() (worker.Options, error) {
	s, err := a.Store()
	if err != nil {
		return worker.Options{}, err
	}
	return worker.Options{
		Store: s, Executors: a.Executors, Node: a.Node, Limits: a.Limits, Now: a.options.Now, Log: a.log,
		Receipt: a.Receipt, JobEnded: a.JobEnded,
	}, nil
}

// look reads how the run stands and tells of each fact and grain that has begun.
func (b *planned) look(ctx context.Context, id string, told map[string]bool) (backfill.Run, error) {
	run, err := b.app.store.Backfill(ctx, id)
	if err != nil {
		return run, err
	}
	if run.Status == backfill.Paused && !told[string(run.Status)] {
		told[string(run.Status)] = true
		b.request.note("Run " + id + " is paused. headwater backfill resume " + id + " goes on.")
	}
	jobs, err := b.app.store.JobsOf(ctx, id)
	for _, j := range jobs {
		if told[j.Node] {
			continue
		}
		told[j.Node] = true
		if f, g, ok := b.platform.FactOf(j.Node); ok {
			b.request.progress(f.Name, g)
		}
	}
	return run, err
}

// collect puts together what the jobs of a run did and what had not to be done.
func (b *planned) collect(ctx context.Context, run backfill.Run, due []platform.BuildDue) ([]activation.BuildResult, error) {
	jobs, err := b.app.store.JobsOf(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	var out []activation.BuildResult
	var failure error
	for _, f := range due {
		for _, d := range f.Due {
			n := slices.IndexFunc(jobs, func(j store.Job) bool {
				of, g, ok := b.platform.FactOf(j.Node)
				return ok && of.Name == f.Fact.Name && g == d.Result.Grain
			})
			switch {
			case len(d.Periods) == 0:
				out = append(out, d.Result)
			case n >= 0:
				result, err := b.outcome(ctx, run, jobs[n], f.Fact.Definition, d)
				if err == nil {
					out = append(out, result)
				} else if failure == nil {
					failure = err
				}
			}
		}
	}
	if failure == nil && run.Status != backfill.Succeeded {
		failure = fault.New(fault.Conflict, "Run %s of the build is %s. See headwater backfill watch %s.", run.ID, run.Status, run.ID)
	}
	return out, failure
}

// outcome is what one job did, or why it failed.
func (b *planned) outcome(
	ctx context.Context, run backfill.Run, j store.Job, d *activation.Definition, due activation.Due,
) (activation.BuildResult, error) {
	g := due.Result.Grain
	result, found, failure := engine.Result(filepath.Join(worker.Dir(b.app.store.Path()), run.ID, j.ID), d, g)
	switch {
	case failure != nil:
		return result, failure
	case j.Error != "":
		return result, fault.New(fault.Unavailable, "%s", j.Error)
	case found:
		return result, nil
	}
	// Its process died between the write and the word of it.
	built, err := b.platform.Engine.Periods(ctx, d, g)
	if err != nil || len(built) == 0 {
		return result, err
	}
	mark := engine.Marker(executor.Job{ID: j.ID, Run: run.ID})
	for _, p := range built {
		if p.Run != mark {
			continue
		}
		if result.First == nil {
			result.First = &p.Period
		}
		result.Last = &p.Period
		result.Periods++
	}
	result.Active, result.Why = built[len(built)-1].Active, due.Result.Why
	return result, nil
}
