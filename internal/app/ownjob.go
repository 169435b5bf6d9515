package app

import (
	"context"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/agentops/executor/engine"
	"github.com/headwater-mcp/headwater/internal/store"
)

// builtByJob records in the ledger the periods that a job of the engine wrote: else they would be held against what was read by the
// build before, and be stale as soon as they are right. A job that wrote nothing has left the tables as they were, and is not
// recorded.
func (a *App) builtByJob(ctx context.Context, job executor.Job) {
	p, err := a.Current(ctx)
	if err != nil || a.store == nil {
		return
	}
	f, g, ok := p.FactOf(job.Node.ID)
	if !ok || p.Engine == nil {
		return
	}
	started, ended := a.timesOf(ctx, job)
	request := activation.UpdateRequest{AsOf: job.AsOf, Run: engine.Marker(job)}
	b := &ownBuild{app: a, platform: p, fact: f, request: request, started: started}
	built, err := p.Engine.Periods(ctx, f.Definition, g)
	if err != nil {
		a.log.Warn().Err(err).Str("job", job.ID).Msg("what the job built was not recorded")
		return
	}
	written := slices.DeleteFunc(slices.Clone(built), func(p activation.Built) bool { return p.Run != b.request.Run })
	if len(written) == 0 {
		return
	}
	b.lookBack(ctx, written)
	run := store.Run{
		InvocationID: b.request.Run, Project: p.Project, Command: store.OwnBuild, GeneratedAt: ended, SeenAt: a.seen(),
	}
	for _, o := range tables(f.Definition, g) {
		id := outputID(p.Project, o.Name)
		run.Results = append(run.Results, store.Result{
			NodeID: id, Status: success, StartedAt: started, CompletedAt: ended, Code: f.Definition.Hash(),
			Batches: b.batches(ctx, id, written),
		})
	}
	if _, err := a.store.RecordRun(ctx, run); err != nil {
		a.log.Warn().Err(err).Str("job", job.ID).Msg("what the job built was not recorded")
	}
}

// timesOf are when a job that ends now was started, and now: the run's logical time for both where its clock was moved.
func (a *App) timesOf(ctx context.Context, job executor.Job) (started, ended time.Time) {
	run, err := a.store.Backfill(ctx, job.Run)
	if err != nil || !live(run) {
		return job.AsOf, job.AsOf
	}
	ended = a.options.Now()
	started = ended
	pairs, err := a.store.Pairs(ctx, job.Run)
	for _, p := range pairs {
		if err == nil && p.Job == job.ID && !p.StartedAt.IsZero() && p.StartedAt.Before(started) {
			started = p.StartedAt
		}
	}
	return started, ended
}
