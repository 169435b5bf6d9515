package dbt

import (
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// Control says how a run of a node is kept to periods.
//
// A table, view or seed is made anew as a whole, and so is whatever has no partition spec; an output that the exported package
// makes finds its own work. An incremental model with periods needs microbatch or variables: a plain run of it takes what it
// holds to be new, and a full refresh can lose what its inputs do not keep any more. A snapshot keeps what it saw, so no run
// repairs it.
func (e *Executor) Control(n *lineage.Node, spec partition.Spec) executor.Control {
	return control(n, spec)
}

func control(n *lineage.Node, spec partition.Spec) executor.Control {
	incremental := n.Materialized == "incremental"
	switch {
	case n.Type != lineage.TypeModel && n.Type != lineage.TypeSeed && n.Type != lineage.TypeSnapshot, n.Materialized == "ephemeral":
		return executor.None
	case incremental && n.Config["full_refresh"] == true:
		// Every run drops the table, and one that is confined to a period would leave nothing else of it.
		if spec.Partitioned() {
			return executor.None
		}
		return executor.Whole
	case incremental && n.Build.IncrementalStrategy == "microbatch":
		return executor.Microbatch
	case spec.Vars != partition.Vars{}:
		return executor.Vars
	case spec.Partitioned() && (incremental || n.Type == lineage.TypeSnapshot) && !output(n):
		return executor.None
	}
	return executor.Whole
}

// output reports whether a model is one of the exported package's.
func output(n *lineage.Node) bool {
	own, _ := n.Meta["headwater"].(map[string]any)
	_, made := own["output"].(map[string]any)
	return made
}
