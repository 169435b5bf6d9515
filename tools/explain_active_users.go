package tools

import (
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/wire"
)

func explainActiveUsers(current Current) wire.Tool {
	return read(current, "explain_active_users", "Explain active users",
		"Why the active users of a fact moved in a period: data fault, calendar, behaviour or nothing unusual, with the exact bridge, the slices that moved, the evidence and what to do next.",
		(*platform.Platform).ExplainActiveUsers)
}
