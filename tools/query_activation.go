package tools

import (
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/wire"
)

func queryActivation(current Current) wire.Tool {
	return read(current, "query_activation", "Query activation",
		"Active, new, retained, reactivated, churned users and their rates per day, week or month, sliced and filtered by dimensions.",
		(*platform.Platform).QueryActivation)
}
