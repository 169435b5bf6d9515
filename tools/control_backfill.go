package tools

import (
	"context"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/wire"
)

func controlBackfill(current Current) wire.Tool {
	return wire.Write("control_backfill", "Steer a backfill",
		"cancel stops what runs, pause lets it end and begins nothing new, resume and retry_failed go on.",
		wire.Hints{Destructive: true, OpenWorld: true},
		func(ctx context.Context, in platform.ControlRequest) (platform.ControlAnswer, error) {
			p, err := current(ctx)
			if err != nil {
				return platform.ControlAnswer{}, err
			}
			return p.ControlBackfill(ctx, in, actor(ctx), false)
		})
}
