package tools

import (
	"context"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/wire"
)

func planBackfill(current Current) wire.Tool {
	return wire.Write("plan_backfill", "Plan a backfill",
		"The least set of partitions to run so that the asked ones are right, broken inputs included, and what cannot be run with the "+
			"remedy. Runs nothing; start_backfill does.",
		wire.Hints{Idempotent: true},
		func(ctx context.Context, in platform.PlanRequest) (platform.PlanAnswer, error) {
			p, err := current(ctx)
			if err != nil {
				return platform.PlanAnswer{}, err
			}
			return told(ctx, p).PlanBackfill(ctx, in)
		})
}
