package wire

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
)

// maxRunning is how many calls of one client run at a time; more wait their turn. Agents ask a handful of questions at
// once, and each may hold a connection to the warehouse.
const maxRunning = 8

// maxPending is how many notifications wait for the writer before the library drops one.
const maxPending = 256

// errWithdrawn is the cause of a request's context after notifications/cancelled: no answer is owed any more.
var errWithdrawn = errors.New("withdrawn by the client")

// ServeStdio serves one client: a JSON-RPC message a line, in and out; out gets nothing else.
//
// When in ends, calls that run are answered first, however long they take: input from a pipe ends before its first answer.
// When ctx ends they are cancelled, and in is closed where it can be, because nothing else ends a read. Both are a clean
// end: nil. The error is that of a read or a write. No goroutine is left, except one that reads an in which cannot be
// closed.
//
// It is not the library's own loop: that one shares a global session among all servers of a process, cancels what runs
// when in ends, drops a last line without a newline, and can take a cancellation for a call not yet started.
func (s *Server) ServeStdio(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := &client{
		server: s, out: out, fail: cancel,
		replies: make(chan mcp.JSONRPCMessage), closed: make(chan struct{}),
		running: make(chan struct{}, maxRunning), open: map[string]context.CancelCauseFunc{},
	}
	c.session = newSession("stdio-"+rand.Text(), c.reply)
	if err := s.mcp.RegisterSession(ctx, c.session); err != nil {
		return fmt.Errorf("open the session: %w", err)
	}
	defer s.subscriptions.settle()
	defer s.mcp.UnregisterSession(ctx, c.session.id)
	ctx = s.mcp.WithContext(ctx, c.session)

	listening, hangUp := context.WithCancel(ctx)
	defer hangUp()
	written := make(chan error, 1)
	go func() { written <- c.write() }()

	err := c.serve(ctx, listening, messages(ctx, in))
	if err != nil {
		cancel(err)
	}
	if closer, ok := in.(io.Closer); ok && ctx.Err() != nil {
		_ = closer.Close() // what it says is of no use: the end has another reason
	}
	c.session.hangUp() // who would answer has gone
	c.calls.Wait()
	hangUp()
	c.listeners.Wait()
	close(c.closed)
	return cmp.Or(<-written, err) //nolint:wrapcheck // both say what failed
}

// received is one line of input, or the error that ended it.
type received struct {
	line []byte
	err  error
}

// messages reads in on a goroutine of its own until it ends, fails, or ctx ends.
func messages(ctx context.Context, in io.Reader) <-chan received {
	lines := make(chan received)
	go func() {
		defer close(lines)
		reader := bufio.NewReader(in)
		for {
			line, err := readMessage(reader)
			select {
			case lines <- received{line, err}:
			case <-ctx.Done():
				return
			}
			if err != nil && !errors.Is(err, errTooLong) {
				return
			}
		}
	}()
	return lines
}

// serve takes messages until they end or ctx does. Its error is that of a read.
func (c *client) serve(ctx, listening context.Context, lines <-chan received) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case message, more := <-lines:
			switch {
			case !more || ctx.Err() != nil || errors.Is(message.err, io.EOF):
				return nil //nolint:nilerr // the end of ctx and of the input are clean ones
			case errors.Is(message.err, errTooLong):
				c.reply(refusal(nil, mcp.INVALID_REQUEST, fmt.Sprintf("The message is longer than %d bytes.", maxMessage)))
			case message.err != nil:
				return fmt.Errorf("read a message: %w", message.err)
			case len(message.line) > 0:
				c.take(ctx, listening, message.line)
			}
		}
	}
}

// take serves one message: requests on goroutines, so that a long one stalls nothing; what changes the state that other
// requests are served in (initialize, subscriptions, notifications) at once.
func (c *client) take(ctx, listening context.Context, line []byte) {
	e, bad := open(line)
	if bad == nil && e.isRequest() {
		bad = c.server.refuse(e, c.session)
	}
	switch {
	case bad != nil:
		c.reply(bad)
	case e.isAnswer():
		c.session.answered(e)
	case e.Method == string(mcp.MethodNotificationCancelled):
		c.withdraw(e.Params.RequestID)
		c.server.subscriptions.hangUp(subscriber{id: c.session.id, session: c.session, listen: listenKey(e.Params.RequestID)})
	case !e.isRequest(), e.Method == string(mcp.MethodInitialize),
		e.Method == string(mcp.MethodResourcesSubscribe), e.Method == string(mcp.MethodResourcesUnsubscribe):
		c.reply(c.server.mcp.HandleMessage(ctx, line))
	case e.Method == string(mcp.MethodSubscriptionsListen):
		c.start(listening, &c.listeners, e, line)
	default:
		c.start(ctx, &c.calls, e, line)
	}
}

// start serves a request on a goroutine. It is on the books before take returns, so that a cancellation finds it.
func (c *client) start(ctx context.Context, group *sync.WaitGroup, e envelope, line []byte) {
	ctx, cancel := context.WithCancelCause(ctx)
	finish := c.enter(string(e.ID), cancel)
	group.Go(func() {
		defer finish()
		var reply mcp.JSONRPCMessage
		if takesTurn(e.Method) {
			running, done := c.takeTurn(ctx)
			reply = c.server.serve(running, e, line)
			done()
		} else {
			reply = c.server.mcp.HandleMessage(ctx, line)
		}
		if !errors.Is(context.Cause(ctx), errWithdrawn) {
			c.reply(reply)
		}
	})
}
