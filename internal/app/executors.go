package app

import (
	"github.com/headwater-mcp/headwater/agentops/platform"
)

// checked is a runner that can be asked whether it could start what it runs. The engine starts nothing.
type checked interface{ Check() error }

// Selections, in words of dbt's grammar, of what the engine and the executor that nobody asked for run.
const (
	ourOutputs = "resource_type:activation"
	dbtNodes   = "resource_type:model resource_type:seed resource_type:snapshot"
)

// status lists the executors in the order in which they are tried, each with what keeps it from running anything. It starts
// nothing: programs are looked for, not asked.
func (r *runners) status(s *snapshot) []platform.ExecutorStatus {
	c := r.choose(s)
	out := []platform.ExecutorStatus{{Name: engineName, Nodes: ourOutputs, Type: engineName}}
	for i, e := range r.entries[1:] {
		out = append(out, statusOf(e, c.failed[i+1]))
	}
	if r.fallback != nil {
		assumed := statusOf(*r.fallback, nil)
		assumed.Nodes, assumed.Assumed = dbtNodes, true
		out = append(out, assumed)
	}
	return out
}

func statusOf(e entry, err error) platform.ExecutorStatus {
	out := platform.ExecutorStatus{Name: e.name, Nodes: e.nodes, Type: e.kind, Err: err}
	if c, ok := e.runner.(checked); ok && err == nil {
		out.Err = c.Check()
	}
	if out.Err != nil {
		out.Problem = out.Err.Error()
	}
	return out
}
