// Package tools is what an agent sees: one file a tool, its name, its sentence, and the one question it asks of a Platform.
// The requests and answers are the platform's own; transport and schemas are left to wire. `headwater call` runs the same
// tools, so that what an agent can do a person can do in a terminal.
package tools

import (
	"context"
	"fmt"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/wire"
)

// Current gives a request the one snapshot that it is answered from.
type Current func(ctx context.Context) (*platform.Platform, error)

// All lists the tools in the order in which an agent uses them.
func All(current Current) []wire.Tool {
	return []wire.Tool{
		serverStatus(current),
		findNodes(current),
		getNode(current),
		traceLineage(current),
		assessImpact(current),
		compareArtifacts(current),
		checkPartitions(current),
		explainStaleness(current),
		listFacts(current),
		queryActivation(current),
		explainActiveUsers(current),
		planBackfill(current),
		startBackfill(current),
		getBackfill(current),
		controlBackfill(current),
	}
}

// read makes a tool of one question.
func read[In, Out any](
	current Current, name, title, description string, ask func(*platform.Platform, context.Context, In) (Out, error),
) wire.Tool {
	return wire.Read(name, title, description, func(ctx context.Context, in In) (Out, error) {
		p, err := current(ctx)
		if err != nil {
			var none Out
			return none, err
		}
		return ask(told(ctx, p), ctx, in)
	})
}

// told is the platform that tells the client how far a call has come, where it asked to be told.
func told(ctx context.Context, p *platform.Platform) *platform.Platform {
	return p.Heard(func(done, of int) {
		wire.Progress(ctx, float64(done), float64(of), fmt.Sprintf("Looked at %d tables of %d at the most.", done, of))
	})
}
