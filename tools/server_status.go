package tools

import (
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/wire"
)

func serverStatus(current Current) wire.Tool {
	return read(current, "server_status", "Server status",
		"What this server sees and may do: artifacts and their age, last dbt run, warehouse, policy, facts, and what to fix. Call it first when an answer is missing or looks old.",
		(*platform.Platform).Status)
}
