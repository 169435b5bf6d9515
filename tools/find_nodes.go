package tools

import (
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/wire"
)

func findNodes(current Current) wire.Tool {
	return read(current, "find_nodes", "Find nodes",
		"Find dbt nodes by selector, by text, or by text within a selector.",
		(*platform.Platform).FindNodes)
}
