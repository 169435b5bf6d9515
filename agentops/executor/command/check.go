package command

import "github.com/headwater-mcp/headwater/agentops/executor/process"

// Check is fault.Invalid, with what would help, where the program is not there or cannot be executed. It starts nothing.
func (e *Executor) Check() error {
	_, err := process.Command{Argv: e.options.Argv, Dir: e.options.Root, Env: e.options.Env}.Find()
	return err
}
