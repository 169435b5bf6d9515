// Command headwater answers questions about a data platform, for agents over MCP and for people in a terminal.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/headwater-mcp/headwater/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends at once
	code := cli.Run(ctx, os.Args[1:], os.Environ(), cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}
