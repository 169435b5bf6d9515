// Command conformance serves, on the HTTP stack of the product, the tools, resources and prompts that the protocol's conformance
// suite asks for by name. What they do is what the suite says. It is run by internal/mcptest/conformance.sh and has no auth.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/mark3labs/mcp-go/server"
	"github.com/rs/zerolog"

	"github.com/headwater-mcp/headwater/internal/httpd"
	"github.com/headwater-mcp/headwater/wire"
)

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
	log := zerolog.New(os.Stderr)
	site, err := httpd.New(httpd.Options{Listen: "127.0.0.1:0", Rate: 1000, Burst: 1000, Log: log, Now: time.Now},
		func(func(context.Context, string) bool) (*wire.Server, error) {
			info := wire.Info{Name: "conformance", Version: "1.0.0", Instructions: "Fixtures.", Now: time.Now}
			s, err := wire.NewServer(info, nil, nil, nil, log, server.WithLogging(), server.WithCompletions(),
				server.WithResourceCapabilities(true, false), server.WithPromptCompletionProvider(completer{}))
			if err != nil {
				return nil, err
			}
			s.Extend(func(m *server.MCPServer) {
				answering(m)
				telling(m)
				asking(m)
				recalling(m)
				reading(m)
				prompting(m)
			})
			return s, nil
		})
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
