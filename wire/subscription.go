package wire

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// maxSubscriptions is how many resources one session is told about: each may cost a look at the store every moment.
const maxSubscriptions = 100

// Changed tells every session that subscribed to the document that it is another one, and no other session. A URI that no
// resource matches, or nobody subscribed to, is nothing to tell.
func (s *Server) Changed(uri string) {
	if found, ok := s.shelf.find(uri); ok {
		s.subscriptions.changed(found.uri)
	}
}

// subscriptions knows who is to be told of which document.
type subscriptions struct {
	server *Server

	mu     sync.Mutex
	told   map[string]map[subscriber]subscribed // by the document's uri
	watch  map[string]*watch
	ending []<-chan struct{} // watches that were told to end
}

// subscriber is one wish to be told. In the older era it is the session's, which a transport may show as one object after
// the other under the same id; in the newer one it belongs to one subscriptions/listen.
type subscriber struct {
	id      string
	session server.ClientSession // nil in the older era
	listen  string               // JSON of the id of subscriptions/listen, empty in the older era
}

type subscribed struct {
	session server.ClientSession
	uri     string // as the client spelled it
	listen  any    // the id of subscriptions/listen, nil in the older era
}

// follow hooks the registry into the library, so that sessions of every transport come and go through it.
func (r *subscriptions) follow(hooks *server.Hooks) {
	hooks.AddAfterSubscribe(func(ctx context.Context, _ any, request *mcp.SubscribeRequest, _ *mcp.EmptyResult) {
		// A session without an id is one request of a transport without sessions: nothing can be told to it later.
		if session := server.ClientSessionFromContext(ctx); session != nil && session.SessionID() != "" {
			r.add(ctx, subscriber{id: session.SessionID()}, subscribed{session: session, uri: request.Params.URI})
		}
	})
	hooks.AddAfterUnsubscribe(func(ctx context.Context, _ any, request *mcp.UnsubscribeRequest, _ *mcp.EmptyResult) {
		found, ok := r.server.shelf.find(request.Params.URI)
		if session := server.ClientSessionFromContext(ctx); ok && session != nil {
			r.remove(func(uri string, by subscriber, _ subscribed) bool {
				return uri == found.uri && by == subscriber{id: session.SessionID()}
			})
		}
	})
	hooks.AddBeforeSubscriptionsListen(r.listen)
	hooks.AddOnUnregisterSession(func(_ context.Context, session server.ClientSession) { r.forget(session) })
}

// listen subscribes one subscriptions/listen, for as long as it is served: the library ends its context with it.
func (r *subscriptions) listen(ctx context.Context, id any, request *mcp.SubscriptionsListenRequest) {
	session := server.ClientSessionFromContext(ctx)
	if session == nil {
		return
	}
	by := subscriber{id: session.SessionID(), session: session, listen: listenKey(id)}
	for _, uri := range request.Params.Notifications.ResourceSubscriptions {
		r.add(ctx, by, subscribed{session: session, uri: uri, listen: id})
	}
	context.AfterFunc(ctx, func() { r.hangUp(by) })
}

// hangUp ends what one subscriptions/listen subscribed to.
func (r *subscriptions) hangUp(by subscriber) {
	r.remove(func(_ string, other subscriber, _ subscribed) bool { return by == other })
}

// forget ends what a session subscribed to.
func (r *subscriptions) forget(session server.ClientSession) {
	r.remove(func(_ string, by subscriber, to subscribed) bool {
		return to.session == session || by == subscriber{id: session.SessionID()}
	})
}

func (r *subscriptions) add(ctx context.Context, by subscriber, to subscribed) {
	found, ok := r.server.shelf.find(to.uri)
	if !ok { // our own loop has refused it; elsewhere it waits for what will never happen
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.countLocked(to.session) >= maxSubscriptions {
		return
	}
	if r.told[found.uri] == nil {
		r.told[found.uri] = map[subscriber]subscribed{}
		if found.resource.Watch != nil {
			r.watch[found.uri] = r.begin(ctx, found)
		}
	}
	r.told[found.uri][by] = to
}

// remove forgets all that match, and ends the watches of documents that nobody is left to be told of.
func (r *subscriptions) remove(match func(uri string, by subscriber, to subscribed) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for uri, told := range r.told {
		for by, to := range told {
			if !match(uri, by, to) {
				continue
			}
			delete(told, by)
			if own, ok := to.session.(*session); ok {
				own.drop(update{uri: to.uri, listen: by.listen})
			}
		}
		if len(told) > 0 {
			continue
		}
		delete(r.told, uri)
		if w := r.watch[uri]; w != nil {
			w.cancel()
			r.ending = append(slices.DeleteFunc(r.ending, ended), w.done)
			delete(r.watch, uri)
		}
	}
}

func ended(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// count is how many documents a session has subscribed to.
func (r *subscriptions) count(session server.ClientSession) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.countLocked(session)
}

func (r *subscriptions) countLocked(session server.ClientSession) int {
	n := 0
	for _, told := range r.told {
		for _, to := range told {
			if to.session == session {
				n++
			}
		}
	}
	return n
}

// changed sends one update to each who subscribed.
func (r *subscriptions) changed(uri string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for by, to := range r.told[uri] {
		if err := r.tell(by, to); err != nil {
			r.server.logger.Warn().Err(err).Str("uri", to.uri).Msg("a subscriber was not told of a change")
		}
	}
}

func (r *subscriptions) tell(by subscriber, to subscribed) error {
	if own, ok := to.session.(*session); ok {
		own.owe(update{uri: to.uri, listen: by.listen, id: to.listen})
		return nil
	}
	n := update{uri: to.uri, listen: by.listen, id: to.listen}.notification()
	if by.listen == "" { // the object that subscribed may be gone; the session of that id is the one that is heard
		err := r.server.mcp.SendNotificationToSpecificClient(by.id, n.Method, n.Params.AdditionalFields)
		return err //nolint:wrapcheck // logged with the URI
	}
	select {
	case to.session.NotificationChannel() <- n:
		return nil
	default:
		return server.ErrNotificationChannelBlocked
	}
}

// watch is one running Watch.
type watch struct {
	cancel context.CancelFunc
	done   <-chan struct{}
}

// begin runs a document's Watch. It outlives the request that was the first to subscribe.
func (r *subscriptions) begin(ctx context.Context, found document) *watch {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer cancel()
		_, err := guarded(found.resource.Name, func() (any, error) {
			found.resource.Watch(ctx, found.variables, func() { r.changed(found.uri) })
			return struct{}{}, nil
		})
		if err != nil {
			_ = Public(r.server.logger, "watching "+found.uri, err) // it is in the log; nobody waits for it
		}
	}()
	return &watch{cancel: cancel, done: done}
}

// settle waits until the watches that were told to end have ended.
func (r *subscriptions) settle() {
	r.mu.Lock()
	ending := r.ending
	r.ending = nil
	r.mu.Unlock()
	for _, done := range ending {
		<-done
	}
}

// update is one change that a session is to be told of.
type update struct {
	uri    string
	listen string // JSON of id
	id     any    // of the subscriptions/listen that carries it, nil in the older era
}

func (u update) notification() mcp.JSONRPCNotification {
	n := mcp.JSONRPCNotification{JSONRPC: mcp.JSONRPC_VERSION, Notification: mcp.Notification{
		Method: mcp.MethodNotificationResourceUpdated,
		Params: mcp.NotificationParams{AdditionalFields: map[string]any{"uri": u.uri}},
	}}
	if u.listen != "" {
		n.Params.Meta = map[string]any{mcp.MetaKeySubscriptionID: u.id}
	}
	return n
}

// listenKey is the id of a subscriptions/listen as something to compare.
func listenKey(id any) string {
	key, err := json.Marshal(id)
	if err != nil { // it was JSON a moment ago
		return fmt.Sprint(id)
	}
	return string(key)
}
