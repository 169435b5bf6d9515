package tools

import (
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/wire"
)

func traceLineage(current Current) wire.Tool {
	return read(current, "trace_lineage", "Trace lineage",
		"What a node depends on and what depends on it, as nodes and edges; with to, all shortest paths between two nodes.",
		(*platform.Platform).TraceLineage)
}
