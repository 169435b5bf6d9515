package tools

import (
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/wire"
)

func assessImpact(current Current) wire.Tool {
	return read(current, "assess_impact", "Assess impact",
		"What a change of a node or column affects downstream, worst first: exposures, contracts, facts, owners, and why.",
		(*platform.Platform).AssessImpact)
}
