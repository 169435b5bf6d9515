package app

import (
	"context"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/lineage"
)

// Store is where plans, runs and the audit log are; fault.Unavailable where it could not be opened.
func (a *App) Store() (*store.Store, error) {
	if a.store == nil {
		return nil, a.storeError
	}
	return a.store, nil
}

// Executors are what runs nodes, by the name that pairs of plans carry. A pair whose executor is not there fails, and says so.
//
// None is made yet: the places are here, and in Limits where one of them has to be bounded.
func (a *App) Executors(context.Context) (map[string]executor.Executor, error) {
	return map[string]executor.Executor{}, nil
}

// Limits are those of the policy. DuckDB has one writer, whatever the policy says.
func (a *App) Limits() backfill.Limits {
	c := a.options.Config
	if c.Warehouse.Type == config.DuckDB {
		return backfill.DefaultLimits(1)
	}
	return backfill.DefaultLimits(c.Policy.MaxConcurrency)
}

// Node is the node of a plan's pair in the project as it is now.
func (a *App) Node(ctx context.Context, id string) (*lineage.Node, error) {
	p, err := a.Current(ctx)
	if err != nil {
		return nil, err
	}
	if node, ok := p.Graph.Node(id); ok {
		return node, nil
	}
	if p.ArtifactsError != nil {
		return nil, p.ArtifactsError
	}
	return nil, fault.New(fault.NotFound, "There is no node %s in the project any more. Make a new plan with plan_backfill.", id)
}
