// Package cli is the command line: it reads flags, starts the app and prints. Every answer comes from the same tools that
// agents call; what is only here is how it is shown to a person.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/wire"
)

// Streams are where a command reads and writes. Out carries the answer and nothing else.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// Run executes a command and returns the process's exit code. Environ is "KEY=value", as os.Environ gives it.
func Run(ctx context.Context, args, environ []string, s Streams) int {
	r := &root{Streams: s, env: config.EnvOf(environ), now: time.Now}
	cmd := r.command() //nolint:contextcheck // each command takes the context that ExecuteContext gives it
	cmd.SetArgs(args)
	cmd.SetIn(s.In)
	cmd.SetOut(s.Out)
	cmd.SetErr(s.Err)
	err := cmd.ExecuteContext(ctx)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		fmt.Fprintln(r.Err, "headwater: interrupted; what was committed stands, and what was not has not happened.")
		return fault.Internal.ExitCode()
	}
	return r.exit(err)
}

// gate is the error of a command whose --fail-on condition did not hold.
var errGate = errors.New("the gate did not hold")

// exit prints an error as a sentence and chooses the code. Errors of cobra itself are about how the command was written.
func (r *root) exit(err error) int {
	if err == nil {
		return 0
	}
	if errors.Is(err, errGate) {
		return fault.ExitGate
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		fmt.Fprintf(r.Err, "headwater: %s\n", sentence(err.Error()))
		return fault.Invalid.ExitCode()
	}
	public := wire.Public(r.log, "command", err)
	fmt.Fprintf(r.Err, "headwater: %s\n", public.Message)
	return public.Kind.ExitCode()
}

// usageError is how a command was written wrong.
type usageError struct{ error }

func sentence(s string) string {
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") && !strings.HasSuffix(s, "\n") {
		s += "."
	}
	return s
}

// arguments turns cobra's checks of arguments into usage errors.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return &usageError{fmt.Errorf("%w. Usage: %s", err, cmd.UseLine())}
		}
		return nil
	}
}
