package app

import (
	"context"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// Store is where plans, runs and the audit log are; fault.Unavailable where it could not be opened.
func (a *App) Store() (*store.Store, error) {
	if a.store == nil {
		return nil, a.storeError
	}
	return a.store, nil
}

// Limits are those of the policy and of the executors. DuckDB has one writer, whatever they say.
func (a *App) Limits() backfill.Limits {
	c := a.options.Config
	jobs := c.Policy.MaxConcurrency
	if c.Warehouse.Type == config.DuckDB {
		jobs = 1
	}
	limits := backfill.DefaultLimits(jobs)
	limits.ByExecutor = map[string]int{}
	for _, e := range a.runners.entries {
		if e.most > 0 {
			limits.ByExecutor[e.name] = e.most
		}
	}
	return limits
}

// Node is the node of a plan's pair in the project as it is now, and how it is partitioned.
func (a *App) Node(ctx context.Context, id string) (*lineage.Node, partition.Spec, error) {
	p, err := a.Current(ctx)
	if err == nil {
		err = p.SpecsError // without a spec an executor would take a period for the whole node
	}
	if err != nil {
		return nil, partition.Spec{}, err
	}
	if node, ok := p.Graph.Node(id); ok {
		return node, p.Specs.Of(id), nil
	}
	if p.ArtifactsError != nil {
		return nil, partition.Spec{}, p.ArtifactsError
	}
	return nil, partition.Spec{}, fault.New(fault.NotFound, "There is no node %s in the project any more. Make a new plan with plan_backfill.", id)
}
