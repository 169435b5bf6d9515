// Command sample serves, over stdio or with -http over HTTP, what a client is to be tested with and no tool of headwater's is
// sure to have: a document that changes when a tool is called, a tool that tells how far it is, and one that asks before it goes
// ahead. See ../living.mjs.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/headwater-mcp/headwater/internal/httpd"
	"github.com/headwater-mcp/headwater/wire"
)

// runURI is the document of one run.
const runURI = "sample://run/{run_id}"

type overwriteInput struct {
	RunID string `json:"run_id" jsonschema_description:"The run to overwrite."`
}

type consent struct {
	Reason string `json:"reason" jsonschema:"enum=late,enum=wrong,default=late" jsonschema_description:"Why it is overwritten."`
}

type overwriteOutput struct {
	Reply  wire.Reply `json:"reply"`
	Reason string     `json:"reason"`
	Client string     `json:"client"`
	CanAsk bool       `json:"can_ask"`
}

type run struct {
	RunID string `json:"run_id"`
	Steps int64  `json:"steps"`
}

// runs counts how often each run was stepped: here all are one.
type runs struct {
	steps   atomic.Int64
	stepped chan struct{} // holds one where somebody stepped
	server  *wire.Server
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	err := serve(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(ctx context.Context) error {
	r := &runs{stepped: make(chan struct{}, 1)}
	tools := []wire.Tool{
		wire.Write("step", "Step", "Changes the run.", wire.Hints{}, r.step),
		wire.Read("hold", "Hold", "Tells how far it is and waits for a step.", r.hold),
		wire.Write("overwrite", "Overwrite", "Asks before it goes ahead.", wire.Hints{Destructive: true}, r.overwrite),
	}
	resources := []wire.Resource{
		{Name: "status", Title: "Status", Description: "How many steps there were.", URI: "sample://status", Read: r.read},
		{Name: "run", Title: "Run", Description: "One run.", URI: runURI, Read: r.read},
	}
	info := wire.Info{Name: "sample", Version: "1.0.0", Instructions: "Call step.", Now: time.Now}
	log := zerolog.New(os.Stderr)
	server := func(allows func(context.Context, string) bool) (made *wire.Server, err error) {
		info.Allows = allows
		made, err = wire.NewServer(info, tools, resources, nil, log)
		r.server = made
		return made, err
	}
	if len(os.Args) > 1 && os.Args[1] == "-http" {
		return serveHTTP(ctx, server, log)
	}
	made, err := server(nil)
	if err != nil {
		return err
	}
	return made.ServeStdio(ctx, os.Stdin, os.Stdout)
}

// serveHTTP serves a free port of this machine and says which.
func serveHTTP(
	ctx context.Context, server func(func(context.Context, string) bool) (*wire.Server, error), log zerolog.Logger,
) error {
	site, err := httpd.New(httpd.Options{Listen: "127.0.0.1:0", Rate: 1000, Burst: 1000, Log: log, Now: time.Now}, server)
	if err != nil {
		return err
	}
	listener, err := site.Listen(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "http://%s%s\n", listener.Addr(), httpd.Endpoint)
	return site.Serve(ctx, listener)
}

func (r *runs) read(_ context.Context, variables map[string]string) (any, error) {
	return run{RunID: variables["run_id"], Steps: r.steps.Load()}, nil
}

func (r *runs) step(_ context.Context, in overwriteInput) (run, error) {
	steps := r.steps.Add(1)
	select {
	case r.stepped <- struct{}{}:
	default:
	}
	r.server.Changed("sample://run/" + in.RunID)
	return run{RunID: in.RunID, Steps: steps}, nil
}

func (r *runs) hold(ctx context.Context, in overwriteInput) (run, error) {
	select { // a step of before is not the one that is waited for
	case <-r.stepped:
	default:
	}
	wire.Progress(ctx, 1, 2, "waiting for "+in.RunID)
	select {
	case <-r.stepped:
		return run{RunID: in.RunID, Steps: r.steps.Load()}, nil
	case <-ctx.Done():
		return run{}, ctx.Err() //nolint:wrapcheck // wire gives it a kind
	}
}

func (r *runs) overwrite(ctx context.Context, in overwriteInput) (overwriteOutput, error) {
	name, _ := wire.Client(ctx)
	out := overwriteOutput{Client: name, CanAsk: wire.CanAsk(ctx)}
	if !out.CanAsk {
		return out, nil
	}
	answer, reply, err := wire.Ask[consent](ctx, "Overwrite "+in.RunID+"?")
	out.Reply, out.Reason = reply, answer.Reason
	return out, err
}
