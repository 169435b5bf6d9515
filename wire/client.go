package wire

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
)

// client is the one at the other end of a pair of pipes.
type client struct {
	server    *Server
	session   *session
	running   chan struct{} // a slot for each call that runs
	calls     sync.WaitGroup
	listeners sync.WaitGroup // requests that last as long as the connection
	replies   chan mcp.JSONRPCMessage
	closed    chan struct{} // closed when nothing more is to be written

	mu   sync.Mutex
	open map[string]context.CancelCauseFunc // requests not yet answered, by the JSON of their id

	out  io.Writer
	fail context.CancelCauseFunc // ends everything when out does
}

func (c *client) enter(id string, cancel context.CancelCauseFunc) (finish func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[id] = cancel
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.open, id)
		cancel(nil)
	}
}

func (c *client) withdraw(id json.RawMessage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cancel, ok := c.open[string(id)]; ok {
		cancel(errWithdrawn)
	}
}

// reply hands a message to the writer; nil, the answer to a notification, is none. After the end it is dropped.
func (c *client) reply(message mcp.JSONRPCMessage) {
	if message == nil {
		return
	}
	select {
	case c.replies <- message:
	case <-c.closed:
	}
}

// write is the one writer: it sends what is handed to it until closed is, and each reply after the notifications that were
// sent before it, because progress is of no use after the answer. After the first write that failed, whose error it
// returns, nothing more is sent.
func (c *client) write() error {
	var broken error
	send := func(message mcp.JSONRPCMessage) {
		if broken == nil {
			if broken = c.writeLine(message); broken != nil {
				c.fail(broken)
			}
		}
	}
	flush := func() {
		for range len(c.session.pending) {
			n := <-c.session.pending
			send(n)
			c.session.wrote(n)
		}
		for _, n := range c.session.due() {
			send(n)
		}
	}
	for {
		select {
		case n := <-c.session.pending:
			send(n)
			c.session.wrote(n)
		case <-c.session.owing:
			flush()
		case message := <-c.replies:
			flush()
			send(message)
		case <-c.closed:
			flush()
			return broken
		}
	}
}

func (c *client) writeLine(message mcp.JSONRPCMessage) error {
	line, err := json.Marshal(message)
	if err != nil {
		c.server.logger.Error().Err(err).Msg("a message could not be encoded")
		return nil
	}
	if _, err := c.out.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write a message: %w", err)
	}
	return nil
}
