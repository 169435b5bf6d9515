package httpd

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log" //nolint:depguard // net/http takes no other, and what it says goes to ours
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"

	"github.com/headwater-mcp/headwater/fault"
)

// Bounds of what a connection may take.
const (
	headerPatience = 5 * time.Second
	idlePatience   = 2 * time.Minute
	maxHeader      = 32 << 10
	maxConnections = 1000
	reapEvery      = time.Minute
)

// Listen opens the address that the server was made for. Its error is a fault.
func (s *Server) Listen(ctx context.Context) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.o.Listen)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "%s cannot be listened on: another program may have it. Choose another --listen.", s.o.Listen)
	}
	return l, nil
}

// Serve serves until ctx ends, and then drains: nothing new is taken, streams without an end are ended, and what runs may go on
// for Options.Drain; then it is cancelled. It returns nil after a drain, however it went.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: headerPatience, IdleTimeout: idlePatience, MaxHeaderBytes: maxHeader,
		BaseContext: func(net.Listener) context.Context { return running },
		ErrorLog:    stdlog.New(writer{s}, "", 0),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(netutil.LimitListener(l, maxConnections)) }()
	reap := time.NewTicker(reapEvery)
	defer reap.Stop()
	for {
		select {
		case err := <-failed:
			return fmt.Errorf("serve: %w", err)
		case <-reap.C:
			s.mcp.Reap()
		case <-ctx.Done():
			s.drain(server, cancel) //nolint:contextcheck // ctx has ended
			if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve: %w", err)
			}
			return nil
		}
	}
}

// drain ends what can be ended and waits for the rest.
func (s *Server) drain(server *http.Server, cancel context.CancelFunc) {
	s.o.Log.Info().Dur("at_most", s.o.Drain).Msg("draining")
	s.ending.begun.Store(true)
	s.mcp.Close()
	patience, done := context.WithTimeout(context.Background(), s.o.Drain)
	defer done()
	if err := server.Shutdown(patience); err != nil {
		s.o.Log.Warn().Msg("calls still run and are cancelled")
		cancel()
		again, stop := context.WithTimeout(context.Background(), headerPatience)
		defer stop()
		if server.Shutdown(again) != nil {
			_ = server.Close() // nothing more can be waited for
		}
	}
	s.mcp.Forget()
}

// writer hands what net/http says to the log: broken handshakes and clients that went away.
type writer struct{ s *Server }

var _ io.Writer = writer{}

func (w writer) Write(text []byte) (int, error) {
	w.s.o.Log.Debug().Str("said", string(text)).Msg("connection")
	return len(text), nil
}
