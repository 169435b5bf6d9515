package app

import (
	"os"
	"runtime/debug"
)

// The garbage, in percent of what is kept, that may pile up: while artifacts are read, and as Go has it. At Go's 100 the
// peak of a project of 2,500 models is 4.6 times its manifest, for memory that is needed for a second. Little garbage
// costs time, which is plenty where there is little to read; of a large project the program itself is a small part.
const (
	smallGC = 20
	largeGC = 60
	usualGC = 100
	// large is the size of all artifacts, in bytes, from which on a project is a large one.
	large = 64 << 20
)

// sparing makes the process read artifacts in little memory until done is called, and gives back what only reading needed
// where the process goes on for long: people run one server for each window of an editor. Who sets GOGC decides alone.
func (a *App) sparing(artifacts files) (done func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	var size int64
	for _, s := range artifacts {
		size += s.size
	}
	if size < large {
		debug.SetGCPercent(smallGC)
	} else {
		debug.SetGCPercent(largeGC)
	}
	return func() {
		debug.SetGCPercent(usualGC)
		if purpose := a.options.Purpose; purpose == "mcp" || purpose == "serve" {
			debug.FreeOSMemory()
		}
	}
}
