package wire_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	subscribe   = "resources/subscribe"
	unsubscribe = "resources/unsubscribe"
	runA, runB  = "sample://run/a", "sample://run/b"
)

// notice is a notification about a document or a stream.
type notice struct {
	URI           string         `json:"uri"`
	Notifications map[string]any `json:"notifications"`
	Meta          map[string]any `json:"_meta"`
}

// notice receives a message that must be a notification of that method.
func (p *peer) notice(method string) notice {
	p.t.Helper()
	l := p.receive()
	require.Equal(p.t, method, l.Method, "%s %v", l.Result, l.Error)
	require.Nil(p.t, l.ID)
	var n notice
	require.NoError(p.t, json.Unmarshal(l.Params, &n))
	return n
}

// silent checks that nothing is on its way: the next message is the answer to this one.
func (p *peer) silent() {
	p.t.Helper()
	require.Equal(p.t, "last", p.ask(`{"jsonrpc":"2.0","id":"last","method":"ping"}`).ID, "nothing else was sent")
}

// listen is a subscriptions/listen for documents.
func listen(id int, uris ...string) string {
	quoted := `["` + strings.Join(uris, `","`) + `"]`
	return modern(id, "subscriptions/listen", `"notifications":{"resourceSubscriptions":`+quoted+`},`)
}

// heard collects the notices that are out before the answer to a ping.
func (p *peer) heard() []notice {
	p.t.Helper()
	var out []notice
	for answer := p.ask(older(9, "ping", "")); answer.ID == nil; answer = p.receive() {
		require.Equal(p.t, "notifications/resources/updated", answer.Method)
		var n notice
		require.NoError(p.t, json.Unmarshal(answer.Params, &n))
		out = append(out, n)
	}
	return out
}

func TestOnlyWhoSubscribedHearsOfAChange(t *testing.T) {
	t.Parallel()
	l := newLiving(t)
	one, other := dial(t, l.Server), dial(t, l.Server)
	for _, p := range []*peer{one, other} {
		require.Nil(t, p.ask(hello).Error)
	}
	require.JSONEq(t, `{}`, string(one.ask(older(1, subscribe, uri("sample://facts"))).Result))

	l.Changed("sample://facts")
	require.Equal(t, notice{URI: "sample://facts"}, one.notice("notifications/resources/updated"))
	other.silent()

	l.Changed("sample://status")
	l.Changed("sample://nothing")
	one.silent()

	require.Nil(t, one.ask(older(2, unsubscribe, uri("sample://facts"))).Error)
	l.Changed("sample://facts")
	one.silent()
}

func TestADocumentIsTheSameInEverySpelling(t *testing.T) {
	t.Parallel()
	l := newLiving(t)
	p := dial(t, l.Server)
	require.Nil(t, p.ask(older(1, subscribe, uri("sample://node/a/é"))).Error)
	l.Changed("sample://node/a%2F%C3%A9")
	require.Equal(t, "sample://node/a/é", p.notice("notifications/resources/updated").URI, "as the subscriber knows it")
	require.Nil(t, p.ask(older(2, unsubscribe, uri("sample://node/a/%C3%A9"))).Error)
	l.Changed("sample://node/a/é")
	p.silent()
}

func TestAListenerHearsOnItsStream(t *testing.T) {
	t.Parallel()
	l := newLiving(t)
	p, other := dial(t, l.Server), dial(t, l.Server)
	p.send(listen(11, "sample://facts", "sample://status"))
	ack := p.notice("notifications/subscriptions/acknowledged")
	require.Equal(t, map[string]any{"resourceSubscriptions": []any{"sample://facts", "sample://status"}}, ack.Notifications)
	p.send(listen(12, "sample://facts"))
	p.notice("notifications/subscriptions/acknowledged")

	stream := func(id float64, uri string) notice {
		return notice{URI: uri, Meta: map[string]any{"io.modelcontextprotocol/subscriptionId": id}}
	}
	l.Changed("sample://facts")
	require.ElementsMatch(t, []notice{stream(11, "sample://facts"), stream(12, "sample://facts")},
		[]notice{p.notice("notifications/resources/updated"), p.notice("notifications/resources/updated")})
	l.Changed("sample://status")
	require.Equal(t, stream(11, "sample://status"), p.notice("notifications/resources/updated"))
	other.silent()

	// A stream ends with its request.
	p.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":12}}`)
	p.silent() // the server has read so far
	l.Changed("sample://facts")
	require.Equal(t, []notice{stream(11, "sample://facts")}, p.heard())
	require.NoError(t, p.in.Close())
	closing := p.receive()
	require.InDelta(t, 11, closing.ID, 0, "and the rest with the connection, said")
	require.NoError(t, p.finished())
}

func TestNoUpdateComesBeforeTheAcknowledgement(t *testing.T) {
	t.Parallel()
	l := newLiving(t)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				l.Changed("sample://facts")
				runtime.Gosched()
			}
		}
	}()
	for i := range 30 {
		p := dial(t, l.Server)
		p.send(listen(i, "sample://facts"))
		p.notice("notifications/subscriptions/acknowledged")
		p.notice("notifications/resources/updated")
		p.cancel()
		_ = p.out.Scan()
	}
	close(stop)
	<-stopped
}

func TestASlowReaderIsToldOnceOfManyChanges(t *testing.T) {
	t.Parallel()
	l := newLiving(t)
	p := dial(t, l.Server)
	uris := []string{runA, runB, "sample://facts"}
	for i, each := range uris {
		require.Nil(t, p.ask(older(i, subscribe, uri(each))).Error)
	}
	for range 1000 {
		for _, each := range uris {
			l.Changed(each)
		}
	}
	told := map[string]int{}
	for _, n := range p.heard() {
		told[n.URI]++
	}
	for _, each := range uris {
		require.GreaterOrEqual(t, told[each], 1, "none is lost")
		require.LessOrEqual(t, told[each], 3, "and none is told over and over")
	}
}

func TestAWatchRunsWhileSomebodyIsSubscribed(t *testing.T) {
	t.Parallel()
	l := newLiving(t)
	one, other, third := dial(t, l.Server), dial(t, l.Server), dial(t, l.Server)
	require.Nil(t, one.ask(older(1, subscribe, uri(runA))).Error)
	require.Equal(t, "a", <-l.watching.begun)
	other.send(listen(1, runA))
	other.notice("notifications/subscriptions/acknowledged")
	require.Nil(t, one.ask(older(2, subscribe, uri(runA))).Error, "once more is the same")
	require.Empty(t, l.watching.begun, "one watch serves all")

	l.watching.changed <- struct{}{}
	require.Equal(t, runA, one.notice("notifications/resources/updated").URI)
	require.Equal(t, runA, other.notice("notifications/resources/updated").URI)

	require.Nil(t, one.ask(older(3, unsubscribe, uri(runA))).Error)
	l.watching.changed <- struct{}{}
	require.Equal(t, runA, other.notice("notifications/resources/updated").URI, "it goes on for the other")
	one.silent()

	require.NoError(t, other.in.Close())
	require.InDelta(t, 1, other.receive().ID, 0)
	require.NoError(t, other.finished())
	require.Len(t, l.watching.ended, 1, "it has ended with the last session that wanted it")
	<-l.watching.ended

	require.Nil(t, third.ask(older(1, subscribe, uri(runA))).Error)
	require.Equal(t, "a", <-l.watching.begun, "and begins again")
	require.NoError(t, third.in.Close())
	require.NoError(t, third.finished())
	require.Len(t, l.watching.ended, 1)
}

func TestAWatchThatPanicsEndsNothingElse(t *testing.T) {
	t.Parallel()
	l := newLiving(t)
	p := dial(t, l.Server)
	require.Nil(t, p.ask(older(1, subscribe, uri("sample://broken/x"))).Error)
	require.Eventually(t, func() bool { return strings.Contains(l.log.String(), "secret: watch") }, 10*time.Second, time.Millisecond)
	l.Changed("sample://broken/x")
	require.Equal(t, "sample://broken/x", p.notice("notifications/resources/updated").URI)
}

func TestASubscriptionThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	l := newLiving(t)
	p := dial(t, l.Server)
	for name, c := range map[string]struct {
		request string
		code    int
		said    string
	}{
		"older":     {older(1, subscribe, uri("sample://nothing")), -32002, `There is no resource "sample://nothing"`},
		"newer":     {listen(1, "sample://facts", "sample://nothing"), -32602, `There is no resource "sample://nothing"`},
		"no uri":    {older(1, subscribe, ""), -32002, `There is no resource ""`},
		"wrong era": {modern(1, subscribe, uri(runA)+","), -32601, "resources/subscribe"},
	} {
		bad := p.ask(c.request).Error
		require.NotNil(t, bad, name)
		require.Equal(t, c.code, bad.Code, name)
		require.Contains(t, bad.Message, c.said, name)
	}
	for i := range 100 {
		require.Nil(t, p.ask(older(i, subscribe, uri(fmt.Sprintf("sample://node/%d", i)))).Error)
	}
	require.Contains(t, p.ask(older(1, subscribe, uri(runA))).Error.Message, "at most 100 resources")
	require.Contains(t, p.ask(listen(1, runA)).Error.Message, "at most 100 resources")
	require.Nil(t, p.ask(older(1, unsubscribe, uri("sample://node/7"))).Error)
	require.Nil(t, p.ask(older(1, subscribe, uri(runA))).Error)
}
