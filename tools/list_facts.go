package tools

import (
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/wire"
)

func listFacts(current Current) wire.Tool {
	return read(current, "list_facts", "List facts",
		"The behaviours whose users are followed, their dimensions and grains, and which periods are built and suspect.",
		(*platform.Platform).ListFacts)
}
