package tools

import (
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/wire"
)

func queryActivation(current Current) wire.Tool {
	return read(current, "query_activation", "Query activation",
		"Active, new, retained, reactivated, churned users, their rates and stickiness per day, week or month, sliced and filtered by "+
			"dimensions; transition matrix, cohorts, L7/L28, streaks, gaps and growth states as tables.",
		(*platform.Platform).QueryActivation)
}
