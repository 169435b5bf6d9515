package tools

import (
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/wire"
)

func compareArtifacts(current Current) wire.Tool {
	return read(current, "compare_artifacts", "Compare artifacts",
		"What changed since earlier dbt artifacts: nodes added, removed, modified as dbt's state does, with reasons, columns, and whether consumers can break.",
		(*platform.Platform).CompareArtifacts)
}
