package dbt

import (
	"github.com/headwater-mcp/headwater/agentops/executor/process"
	"github.com/headwater-mcp/headwater/fault"
)

// Check is fault.Invalid, with what would help, where dbt, or what is to start it, is not there. It starts nothing, so that
// another dbt than the project needs is not seen.
func (e *Executor) Check() error {
	_, err := process.Command{Argv: e.options.Command, Dir: e.options.ProjectDir, Env: e.options.Env}.Find()
	if err == nil {
		return nil
	}
	return fault.Wrap(err, fault.Invalid, "%s Or say where dbt is: executors: [{nodes: …, type: dbt, command: [/path/to/dbt]}].", err)
}
