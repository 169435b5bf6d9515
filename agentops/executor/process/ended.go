package process

import (
	"fmt"
	"strings"

	"github.com/headwater-mcp/headwater/agentops/executor"
)

// signalled is what shells add to the number of the signal that ended a command.
const signalled = 128

// Ended says in words how a command ended: "ended with exit code 3", "was ended by signal 9 (killed)".
func Ended(code int) string {
	if code <= signalled {
		return fmt.Sprintf("ended with exit code %d", code)
	}
	n := code - signalled
	if name := signalName(n); name != "" {
		return fmt.Sprintf("was ended by signal %d (%s)", n, name)
	}
	return fmt.Sprintf("ended with exit code %d", code)
}

func signalName(n int) string {
	return map[int]string{
		1: "hangup", 2: "interrupt", 6: "abort", 9: "killed", 11: "segmentation fault", 13: "broken pipe", 15: "terminated",
	}[n]
}

// Failure is a sentence about a program that failed, with the last line of its Tail.
func Failure(program string, code int, tail string) string {
	lines := strings.Split(strings.TrimSpace(tail), "\n")
	if said := executor.Clip(lines[len(lines)-1]); said != "" {
		return fmt.Sprintf("%s %s. It said last: %s", program, Ended(code), said)
	}
	return fmt.Sprintf("%s %s and printed nothing.", program, Ended(code))
}
