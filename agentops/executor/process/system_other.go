//go:build !unix

package process

import (
	"os"
	"syscall"

	"github.com/headwater-mcp/headwater/fault"
)

// Terminate is the polite signal of most programs.
const Terminate = syscall.SIGTERM

// Commands are run on systems with process groups and locks that are inherited. Nothing is started elsewhere, so that there is
// nothing to look at or to stop.

func ownSession() *syscall.SysProcAttr { return nil }

func lock(*os.File) error {
	return fault.New(fault.Unavailable, "commands are run on Linux, macOS and other systems of the Unix kind")
}

func unlock(*os.File) {}

func locked(string) (bool, error) { return false, nil }

func groupOf(int) int { return 0 }

func signalGroup(int, os.Signal) {}

func signalProcess(int, os.Signal) {}
