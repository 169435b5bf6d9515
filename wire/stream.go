package wire

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// stream is one response: a JSON document or, from the first message before the answer on, a stream of events.
type stream struct {
	server   *Server
	w        http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
	deadline func() time.Time

	events, documents bool // what the client takes
	open              bool // as a stream of events
	broken            error
}

// carry writes what comes until the reply is there, which it returns, or, where none is awaited, until ctx ends. Once ctx has
// ended or a write failed, the reply is waited for and nothing more is written.
func (s *stream) carry(
	ctx context.Context, from outlet, replies <-chan mcp.JSONRPCMessage, beat time.Duration,
) mcp.JSONRPCMessage {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case n := <-from.notices:
			s.notice(from, n)
		case message := <-from.asks:
			s.event(message)
		case <-from.owing:
			s.due(from)
		case <-ticker.C:
			s.comment()
		case reply := <-replies:
			s.rest(from)
			return reply
		case <-ctx.Done():
			if replies == nil {
				return nil
			}
			return <-replies
		}
		if s.broken != nil && replies == nil {
			return nil
		}
	}
}

// rest writes what was said before the reply and is not out.
func (s *stream) rest(from outlet) {
	for {
		select {
		case n := <-from.notices:
			s.notice(from, n)
		case message := <-from.asks:
			s.event(message)
		default:
			s.due(from)
			return
		}
	}
}

func (s *stream) notice(from outlet, n mcp.JSONRPCNotification) {
	s.event(n)
	if from.session != nil {
		from.session.wrote(n)
	}
}

func (s *stream) due(from outlet) {
	if from.session == nil || !s.events {
		return
	}
	for _, n := range from.session.due() {
		s.event(n)
	}
}

// begin opens the stream of events.
func (s *stream) begin() {
	if s.open {
		return
	}
	s.open = true
	header := s.w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // proxies would keep events until there are many
	s.w.WriteHeader(http.StatusOK)
	s.write("")
}

// event writes a message. To a client that takes no events it is lost: it is never the answer.
func (s *stream) event(message mcp.JSONRPCMessage) {
	if !s.events || s.broken != nil {
		return
	}
	body, err := json.Marshal(message)
	if err != nil {
		s.server.logger.Error().Err(err).Msg("a message could not be encoded")
		return
	}
	s.begin()
	s.write(fmt.Sprintf("event: message\ndata: %s\n\n", body))
}

// comment keeps an open stream from being taken for dead, and finds out whether it is.
func (s *stream) comment() {
	if s.open {
		s.write(":\n\n")
	}
}

// write sends a text within the patience of the server.
func (s *stream) write(text string) {
	if s.broken != nil {
		return
	}
	_ = s.control.SetWriteDeadline(s.deadline().Add(s.patience)) // a writer without deadlines writes all the same
	if _, s.broken = s.w.Write([]byte(text)); s.broken == nil {
		s.broken = s.control.Flush()
	}
}

// answer writes the reply, as the last event or as the document.
func (s *stream) answer(status int, reply mcp.JSONRPCMessage) {
	switch {
	case s.broken != nil:
	case s.open || !s.documents:
		s.event(reply)
	default:
		_ = s.control.SetWriteDeadline(s.deadline().Add(s.patience)) // as above
		answerHTTP(s.w, status, reply)
	}
}

// end ends a response that has no answer.
func (s *stream) end() {
	if !s.open {
		s.w.WriteHeader(http.StatusAccepted)
	}
}
