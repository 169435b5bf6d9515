package wire

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// HTTPOptions say what clients may take of a server over HTTP. Numbers that are not positive are the defaults.
type HTTPOptions struct {
	// MaxBody is the longest request in bytes: 1 MiB.
	MaxBody int64
	// MaxSessions are those of all users at a time, 1,000; MaxUserSessions those of one, 200. Where a user has that many,
	// the one that was idle longest gives way to a new one.
	MaxSessions, MaxUserSessions int
	// MaxStreams is how many streams without an end one user may hold open: 100.
	MaxStreams int
	// Idle is how long a session may do nothing before it is ended: half an hour. One with an open stream does something.
	Idle time.Duration
	// Beat is how often a silent stream gets a comment, so that nothing between takes it for dead: 20 seconds.
	Beat time.Duration
	// Patience is how long one write may wait for a slow reader: 20 seconds.
	Patience time.Duration
	// Now is the clock by which sessions are idle. It must be given.
	Now func() time.Time

	// Forbid answers a request for a tool that Info.Allows keeps from its user; tool is "" for resources. It must be given
	// where Allows is.
	Forbid func(w http.ResponseWriter, r *http.Request, tool string)
	// Observe, where there is one, is told of every request that is served, and its second result of the end: failure is ""
	// or the kind of the fault or the code of the JSON-RPC error.
	Observe func(ctx context.Context, r Request) (context.Context, func(failure string))
}

// Request is what a message says of itself before it is served. Texts are the client's, as they came.
type Request struct {
	Method string
	// Tool is the name of the tool that is called, where there is one of that name.
	Tool string
	// Modern is whether it belongs to the era without sessions.
	Modern bool
	// TraceParent and TraceState are those of _meta, in the form of W3C's headers.
	TraceParent, TraceState string
}

// HTTP serves a Server at one endpoint, in both eras: every POST is one message, and its answer a JSON document, or a stream of
// events where something is said before the answer. In the older era a session, made by initialize, belongs to the user that
// made it, and a GET opens the stream of what is said outside of requests. See WithUser for whose request it is.
//
// A client that goes away ends what it asked for: streams are not resumed. It is not the library's own transport, whose
// sessions share their messages among streams, forget to whom they belong, and lose some that come when a request ends.
type HTTP struct {
	server *Server
	o      HTTPOptions

	closing context.Context //nolint:containedctx // the end of every stream, whatever request opened it
	end     context.CancelFunc

	mu       sync.Mutex
	visits   map[string]*visit
	accounts map[string]*account
}

// NewHTTP serves s over HTTP. Nothing runs until a request comes.
func NewHTTP(s *Server, o HTTPOptions) *HTTP {
	positive(&o.MaxBody, 1<<20)
	positive(&o.MaxSessions, 1000)
	positive(&o.MaxUserSessions, 200)
	positive(&o.MaxStreams, 100)
	positive(&o.Idle, 30*time.Minute)
	positive(&o.Beat, 20*time.Second)
	positive(&o.Patience, 20*time.Second)
	h := &HTTP{server: s, o: o, visits: map[string]*visit{}, accounts: map[string]*account{}}
	h.closing, h.end = context.WithCancel(context.Background())
	return h
}

func positive[T int | int64 | time.Duration](value *T, otherwise T) {
	if *value <= 0 {
		*value = otherwise
	}
}

// Close ends every stream that has no end of its own and takes no new ones. Calls that run are left to end: whoever serves
// the endpoint waits for them, and then ends the sessions with Forget.
func (h *HTTP) Close() { h.end() }

// whenClosing does something when Close is called, unless it is stopped before.
func (h *HTTP) whenClosing(do func()) (stop func() bool) { return context.AfterFunc(h.closing, do) }

// ServeHTTP serves one HTTP request.
func (h *HTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	version := r.Header.Get(mcp.HeaderProtocolVersion)
	switch {
	case r.Method == http.MethodPost:
		h.post(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodDelete:
		w.Header().Set("Allow", "GET, POST, DELETE")
		refuseHTTP(w, http.StatusMethodNotAllowed, nil, mcp.INVALID_REQUEST, "A message is sent with POST.")
	case mcp.IsModernProtocol(version):
		w.Header().Set("Allow", "POST")
		refuseHTTP(w, http.StatusMethodNotAllowed, nil, mcp.INVALID_REQUEST,
			"Protocol version "+version+" has no sessions: send subscriptions/listen with POST to hear of changes.")
	case version != "" && !mcp.IsValidProtocolVersion(version):
		refuseHTTP(w, http.StatusBadRequest, nil, mcp.INVALID_REQUEST, unknownVersion(version))
	default:
		v, ok := h.visitOf(w, r, nil)
		switch {
		case !ok:
		case r.Method == http.MethodDelete:
			h.leave(v)
			w.WriteHeader(http.StatusNoContent)
		default:
			h.listen(w, r, v)
		}
	}
}

// post takes one message.
func (h *HTTP) post(w http.ResponseWriter, r *http.Request) {
	line, ok := h.body(w, r)
	if !ok {
		return
	}
	e, bad := open(line)
	if bad != nil {
		answerHTTP(w, http.StatusBadRequest, bad)
		return
	}
	modern, bad := era(r.Header, e)
	if bad == nil && modern {
		bad = h.server.headersMatch(r.Header, e, line)
	}
	if bad != nil {
		answerHTTP(w, http.StatusBadRequest, bad)
		return
	}
	if modern {
		h.alone(w, r, e, line)
		return
	}
	h.inVisit(w, r, e, line)
}

// alone serves a message of the newer era, which belongs to nothing.
func (h *HTTP) alone(w http.ResponseWriter, r *http.Request, e envelope, line []byte) {
	switch {
	case e.isAnswer():
		refuseHTTP(w, http.StatusBadRequest, e.ID, mcp.INVALID_REQUEST,
			"This era has no requests of the server: answer by calling again with inputResponses and requestState.")
	case !e.isRequest():
		w.WriteHeader(http.StatusAccepted) // a request of this era is withdrawn by closing its stream, and others say nothing
	default:
		s := newSession("", func(mcp.JSONRPCMessage) {})
		h.request(w, r, exchange{era: modernEra, session: s, served: s}, e, line)
	}
}

// inVisit serves a message of the older era.
func (h *HTTP) inVisit(w http.ResponseWriter, r *http.Request, e envelope, line []byte) {
	if e.Method == string(mcp.MethodInitialize) && e.isRequest() {
		h.enter(w, r, e, line)
		return
	}
	v, ok := h.visitOf(w, r, e.ID)
	if !ok {
		return
	}
	switch {
	case e.isAnswer():
		v.session.answered(e)
		w.WriteHeader(http.StatusAccepted)
	case e.Method == string(mcp.MethodNotificationCancelled):
		v.withdraw(e.Params.RequestID)
		w.WriteHeader(http.StatusAccepted)
	case !e.isRequest():
		h.server.mcp.HandleMessage(h.server.mcp.WithContext(r.Context(), v.session), line)
		w.WriteHeader(http.StatusAccepted)
	default:
		h.request(w, r, v.exchange(e.Method), e, line)
	}
}

// forbidden answers what the user may not ask for, and reports whether it was that.
func (h *HTTP) forbidden(w http.ResponseWriter, r *http.Request, e envelope) bool {
	tool := ""
	switch {
	case h.server.allows == nil:
		return false
	case e.Method == string(mcp.MethodToolsCall):
		if tool = e.Params.Name; !slices.Contains(h.server.names, tool) {
			return false // refused as what does not exist
		}
	case e.Method == string(mcp.MethodPromptsGet):
		p, _ := h.server.prompt(e.Params.Name)
		tool = p.Tool
	case !slices.Contains(documentMethods, e.Method):
		return false
	}
	if h.server.allows(r.Context(), tool) {
		return false
	}
	h.o.Forbid(w, r, tool)
	return true
}

// documentMethods are those that read the project and call no tool.
var documentMethods = []string{ //nolint:gochecknoglobals // a constant that Go cannot write as one
	string(mcp.MethodResourcesRead), string(mcp.MethodResourcesSubscribe), string(mcp.MethodSubscriptionsListen),
	string(mcp.MethodCompletionComplete),
}

// observe tells who looks on of a request.
func (h *HTTP) observe(ctx context.Context, e envelope, modern bool) (context.Context, func(failure string)) {
	if h.o.Observe == nil {
		return ctx, func(string) {}
	}
	r := Request{Method: e.Method, Modern: modern, TraceParent: e.Params.Meta.TraceParent, TraceState: e.Params.Meta.TraceState}
	if e.Method == string(mcp.MethodToolsCall) && slices.Contains(h.server.names, e.Params.Name) {
		r.Tool = e.Params.Name
	}
	return h.o.Observe(ctx, r)
}

// failureOf is what a reply says of how its request failed, "" where it did not.
func failureOf(reply mcp.JSONRPCMessage) string {
	if code, ok := errorCode(reply); ok {
		return codeName(code)
	}
	response, ok := reply.(mcp.JSONRPCResponse)
	if !ok {
		return ""
	}
	result, ok := response.Result.(*mcp.CallToolResult)
	if value, other := response.Result.(mcp.CallToolResult); other {
		result, ok = &value, true
	}
	if !ok || !result.IsError {
		return ""
	}
	var body failureBody
	if json.Unmarshal(result.RawStructuredContent, &body) != nil || body.Error.Kind == "" {
		return "error"
	}
	return string(body.Error.Kind)
}
