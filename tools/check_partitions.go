package tools

import (
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/wire"
)

func checkPartitions(current Current) wire.Tool {
	return read(current, "check_partitions", "Check partitions",
		"Which partitions should exist, which do, and what is wrong with them, as ranges with evidence, problems first. Reads the warehouse: one count per relation.",
		(*platform.Platform).CheckPartitions)
}
