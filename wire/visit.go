package wire

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// visit is a session of the older era over HTTP: what initialize made, and each request names in a header.
type visit struct {
	session *session
	user    string

	mu     sync.Mutex
	used   time.Time // the last request came or ended
	busy   int       // requests and streams that are open
	open   map[string]context.CancelCauseFunc
	stream context.CancelCauseFunc // ends the stream of what is said outside of requests; nil where none is open
}

// account is what one user holds of the server.
type account struct {
	running  chan struct{} // a slot for each call that runs
	sessions int
	streams  int
	requests int
}

// account returns the user's, which is kept for as long as they hold something.
func (h *HTTP) account(user string, hold func(*account)) *account {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.accountLocked(user, hold)
}

func (h *HTTP) accountLocked(user string, hold func(*account)) *account {
	a := h.accounts[user]
	if a == nil {
		a = &account{running: make(chan struct{}, maxRunning)}
		h.accounts[user] = a
	}
	hold(a)
	if a.sessions+a.streams+a.requests == 0 {
		delete(h.accounts, user)
	}
	return a
}

// Sessions is how many sessions there are.
func (h *HTTP) Sessions() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.visits)
}

// enter makes a session of an initialize that is answered well.
func (h *HTTP) enter(w http.ResponseWriter, r *http.Request, e envelope, line []byte) {
	ctx, observed := h.observe(r.Context(), e, !modernEra)
	v := &visit{
		session: newSession("http-"+rand.Text(), func(mcp.JSONRPCMessage) {}), user: User(ctx),
		used: h.o.Now(), open: map[string]context.CancelCauseFunc{},
	}
	if h.closing.Err() != nil || !h.admit(v) {
		observed("full")
		w.Header().Set("Retry-After", "60")
		refuseHTTP(w, http.StatusServiceUnavailable, e.ID, mcp.INTERNAL_ERROR,
			fmt.Sprintf("The server has its %d sessions, or is about to end. Try again in a minute.", h.o.MaxSessions))
		return
	}
	reply := h.server.mcp.HandleMessage(h.server.mcp.WithContext(ctx, v.session), line)
	observed(failureOf(reply))
	if _, failed := errorCode(reply); failed {
		h.leave(v)
	} else {
		w.Header().Set(mcp.HeaderSessionID, v.session.id)
	}
	answerHTTP(w, http.StatusOK, reply)
}

// admit finds a place for a session: those that were idle too long are ended, and the idlest one of the same user gives way.
func (h *HTTP) admit(v *visit) bool {
	h.Reap()
	for {
		oldest, ok := h.place(v)
		if ok || oldest == nil {
			return ok
		}
		h.leave(oldest)
	}
}

// place gives a session a place, or returns the one of the same user that could make room.
func (h *HTTP) place(v *visit) (oldest *visit, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	theirs := 0
	for _, other := range h.visits {
		if other.user != v.user {
			continue
		}
		theirs++
		if other.idleSince(h.o.Now()) && (oldest == nil || other.lastUsed().Before(oldest.lastUsed())) {
			oldest = other
		}
	}
	if len(h.visits) >= h.o.MaxSessions || theirs >= h.o.MaxUserSessions {
		return oldest, false
	}
	h.visits[v.session.id] = v
	h.accountLocked(v.user, func(a *account) { a.sessions++ })
	return nil, true
}

// Reap ends the sessions that did nothing for too long. It is called before a new one is made; whoever serves the endpoint
// calls it now and then.
func (h *HTTP) Reap() { h.forget(h.o.Now().Add(-h.o.Idle)) }

// Forget ends every session that has nothing open.
func (h *HTTP) Forget() { h.forget(h.o.Now().Add(time.Nanosecond)) }

func (h *HTTP) forget(before time.Time) {
	h.mu.Lock()
	var idle []*visit
	for _, v := range h.visits {
		if v.idleSince(before) {
			idle = append(idle, v)
		}
	}
	h.mu.Unlock()
	for _, v := range idle {
		h.leave(v)
	}
	h.server.subscriptions.settle()
}

// leave ends a session and everything that it has open.
func (h *HTTP) leave(v *visit) {
	h.mu.Lock()
	_, known := h.visits[v.session.id]
	delete(h.visits, v.session.id)
	h.mu.Unlock()
	if known {
		h.account(v.user, func(a *account) { a.sessions-- })
	}
	v.session.hangUp()
	v.mu.Lock()
	for _, cancel := range v.open {
		cancel(errWithdrawn)
	}
	if v.stream != nil {
		v.stream(errWithdrawn)
	}
	v.mu.Unlock()
	h.server.subscriptions.forget(v.session)
}

// visitOf finds the session that a request names, or answers why there is none. That of another user is none.
func (h *HTTP) visitOf(w http.ResponseWriter, r *http.Request, id json.RawMessage) (*visit, bool) {
	named := r.Header.Get(mcp.HeaderSessionID)
	if named == "" {
		refuseHTTP(w, http.StatusBadRequest, id, mcp.INVALID_REQUEST, "Header "+mcp.HeaderSessionID+" is missing: it is what initialize was answered with.")
		return nil, false
	}
	h.mu.Lock()
	v := h.visits[named]
	h.mu.Unlock()
	if v == nil || v.user != User(r.Context()) {
		refuseHTTP(w, http.StatusNotFound, id, mcp.INVALID_REQUEST, "There is no such session, or it was idle for too long: send initialize to begin a new one.")
		return nil, false
	}
	v.touch(h.o.Now(), 0)
	return v, true
}

// touch notes that something came, was opened (1) or ended (-1).
func (v *visit) touch(now time.Time, change int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.used = now
	v.busy += change
}

func (v *visit) lastUsed() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.used
}

// idleSince reports whether nothing is open and nothing came after an instant.
func (v *visit) idleSince(at time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.busy == 0 && !v.used.After(at)
}

// begin puts a request on the books, so that it can be withdrawn.
func (v *visit) begin(id string, cancel context.CancelCauseFunc, now func() time.Time) (finish func()) {
	v.touch(now(), 1)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.open[id] = cancel
	return func() {
		v.mu.Lock()
		delete(v.open, id)
		v.mu.Unlock()
		v.touch(now(), -1)
	}
}

func (v *visit) withdraw(id json.RawMessage) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if cancel, ok := v.open[string(id)]; ok {
		cancel(errWithdrawn)
	}
}

// take makes a stream the one of what is said outside of requests. The one before it, whose client is gone or will be, ends.
func (v *visit) take(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.stream != nil {
		v.stream(errReplaced)
	}
	v.stream = cancel
	return ctx, func() { cancel(nil) }
}

// errReplaced is the cause of a stream's end that another one took the place of.
var errReplaced = errors.New("another stream of the session was opened")
