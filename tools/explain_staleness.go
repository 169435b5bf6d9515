package tools

import (
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/wire"
)

func explainStaleness(current Current) wire.Tool {
	return read(current, "explain_staleness", "Explain staleness",
		"Why one partition cannot be relied on: the first causes upstream, each with its path, and what to call next.",
		(*platform.Platform).ExplainStaleness)
}
