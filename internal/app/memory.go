package app

import (
	"os"
	"runtime/debug"
)

// The garbage, in percent of what is kept, that may pile up: while artifacts are read, and as Go has it. At 100 reading
// them would let the process grow by half for memory that is needed for a second; 20 costs a tenth more time.
const (
	loadingGC = 20
	usualGC   = 100
)

// sparing makes the process read artifacts in little memory until done is called, and gives back what only reading needed
// where the process goes on for long: people run one server for each window of an editor. Who sets GOGC decides alone.
func (a *App) sparing() (done func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	debug.SetGCPercent(loadingGC)
	return func() {
		debug.SetGCPercent(usualGC)
		if purpose := a.options.Purpose; purpose == "mcp" || purpose == "serve" {
			debug.FreeOSMemory()
		}
	}
}
