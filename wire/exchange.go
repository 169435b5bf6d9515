package wire

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/headwater-mcp/headwater/fault"
)

// exchange is one request over HTTP, as the library sees it.
type exchange struct {
	era     bool // modernEra or not
	session *session
	visit   *visit               // nil in the newer era
	served  server.ClientSession // the session that the request is served in
	aside   *aside               // what is said to the client meanwhile, where served is it
}

// exchange is how a request of the session is served. What changes the session is served in it; every other request has a
// channel of its own, so that what is said about it goes where it was asked.
func (v *visit) exchange(method string) exchange {
	switch method {
	case string(mcp.MethodResourcesSubscribe), string(mcp.MethodResourcesUnsubscribe):
		return exchange{session: v.session, visit: v, served: v.session}
	default:
		a := &aside{
			session: v.session, notices: make(chan mcp.JSONRPCNotification, maxPending), asks: make(chan mcp.JSONRPCMessage, maxRunning),
		}
		return exchange{session: v.session, visit: v, served: a, aside: a}
	}
}

// outlet is what one response carries beside the answer: channels are nil where nothing comes.
type outlet struct {
	notices <-chan mcp.JSONRPCNotification
	asks    <-chan mcp.JSONRPCMessage
	owing   <-chan struct{} // wakes for what session.due returns
	session *session
}

func (x exchange) outlet() outlet {
	switch {
	case x.aside != nil:
		return outlet{notices: x.aside.notices, asks: x.aside.asks}
	case x.era:
		return outlet{notices: x.session.pending, owing: x.session.owing, session: x.session}
	default:
		return outlet{} // the session's stream has what it is told
	}
}

// aside is a session of the older era for the length of one request.
type aside struct {
	*session

	notices chan mcp.JSONRPCNotification
	asks    chan mcp.JSONRPCMessage
	deaf    bool // the response takes nothing but the answer
}

var _ server.SessionWithElicitation = (*aside)(nil)

func (a *aside) NotificationChannel() chan<- mcp.JSONRPCNotification { return a.notices }

func (a *aside) RequestElicitation(ctx context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	if a.deaf {
		return nil, fault.New(fault.Unavailable,
			"The client cannot ask its user: its request does not accept text/event-stream, in which the question would stand.")
	}
	return a.elicit(ctx, a.say, request)
}

// Request sends any request to the client and returns its result, for tests of the transport.
func (a *aside) Request(ctx context.Context, method string, params any) (json.RawMessage, error) {
	answer, err := a.request(ctx, a.say, method, params)
	return answer.Result, err
}

// say hands a message to the response. One that has no room is lost: nobody reads.
func (a *aside) say(message mcp.JSONRPCMessage) {
	select {
	case a.asks <- message:
	default:
	}
}

// request serves one request and writes its response, to the end.
func (h *HTTP) request(w http.ResponseWriter, r *http.Request, x exchange, e envelope, line []byte) {
	if bad := h.server.refuse(e, x.session); bad != nil {
		answerHTTP(w, statusOf(bad, x.era), bad)
		return
	}
	if h.forbidden(w, r, e) {
		return
	}
	ctx, observed := h.observe(r.Context(), e, x.era)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	user := User(ctx)
	if e.Method == string(mcp.MethodSubscriptionsListen) {
		closed, ok := h.openStream(w, user, e)
		if !ok {
			observed("full")
			return
		}
		defer closed()
		defer h.whenClosing(func() { cancel(nil) })()
	}
	if x.visit != nil {
		defer x.visit.begin(string(e.ID), cancel, h.o.Now)()
	}
	a := h.account(user, func(a *account) { a.requests++ })
	defer h.account(user, func(a *account) { a.requests-- })

	if x.aside != nil {
		x.aside.deaf = !accepts(r, "text/event-stream")
	}
	replies := make(chan mcp.JSONRPCMessage, 1)
	go func() { replies <- h.reply(h.server.mcp.WithContext(ctx, x.served), a, e, line) }()
	out := h.newStream(w, r)
	reply := out.carry(ctx, x.outlet(), replies, h.o.Beat)
	observed(failureOf(reply))
	if errors.Is(context.Cause(ctx), errWithdrawn) {
		out.end()
		return
	}
	out.answer(statusOf(reply, x.era), reply)
	h.server.subscriptions.settle()
}

// reply is the library's answer to a request, once there is a place for it.
func (h *HTTP) reply(ctx context.Context, a *account, e envelope, line []byte) mcp.JSONRPCMessage {
	if !takesTurn(e.Method) {
		return h.server.mcp.HandleMessage(ctx, line)
	}
	t := &turn{running: a.running}
	t.take(ctx)
	defer t.give()
	return h.server.serve(context.WithValue(ctx, turnKey{}, t), e, line)
}

// openStream counts a stream without an end, or answers that there are too many.
func (h *HTTP) openStream(w http.ResponseWriter, user string, e envelope) (func(), bool) {
	full := h.closing.Err() != nil
	h.account(user, func(a *account) {
		if full = full || a.streams >= h.o.MaxStreams; !full {
			a.streams++
		}
	})
	if full {
		w.Header().Set("Retry-After", "60")
		refuseHTTP(w, http.StatusServiceUnavailable, e.ID, mcp.INTERNAL_ERROR,
			"Too many streams are open, or the server is about to end. Close some, or try again in a minute.")
		return nil, false
	}
	return func() { h.account(user, func(a *account) { a.streams-- }) }, true
}

// listen serves the stream of what is said outside of requests, until its client goes away.
func (h *HTTP) listen(w http.ResponseWriter, r *http.Request, v *visit) {
	if !accepts(r, "text/event-stream") {
		refuseHTTP(w, http.StatusNotAcceptable, nil, mcp.INVALID_REQUEST, "Accept does not take text/event-stream.")
		return
	}
	if h.server.allows != nil && !h.server.allows(r.Context(), "") {
		h.o.Forbid(w, r, "")
		return
	}
	closed, ok := h.openStream(w, v.user, envelope{})
	if !ok {
		return
	}
	defer closed()
	ctx, end := v.take(r.Context())
	defer end()
	defer h.whenClosing(end)()
	v.touch(h.o.Now(), 1)
	defer func() { v.touch(h.o.Now(), -1) }()
	out := h.newStream(w, r)
	out.begin()
	out.carry(ctx, outlet{notices: v.session.pending, owing: v.session.owing, session: v.session}, nil, h.o.Beat)
}

// newStream makes a response.
func (h *HTTP) newStream(w http.ResponseWriter, r *http.Request) *stream {
	return &stream{
		w: w, control: http.NewResponseController(w), events: accepts(r, "text/event-stream"),
		documents: accepts(r, "application/json"), patience: h.o.Patience, deadline: time.Now, //nolint:forbidigo // of a socket
		server: h.server,
	}
}
