package wire

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/headwater-mcp/headwater/fault"
)

// session is the library's view of the client of a pair of pipes.
type session struct {
	id      string
	pending chan mcp.JSONRPCNotification
	owing   chan struct{} // holds one where due has something
	send    func(mcp.JSONRPCMessage)

	mu           sync.Mutex
	level        mcp.LoggingLevel
	info         mcp.Implementation
	capabilities mcp.ClientCapabilities
	owed         []update        // each once: who has not heard of two changes yet learns the same from one notice
	listening    map[string]bool // subscriptions/listen whose acknowledgement is out, by the JSON of their id
	asked        int
	questions    map[string]chan envelope // not yet answered, by the JSON of their id
	gone         bool                     // nobody is left to answer
}

var (
	_ server.ClientSession          = (*session)(nil)
	_ server.SessionWithElicitation = (*session)(nil)
)

func newSession(id string, send func(mcp.JSONRPCMessage)) *session {
	return &session{
		id: id, send: send,
		pending: make(chan mcp.JSONRPCNotification, maxPending), owing: make(chan struct{}, 1),
		listening: map[string]bool{}, questions: map[string]chan envelope{},
	}
}

func (s *session) SessionID() string                                   { return s.id }
func (s *session) NotificationChannel() chan<- mcp.JSONRPCNotification { return s.pending }

// SetLogLevel and GetLogLevel keep what the client asked for. What we log is not the client's to see, so nothing is sent at any
// level; Extend may add a server that does.
func (s *session) SetLogLevel(level mcp.LoggingLevel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.level = level
}

func (s *session) GetLogLevel() mcp.LoggingLevel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.level
}

// Initialize and Initialized: both eras may be notified from the first message on.
func (s *session) Initialize()       {}
func (s *session) Initialized() bool { return true }

// GetClientInfo and GetClientCapabilities are what initialize said. There are no setters of the library's kind: with them it
// would let a request of the newer era speak for those of the older one.
func (s *session) GetClientInfo() mcp.Implementation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.info
}

func (s *session) GetClientCapabilities() mcp.ClientCapabilities {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.capabilities
}

// introduce keeps what a client says of itself in initialize.
func introduce(ctx context.Context, _ any, request *mcp.InitializeRequest, _ *mcp.InitializeResult) {
	if s, ok := server.ClientSessionFromContext(ctx).(*session); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.info, s.capabilities = request.Params.ClientInfo, request.Params.Capabilities
	}
}

// owe notes an update that is to be written, however slowly the client reads.
func (s *session) owe(u update) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.owed {
		if other.uri == u.uri && other.listen == u.listen {
			return
		}
	}
	s.owed = append(s.owed, u)
	s.wake()
}

func (s *session) wake() {
	select {
	case s.owing <- struct{}{}:
	default:
	}
}

// due takes what may be written now. An update of a subscriptions/listen waits for its acknowledgement, which is the first
// message of that stream.
func (s *session) due() []mcp.JSONRPCNotification {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []mcp.JSONRPCNotification
	var waiting []update
	for _, u := range s.owed {
		if u.listen != "" && !s.listening[u.listen] {
			waiting = append(waiting, u)
			continue
		}
		out = append(out, u.notification())
	}
	s.owed = waiting
	return out
}

// wrote is told of every notification that is out, and looks for acknowledgements.
func (s *session) wrote(n mcp.JSONRPCNotification) {
	if n.Method != mcp.MethodNotificationSubscriptionsAcknowledged {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listening[listenKey(n.Params.Meta[mcp.MetaKeySubscriptionID])] = true
	s.wake()
}

// drop forgets an update that nobody wants any more.
func (s *session) drop(u update) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.owed {
		if other.uri == u.uri && other.listen == u.listen {
			s.owed = append(s.owed[:i], s.owed[i+1:]...)
			break
		}
	}
	delete(s.listening, u.listen)
}

// errGone is the end of a question whose client has closed its side.
var errGone = fault.New(fault.Unavailable, "The client closed its side before its user had answered.")

// RequestElicitation asks the client of the older era and waits for its answer. Its errors are faults, or ctx's.
func (s *session) RequestElicitation(ctx context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	return s.elicit(ctx, s.send, request)
}

// elicit is RequestElicitation with a way to the client.
func (s *session) elicit(
	ctx context.Context, send func(mcp.JSONRPCMessage), request mcp.ElicitationRequest,
) (*mcp.ElicitationResult, error) {
	answer, err := s.request(ctx, send, string(mcp.MethodElicitationCreate), request.Params)
	if err != nil {
		return nil, err
	}
	return elicited(answer)
}

// request sends a request of ours and waits for its answer.
func (s *session) request(ctx context.Context, send func(mcp.JSONRPCMessage), method string, params any) (envelope, error) {
	id, answer, err := s.open()
	if err != nil {
		return envelope{}, err
	}
	defer s.close(id)
	send(mcp.JSONRPCRequest{
		JSONRPC: mcp.JSONRPC_VERSION, ID: mcp.NewRequestId(id), Request: mcp.Request{Method: method}, Params: params,
	})
	select {
	case e, ok := <-answer:
		if !ok {
			return envelope{}, errGone
		}
		return e, nil
	case <-ctx.Done():
		send(mcp.JSONRPCNotification{JSONRPC: mcp.JSONRPC_VERSION, Notification: mcp.Notification{
			Method: string(mcp.MethodNotificationCancelled),
			Params: mcp.NotificationParams{AdditionalFields: map[string]any{"requestId": id, "reason": "the question is no longer open"}},
		}})
		return envelope{}, ctx.Err() //nolint:wrapcheck // who asked tells its causes apart
	}
}

// elicited reads the answer to elicitation/create.
func elicited(e envelope) (*mcp.ElicitationResult, error) {
	var result mcp.ElicitationResult
	if len(e.Error) > 0 {
		return nil, fault.Wrap(fmt.Errorf("the client answered %s", e.Error), fault.Unavailable, "The client failed to ask its user.")
	}
	if err := json.Unmarshal(e.Result, &result); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "The client's answer to a question cannot be read.")
	}
	return &result, nil
}

// open puts a question on the books: its id, and where its answer arrives. The channel is closed when none can come.
func (s *session) open() (string, <-chan envelope, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return "", nil, errGone
	}
	s.asked++
	id := fmt.Sprintf("ask-%d", s.asked)
	answer := make(chan envelope, 1)
	s.questions[fmt.Sprintf("%q", id)] = answer
	return id, answer, nil
}

func (s *session) close(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.questions, fmt.Sprintf("%q", id))
}

// answered hands an answer to who asked. One that nobody waits for (a second one, or one that comes too late) is nothing.
func (s *session) answered(e envelope) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answer, ok := s.questions[string(e.ID)]; ok {
		answer <- e
		delete(s.questions, string(e.ID))
	}
}

// hangUp ends the questions that wait and those still to come.
func (s *session) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	for id, answer := range s.questions {
		close(answer)
		delete(s.questions, id)
	}
}
