package tools

import (
	"context"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/wire"
)

func startBackfill(current Current) wire.Tool {
	return wire.Write("start_backfill", "Start a planned backfill",
		"Run a plan of plan_backfill, once; it goes on when the chat ends. Follow it with get_backfill or the resource.",
		wire.Hints{Destructive: true, Idempotent: true, OpenWorld: true},
		func(ctx context.Context, in platform.StartRequest) (platform.StartAnswer, error) {
			p, err := current(ctx)
			if err != nil {
				return platform.StartAnswer{}, err
			}
			by := platform.Starter{By: actor(ctx)}
			if wire.CanAsk(ctx) {
				by.Confirm = confirm
			}
			return p.StartBackfill(ctx, in, by)
		})
}

// confirm asks the person behind the client.
func confirm(ctx context.Context, question string) error {
	_, reply, err := wire.Ask[struct{}](ctx, question)
	if err != nil || reply == wire.Accepted {
		return err
	}
	return fault.New(fault.Blocked, "The user was asked and did not agree (%s), so nothing was started.", reply)
}

// actor is who calls.
func actor(ctx context.Context) backfill.Actor {
	name, version := wire.Client(ctx)
	if version != "" {
		name += " " + version
	}
	return backfill.Actor{Client: name, User: wire.User(ctx)}
}
