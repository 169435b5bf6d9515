package tools

import (
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/wire"
)

func getBackfill(current Current) wire.Tool {
	return read(current, "get_backfill", "Follow a backfill",
		"How a run stands: progress, failures with the end of their logs, time left, and afterwards what was promised and what came. "+
			"Without run_id: the runs.",
		(*platform.Platform).GetBackfill)
}
