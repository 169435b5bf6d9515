// Package resources is what an agent's host can read, attach and subscribe to beside the tools: the same answers, under a URI
// each, and behind questions that people pick from a menu. What an answer holds is the platform's; encoding, templates and
// subscriptions are wire's.
package resources

import (
	"context"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/wire"
)

// Current gives a request the one snapshot that it is answered from.
type Current func(ctx context.Context) (*platform.Platform, error)

// All lists the resources.
func All(current Current) []wire.Resource {
	return []wire.Resource{
		{
			Name: "status", Title: "Status", URI: "headwater://status",
			Description: "What server_status says.",
			Read: reading(current, func(p *platform.Platform, ctx context.Context, _ variables) (platform.StatusAnswer, error) {
				return p.Status(ctx, struct{}{})
			}),
		},
		{
			Name: "facts", Title: "Facts", URI: "headwater://facts",
			Description: "The declared facts and how far each is built.",
			Read: reading(current, func(p *platform.Platform, ctx context.Context, _ variables) (platform.FactsAnswer, error) {
				return p.ListFacts(ctx, platform.FactsRequest{})
			}),
		},
		{
			Name: "node", Title: "Node", URI: "headwater://node/{id}",
			Description: "One node of the lineage graph.", Complete: map[string]wire.Completer{"id": completing(current, ids)},
			Read: reading(current, func(p *platform.Platform, ctx context.Context, v variables) (platform.NodeAnswer, error) {
				return p.GetNode(ctx, platform.NodeRequest{Node: v["id"]})
			}),
		},
		{
			Name: "partitions", Title: "Partitions of a node", URI: "headwater://partitions/{id}",
			Description: "The last 14 closed partitions of a node, all of them.",
			Complete:    map[string]wire.Completer{"id": completing(current, ids)},
			Read: reading(current, func(p *platform.Platform, ctx context.Context, v variables) (platform.PartitionsAnswer, error) {
				return p.CheckPartitions(ctx, platform.PartitionsRequest{Nodes: []string{v["id"]}, Only: "all"})
			}),
		},
		{
			Name: "activation", Title: "Activation of a fact", URI: "headwater://activation/{fact}/{grain}",
			Description: "The last 14 closed periods of a fact by day, week or month.",
			Complete:    map[string]wire.Completer{"fact": completing(current, facts), "grain": completing(current, grains)},
			Read: reading(current, func(p *platform.Platform, ctx context.Context, v variables) (platform.QueryAnswer, error) {
				return p.QueryActivation(ctx, platform.QueryRequest{Fact: v["fact"], Grain: v["grain"]})
			}),
		},
		{
			Name: "plan", Title: "Plan", URI: "headwater://plan/{plan_id}",
			Description: "A plan of plan_backfill, whole.",
			Read: reading(current, func(p *platform.Platform, ctx context.Context, v variables) (backfill.Plan, error) {
				return p.Plan(ctx, v["plan_id"])
			}),
		},
		{
			Name: "backfill", Title: "Run", URI: "headwater://backfill/{run_id}",
			Description: "How a run stands; updated on every outcome.",
			Complete:    map[string]wire.Completer{"run_id": completing(current, runIDs)},
			Read: reading(current, func(p *platform.Platform, ctx context.Context, v variables) (platform.RunAnswer, error) {
				return p.GetBackfill(ctx, platform.RunRequest{RunID: v["run_id"]})
			}),
			Watch: func(ctx context.Context, v map[string]string, changed func()) {
				if p, err := current(ctx); err == nil {
					p.WatchBackfill(ctx, v["run_id"], changed)
				}
			},
		},
	}
}

// variables are the parts of a URI that its template leaves open.
type variables = map[string]string

// reading asks one question of a snapshot.
func reading[Out any](
	current Current, ask func(*platform.Platform, context.Context, variables) (Out, error),
) func(context.Context, map[string]string) (any, error) {
	return func(ctx context.Context, variables map[string]string) (any, error) {
		p, err := current(ctx)
		if err != nil {
			return nil, err
		}
		return ask(p, ctx, variables)
	}
}
