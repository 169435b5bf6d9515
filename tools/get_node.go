package tools

import (
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/wire"
)

func getNode(current Current) wire.Tool {
	return read(current, "get_node", "Get node",
		"One node: relation, owner, parents, children, partition spec, facts; columns, code, tests, config and last run on request.",
		(*platform.Platform).GetNode)
}
