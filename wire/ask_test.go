package wire_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/wire"
)

// query is a question in either era.
type query struct {
	Message string `json:"message"`
	Schema  any    `json:"requestedSchema"`
}

const consentForm = `{"type":"object","required":["sure"],"properties":{` +
	`"sure":{"type":"boolean","description":"Whether it is meant."},` +
	`"why":{"type":"string","enum":["late","wrong"],"default":"late"}}}`

// ask14 is what the asking tool asks at first.
func ask14(t *testing.T) query {
	t.Helper()
	var form any
	require.NoError(t, json.Unmarshal([]byte(consentForm), &form))
	return query{Message: "Overwrite 14 partitions of p1?", Schema: form}
}

// question receives the question of the older era and its id.
func (p *peer) question() (id string, q query) {
	p.t.Helper()
	l := p.receive()
	require.Equal(p.t, "elicitation/create", l.Method)
	require.NoError(p.t, json.Unmarshal(l.Params, &q))
	id, ok := l.ID.(string)
	require.True(p.t, ok)
	return id, q
}

// answers sends the answer to a question of the older era.
func (p *peer) answers(id, result string) {
	p.t.Helper()
	p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%q,"result":%s}`, id, result))
}

func outcomeOf(t *testing.T, r result) outcome {
	t.Helper()
	require.False(t, r.IsError, "%v", r.Content)
	var out outcome
	require.NoError(t, json.Unmarshal(r.Structured, &out))
	return out
}

// failureOf is the kind and the sentence of a call that failed.
func failureOf(t *testing.T, r result) (kind, message string) {
	t.Helper()
	require.True(t, r.IsError, string(r.Structured))
	var body struct {
		Error struct{ Kind, Message string }
	}
	require.NoError(t, json.Unmarshal(r.Structured, &body))
	return body.Error.Kind, body.Error.Message
}

const p1 = `{"plan":"p1"}`

// replies are the ways in which a person can answer the asking tool, and what it makes of them.
var replies = map[string]struct {
	answer string
	want   outcome
	writes int
}{
	"accept":          {`{"action":"accept","content":{"sure":true,"why":"wrong"}}`, outcome{Reply: wire.Accepted, Consent: consent{Sure: true, Why: "wrong"}}, 1},
	"accept, default": {`{"action":"accept","content":{"sure":false}}`, outcome{Reply: wire.Accepted, Consent: consent{Why: "late"}}, 1},
	"decline":         {`{"action":"decline"}`, outcome{Reply: wire.Declined}, 0},
	"cancel":          {`{"action":"cancel","content":{"sure":true}}`, outcome{Reply: wire.Dismissed}, 0},
}

// misfits are answers that are none.
var misfits = map[string]struct{ answer, kind, said string }{
	"no content":   {`{"action":"accept"}`, "invalid", `The answer to the question does not fit it: Argument "sure" is missing`},
	"wrong type":   {`{"action":"accept","content":{"sure":7}}`, "invalid", `Argument "sure" must be true or false`},
	"not listed":   {`{"action":"accept","content":{"sure":true,"why":"bored"}}`, "invalid", `must be one of late, wrong`},
	"more":         {`{"action":"accept","content":{"sure":true,"force":true}}`, "invalid", `Unknown argument "force"`},
	"other action": {`{"action":"agree"}`, "unavailable", `its action is "agree"; valid: accept, decline, cancel`},
}

func TestAnOlderClientIsAskedWhileTheCallWaits(t *testing.T) {
	t.Parallel()
	for name, c := range replies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLiving(t)
			p := dial(t, l.Server)
			require.Nil(t, p.ask(able).Error)
			p.send(call(1, "start", p1))
			id, q := p.question()
			require.Equal(t, ask14(t), q)
			require.Zero(t, l.writes())
			p.answers(id, c.answer)
			require.Equal(t, c.want, outcomeOf(t, p.resultOf(p.receive())))
			require.Equal(t, c.writes, l.writes())
			p.answers(id, c.answer)
			p.silent()
		})
	}
	for name, c := range misfits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLiving(t)
			p := dial(t, l.Server)
			require.Nil(t, p.ask(able).Error)
			p.send(call(1, "start", p1))
			id, _ := p.question()
			p.answers(id, c.answer)
			kind, said := failureOf(t, p.resultOf(p.receive()))
			require.Equal(t, c.kind, kind)
			require.Contains(t, said, c.said)
			require.Zero(t, l.writes())
		})
	}
}

func TestTheLoopServesWhileQuestionsAreOpen(t *testing.T) {
	t.Parallel()
	l := newLiving(t)
	p := dial(t, l.Server)
	require.Nil(t, p.ask(able).Error)
	var ids []string
	for i := range 20 {
		p.send(call(i, "start", fmt.Sprintf(`{"plan":"p%d"}`, i)))
		id, q := p.question()
		require.Contains(t, q.Message, fmt.Sprintf("of p%d?", i))
		ids = append(ids, id)
	}
	p.silent()
	require.Equal(t, "peer/0", p.call("who", `{}`).client(t), "calls run, more than may run at a time wait for people")
	for i, id := range ids {
		p.answers(id, `{"action":"decline"}`)
		require.InDelta(t, i, p.receive().ID, 0)
	}
}

func TestAQuestionEndsWithWhatItIsFor(t *testing.T) {
	t.Parallel()
	t.Run("the client fails to ask", func(t *testing.T) {
		t.Parallel()
		l := newLiving(t)
		p := dial(t, l.Server)
		require.Nil(t, p.ask(able).Error)
		p.send(call(1, "start", p1))
		id, _ := p.question()
		p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%q,"error":{"code":-32601,"message":"secret: no handler"}}`, id))
		kind, said := failureOf(t, p.resultOf(p.receive()))
		require.Equal(t, "unavailable", kind)
		require.Equal(t, "The client failed to ask its user.", said)
	})
	t.Run("the client closes its side", func(t *testing.T) {
		t.Parallel()
		l := newLiving(t)
		p := dial(t, l.Server)
		require.Nil(t, p.ask(able).Error)
		p.send(call(1, "start", p1))
		p.question()
		require.NoError(t, p.in.Close())
		kind, said := failureOf(t, p.resultOf(p.receive()))
		require.Equal(t, "unavailable", kind)
		require.Contains(t, said, "closed its side")
		require.NoError(t, p.finished())
		require.Zero(t, l.writes())
	})
	t.Run("the call is withdrawn", func(t *testing.T) {
		t.Parallel()
		l := newLiving(t)
		p := dial(t, l.Server)
		require.Nil(t, p.ask(able).Error)
		p.send(call(1, "start", p1))
		id, _ := p.question()
		p.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
		withdrawn := p.receive()
		require.Equal(t, "notifications/cancelled", withdrawn.Method)
		require.Contains(t, string(withdrawn.Params), fmt.Sprintf(`"requestId":%q`, id))
		p.answers(id, `{"action":"accept","content":{"sure":true}}`)
		p.silent()
		require.Zero(t, l.writes())
	})
	t.Run("the tool waits no longer", func(t *testing.T) {
		t.Parallel()
		p := dial(t, newLiving(t).Server)
		require.Nil(t, p.ask(able).Error)
		p.send(call(1, "hasty", p1))
		p.question()
		require.Equal(t, "notifications/cancelled", p.receive().Method)
		kind, _ := failureOf(t, p.resultOf(p.receive()))
		require.Equal(t, "unavailable", kind)
	})
	t.Run("the server is stopped", func(t *testing.T) {
		t.Parallel()
		p := dial(t, newLiving(t).Server)
		require.Nil(t, p.ask(able).Error)
		p.send(call(1, "start", p1))
		p.question()
		p.cancel()
		for p.out.Scan() { // the answer and the withdrawal may still be written
		}
		require.NoError(t, <-p.ended)
	})
}

func TestAClientThatCannotAskIsNotAsked(t *testing.T) {
	t.Parallel()
	onlyLinks := strings.Replace(able, `"elicitation":{}`, `"elicitation":{"url":{}}`, 1)
	for name, c := range map[string]struct{ hello, request string }{
		"older":                  {hello, call(1, "start", p1)},
		"older, links only":      {onlyLinks, call(1, "start", p1)},
		"newer":                  {hello, modern(1, "tools/call", `"name":"start","arguments":`+p1+`,`)},
		"newer, the other could": {able, modern(1, "tools/call", `"name":"start","arguments":`+p1+`,`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLiving(t)
			p := dial(t, l.Server)
			require.Nil(t, p.ask(c.hello).Error)
			kind, said := failureOf(t, p.resultOf(p.ask(c.request)))
			require.Equal(t, "unavailable", kind)
			require.Contains(t, said, "has not declared elicitation")
			require.Zero(t, l.writes())
		})
	}
	t.Run("a terminal", func(t *testing.T) {
		t.Parallel()
		for _, tool := range newLiving(t).tools() {
			if tool.Name == "start" {
				_, err := tool.Call(t.Context(), json.RawMessage(p1))
				require.Equal(t, fault.Unavailable, fault.KindOf(err))
			}
		}
	})
	t.Run("the era of the request decides", func(t *testing.T) {
		t.Parallel()
		p := dial(t, newLiving(t).Server)
		require.Nil(t, p.ask(hello).Error)
		require.NotEmpty(t, p.resultOf(p.ask(p.retry("start", p1, "", ""))).RequestState)
		kind, _ := failureOf(t, p.call("start", p1))
		require.Equal(t, "unavailable", kind, "what a newer request declares is not the session's")
	})
	t.Run("a form of lists is no question", func(t *testing.T) {
		t.Parallel()
		l := newLiving(t)
		p := dial(t, l.Server)
		require.Nil(t, p.ask(able).Error)
		kind, _ := failureOf(t, p.call("wrong", `{}`))
		require.Equal(t, "internal", kind)
		require.Contains(t, l.log.String(), "field list is not a text, a number or a boolean")
	})
}

// retry is a call of the newer era, with the answer to the question that came back as state.
func (p *peer) retry(tool, arguments, state, answer string) string {
	params := fmt.Sprintf(`"name":%q,"arguments":%s,`, tool, arguments)
	if state != "" {
		params += fmt.Sprintf(`"requestState":%q,`, state)
	}
	if answer != "" {
		params += fmt.Sprintf(`"inputResponses":{"question":%s},`, answer)
	}
	return modernAble(5, "tools/call", params)
}

// asks calls a tool of the newer era that must ask, and returns its state and question.
func (p *peer) asks(request string) (state string, q query) {
	p.t.Helper()
	r := p.resultOf(p.ask(request))
	require.Equal(p.t, "input_required", r.ResultType)
	require.False(p.t, r.IsError)
	require.Empty(p.t, r.Content)
	require.Len(p.t, r.InputRequests, 1)
	require.Equal(p.t, "elicitation/create", r.InputRequests["question"].Method)
	require.NotEmpty(p.t, r.RequestState)
	return r.RequestState, r.InputRequests["question"].Params
}

func TestANewerClientCallsAgainWithTheAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range replies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLiving(t)
			p := dial(t, l.Server)
			state, q := p.asks(p.retry("start", p1, "", ""))
			require.Equal(t, ask14(t), q)
			require.Zero(t, l.writes())
			r := p.resultOf(p.ask(p.retry("start", p1, state, c.answer)))
			require.Equal(t, "complete", r.ResultType)
			require.Equal(t, c.want, outcomeOf(t, r))
			require.Equal(t, c.writes, l.writes())
		})
	}
	for name, c := range misfits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLiving(t)
			p := dial(t, l.Server)
			state, _ := p.asks(p.retry("start", p1, "", ""))
			kind, said := failureOf(t, p.resultOf(p.ask(p.retry("start", p1, state, c.answer))))
			require.Equal(t, c.kind, kind)
			require.Contains(t, said, c.said)
			require.Zero(t, l.writes())
		})
	}
}

const yes = `{"action":"accept","content":{"sure":true}}`

func TestAnAnswerIsGoodForOneCallOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before     func(l *living, p *peer, state string)
		tool, args string
		state      string // "" is the one that was given
		kind, said string
	}{
		"used": {
			before: func(_ *living, p *peer, state string) { p.ask(p.retry("start", p1, state, yes)) },
			kind:   "conflict", said: "has been used already. Call start without requestState",
		},
		"too late": {
			before: func(l *living, _ *peer, _ string) { l.set(func() { l.now = l.now.Add(15 * time.Minute) }) },
			kind:   "conflict", said: "more than 15 minutes ago",
		},
		"other arguments": {args: `{"plan":"p2"}`, kind: "invalid", said: "was given to another call"},
		"another tool":    {tool: "twice", kind: "invalid", said: "was given to another call"},
		"made up":         {state: "e30.AAAA", kind: "invalid", said: "belongs to no question"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLiving(t)
			p := dial(t, l.Server)
			state, _ := p.asks(p.retry("start", p1, "", ""))
			if c.before != nil {
				c.before(l, p, state)
			}
			had := l.writes()
			kind, said := p.refused(p.retry(or(c.tool, "start"), or(c.args, p1), or(c.state, state), yes))
			require.Equal(t, c.kind, kind)
			require.Contains(t, said, c.said)
			require.Equal(t, had, l.writes())
		})
	}
	t.Run("just in time", func(t *testing.T) {
		t.Parallel()
		l := newLiving(t)
		p := dial(t, l.Server)
		state, _ := p.asks(p.retry("start", p1, "", ""))
		l.set(func() { l.now = l.now.Add(15*time.Minute - time.Second) })
		require.Equal(t, wire.Accepted, outcomeOf(t, p.resultOf(p.ask(p.retry("start", p1, state, yes)))).Reply)
	})
	t.Run("another session", func(t *testing.T) {
		t.Parallel()
		l := newLiving(t)
		one, other := dial(t, l.Server), dial(t, l.Server)
		state, _ := one.asks(one.retry("start", p1, "", ""))
		_, said := other.refused(other.retry("start", p1, state, yes))
		require.Contains(t, said, "was given to another call")
		require.Equal(t, wire.Accepted, outcomeOf(t, one.resultOf(one.ask(one.retry("start", p1, state, yes)))).Reply,
			"and whoever it belongs to has not lost it")
	})
	t.Run("another server", func(t *testing.T) {
		t.Parallel()
		one, other := dial(t, newLiving(t).Server), dial(t, newLiving(t).Server)
		state, _ := one.asks(one.retry("start", p1, "", ""))
		_, said := other.refused(other.retry("start", p1, state, yes))
		require.Contains(t, said, "the server was restarted")
	})
}

// refused is the kind and the sentence of a call that was not made: to the client as a JSON-RPC error where its state is not
// one of ours, to the model where it came too late.
func (p *peer) refused(request string) (kind, said string) {
	p.t.Helper()
	l := p.ask(request)
	if l.Error == nil {
		return failureOf(p.t, p.resultOf(l))
	}
	require.Equal(p.t, -32602, l.Error.Code)
	require.Equal(p.t, map[string]any{"kind": "invalid", "retryable": false}, l.Error.Data)
	return "invalid", l.Error.Message
}

func or(given, otherwise string) string {
	if given == "" {
		return otherwise
	}
	return given
}

func TestAStateThatWasTouchedIsRefused(t *testing.T) {
	t.Parallel()
	l := newLiving(t)
	p := dial(t, l.Server)
	state, _ := p.asks(p.retry("start", p1, "", ""))
	rapid.Check(t, func(t *rapid.T) {
		bytes := []byte(state)
		at := rapid.IntRange(0, len(bytes)-1).Draw(t, "at")
		bytes[at] = rapid.SampledFrom([]byte("ABCxyz019-_.")).Filter(func(b byte) bool { return b != bytes[at] }).Draw(t, "byte")
		if p.ask(p.retry("start", p1, string(bytes), yes)).Error != nil {
			return
		}
		// The last character of base64 has bits that say nothing.
		require.Contains(t, []int{strings.IndexByte(state, '.') - 1, len(state) - 1}, at)
	})
}

func TestWhatIsAgreedToIsWhatWasAsked(t *testing.T) {
	t.Parallel()
	l := newLiving(t)
	p := dial(t, l.Server)
	state, _ := p.asks(p.retry("start", p1, "", ""))
	l.set(func() { l.pairs = 500 })
	state, q := p.asks(p.retry("start", p1, state, yes))
	require.Equal(t, "Overwrite 500 partitions of p1?", q.Message, "the world has changed, so it is asked again")
	require.Zero(t, l.writes())
	require.Equal(t, wire.Accepted, outcomeOf(t, p.resultOf(p.ask(p.retry("start", p1, state, yes)))).Reply)

	state, _ = p.asks(p.retry("start", p1, "", ""))
	again, _ := p.asks(p.retry("start", p1, state, ""))
	require.NotEqual(t, state, again, "a state without an answer is asked again")
	p.asks(p.retry("start", p1, "", yes))
	require.Equal(t, 1, l.writes(), "and so is an answer without a state")
}

func TestAToolMayAskTwice(t *testing.T) {
	t.Parallel()
	l := newLiving(t)
	p := dial(t, l.Server)
	first, q := p.asks(p.retry("twice", p1, "", ""))
	require.Contains(t, q.Message, "Overwrite 14")
	second, q := p.asks(p.retry("twice", p1, first, yes))
	require.Equal(t, "Really?", q.Message)
	r := p.resultOf(p.ask(p.retry("twice", p1, second, `{"action":"decline"}`)))
	require.Equal(t, outcome{Reply: wire.Accepted, Consent: consent{Sure: true, Why: "late"}, Second: wire.Declined}, outcomeOf(t, r))

	require.Nil(t, p.ask(able).Error)
	p.send(call(1, "twice", p1))
	id, _ := p.question()
	p.answers(id, yes)
	id, q = p.question()
	require.Equal(t, "Really?", q.Message)
	p.answers(id, `{"action":"decline"}`)
	require.Equal(t, outcomeOf(t, r), outcomeOf(t, p.resultOf(p.receive())), "in the older era alike")
}
