package app

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/agentops/executor/engine"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

func (a *App) ownBuild(p *platform.Platform, f platform.Fact, q activation.BuildRequest, clock func() time.Time) *ownBuild {
	return &ownBuild{app: a, platform: p, fact: f, request: q, clock: clock}
}

// beginBuild takes what a job builds into the ledger: it is told before the build, and what it returns, after it.
func (a *App) beginBuild(
	ctx context.Context, job executor.Job, d *activation.Definition, q activation.BuildRequest,
) engine.Ended {
	ignored := func(context.Context, activation.BuildResult, error) {}
	p, err := a.Current(ctx)
	if err != nil || a.store == nil {
		return ignored
	}
	f, err := p.Fact(d.Fact.Name)
	if err != nil {
		return ignored
	}
	run, err := a.store.Backfill(ctx, job.Run)
	if err != nil {
		a.log.Warn().Err(err).Str("job", job.ID).Msg("the build will not be recorded")
		return ignored
	}
	p.AsOf = run.AsOf
	own := a.ownBuild(p, f, q, func() time.Time { return logical(run, a.options.Now()) })
	own.follows = q.Grain != period.Day && len(job.Pairs[0].Needs) > 0
	return own.begin(ctx).end
}

// logical is what the clock of a run shows: that of the wall, or the instant that it was started for, under --as-of.
func logical(run backfill.Run, wall time.Time) time.Time {
	if !live(run) {
		return run.AsOf
	}
	return wall.UTC().Truncate(time.Second)
}

// askedOfBuild is what the plan of a build's job was asked for.
func (a *App) askedOfBuild(ctx context.Context, job executor.Job, d *activation.Definition) (engine.Asked, error) {
	var out engine.Asked
	run, err := a.store.Backfill(ctx, job.Run)
	if err != nil {
		return out, err
	}
	plan, err := a.store.Plan(ctx, run.PlanID)
	if err != nil {
		return out, err
	}
	p, err := a.Current(ctx)
	if err != nil {
		return out, err
	}
	f, err := p.Fact(d.Fact.Name)
	if err != nil {
		return out, err
	}
	if hash := plan.Inputs[job.Node.ID]; hash != d.Hash() {
		return out, fault.New(fault.Conflict, "The definition of fact %s is not what it was when the build was planned. Run headwater build again.", f.Name)
	}
	if out.From, err = date(f, "--from", plan.Request.First); err != nil {
		return out, err
	}
	if out.Until, err = date(f, "--until", plan.Request.Last); err != nil {
		return out, err
	}
	asked := map[string]bool{}
	var facts []platform.Fact
	for _, id := range plan.Request.Nodes {
		if other, _, ok := p.FactOf(id); ok && !asked[other.Name] && other.Problem == nil {
			asked[other.Name] = true
			facts = append(facts, other)
		}
	}
	for _, other := range bySource(facts) {
		if other.Name == f.Name {
			break
		}
		if other.Definition.StandsFor(d) {
			out.Days = other.Definition
			break
		}
	}
	return out, nil
}
