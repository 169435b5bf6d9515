package wire

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/rs/zerolog"
)

// call is one tools/call while it runs: what its tool may say to the client, through Ask and Progress.
type call struct {
	server    *Server
	tool      string
	arguments json.RawMessage
	token     mcp.ProgressToken // nil where the client wants to hear of no progress

	mu      sync.Mutex
	ended   bool
	reached float64 // the progress last told
	told    bool    // whether any was

	limit *time.Timer // ends the call

	answers []given // newer era: what earlier calls of this one were answered, in the order of the questions
	asked   int     // newer era: how many questions this call has come to
}

type callKey struct{}

func newCall(s *Server, tool string, arguments json.RawMessage, request mcp.CallToolRequest) *call {
	c := &call{server: s, tool: tool, arguments: arguments}
	if request.Params.Meta != nil {
		c.token = request.Params.Meta.ProgressToken
	}
	return c
}

// callOf is the call that ctx belongs to, nil in a terminal.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// breath is how long the answer waits for the last progress: clients that find both in one read forget the progress.
const breath = 10 * time.Millisecond

// end: nothing is said to the client after the answer.
func (c *call) end(ctx context.Context) {
	c.mu.Lock()
	c.ended = true
	told := c.told
	c.mu.Unlock()
	if !told {
		return
	}
	pause := time.NewTimer(breath)
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-ctx.Done():
	}
}

// Progress tells the client how far the call has come, where it asked to be told; total is 0 where it is not known. done
// must grow: what does not is not sent. Progress that a slow client has no room for is lost, so it must carry nothing that
// the answer does not.
func Progress(ctx context.Context, done, total float64, message string) {
	c := callOf(ctx)
	if c == nil || c.token == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || (c.told && done <= c.reached) {
		return
	}
	c.told, c.reached = true, done
	params := map[string]any{"progressToken": c.token, "progress": done}
	if total > 0 {
		params["total"] = total
	}
	if message != "" {
		params["message"] = clean(message)
	}
	if err := c.server.mcp.SendNotificationToClient(ctx, string(mcp.MethodNotificationProgress), params); err != nil {
		c.server.logger.Debug().Err(err).Str("tool", c.tool).Msg("progress was not sent")
	}
}

// introduced is a session that remembers what initialize said.
type introduced interface {
	GetClientInfo() mcp.Implementation
	GetClientCapabilities() mcp.ClientCapabilities
}

// Client is the program that made the request of ctx, as it calls itself: in initialize, or in the request where the newer
// era has none. Both are empty where it did not say, and in a terminal. It is a claim, for logs and never for permissions;
// it is one line of at most 80 characters.
func Client(ctx context.Context) (name, version string) {
	info := mcp.Implementation{}
	if request := server.RequestProtocolInfoFromContext(ctx); request != nil && request.Modern {
		if request.ClientInfo != nil {
			info = *request.ClientInfo
		}
	} else if session, ok := server.ClientSessionFromContext(ctx).(introduced); ok {
		info = session.GetClientInfo()
	}
	return brief(info.Name), brief(info.Version)
}

// brief is a foreign text as one short line.
func brief(text string) string {
	runes := []rune(strings.Join(strings.Fields(clean(text)), " "))
	return string(runes[:min(len(runes), maxShown)])
}

type userKey struct{}

// WithUser names the user for whom what is done under ctx is done: whoever the transport authenticated, or who started the
// process. The empty name is nobody known.
func WithUser(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, userKey{}, name)
}

// User is the name that WithUser gave, or "".
func User(ctx context.Context) string {
	name, _ := ctx.Value(userKey{}).(string)
	return name
}

type logKey struct{}

// WithLog gives what is done under ctx a log of its own, which names the request.
func WithLog(ctx context.Context, log zerolog.Logger) context.Context {
	return context.WithValue(ctx, logKey{}, log)
}

// log is that of the request, or the server's.
func (s *Server) log(ctx context.Context) zerolog.Logger {
	if log, ok := ctx.Value(logKey{}).(zerolog.Logger); ok {
		return log
	}
	return s.logger
}
