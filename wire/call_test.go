package wire_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// client is who the tool who was called by, as it sees it.
func (r result) client(t *testing.T) string {
	t.Helper()
	return outcomeOf(t, r).Client
}

func TestAToolSeesWhoCalls(t *testing.T) {
	t.Parallel()
	p := dial(t, newLiving(t).Server)
	require.Equal(t, "/", p.call("who", `{}`).client(t), "who has not said is nobody")
	require.Nil(t, p.ask(hello).Error)
	require.Equal(t, "peer/0", p.call("who", `{}`).client(t))
	request := modern(2, "tools/call", `"name":"who","arguments":{},`)
	other := strings.Replace(request, `"name":"peer"`, `"name":"ot\u001b[2Jher\nline `+strings.Repeat("x", 100)+`"`, 1)
	require.Equal(t, "other line "+strings.Repeat("x", 69)+"/0", p.resultOf(p.ask(other)).client(t), "one short line")
	require.Equal(t, "peer/0", p.call("who", `{}`).client(t), "and a newer request does not speak for older ones")
	nobody := strings.Replace(request, `"io.modelcontextprotocol/clientInfo":{"name":"peer","version":"0"}`, `"x":1`, 1)
	require.Equal(t, "/", p.resultOf(p.ask(nobody)).client(t), "nor the other way round")
}

func TestAToolSeesForWhom(t *testing.T) {
	t.Parallel()
	l := newLiving(t)
	require.Equal(t, "ann", outcomeOf(t, dialAs(t, l.Server, "ann").call("who", `{}`)).User)
	require.Empty(t, outcomeOf(t, dial(t, l.Server).call("who", `{}`)).User)
}

func TestProgressIsToldToWhoAskedForIt(t *testing.T) {
	t.Parallel()
	for era, request := range eras {
		t.Run(era, func(t *testing.T) {
			t.Parallel()
			l := newLiving(t)
			p := dial(t, l.Server)
			with := request(1, "tools/call", `"name":"count","arguments":{},"_meta":{"progressToken":"tok"}`)
			if era == "newer" {
				with = strings.Replace(modern(1, "tools/call", `"name":"count","arguments":{},`), `"_meta":{`, `"_meta":{"progressToken":"tok",`, 1)
			}
			p.send(with)
			var got []string
			for message := p.receive(); message.ID == nil; message = p.receive() {
				require.Equal(t, "notifications/progress", message.Method)
				got = append(got, string(message.Params))
			}
			require.Equal(t, []string{
				`{"message":"step 0","progress":1,"progressToken":"tok","total":3}`,
				`{"message":"step 1","progress":2,"progressToken":"tok","total":3}`,
				`{"message":"step 4","progress":3,"progressToken":"tok","total":3}`,
			}, got, "all before the answer, growing")
			<-l.finished
			p.silent()
		})
	}
	t.Run("whose answer waits a moment", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := dial(t, newLiving(t).Server)
			began := time.Now()
			p.send(older(1, "tools/call", `"name":"count","arguments":{},"_meta":{"progressToken":1}`))
			for range 3 {
				require.Equal(t, "notifications/progress", p.receive().Method)
				require.Equal(t, began, time.Now())
			}
			require.NotNil(t, p.receive().ID)
			require.Equal(t, began.Add(10*time.Millisecond), time.Now(), "so that no client finds both in one read")
			p.call("who", `{}`)
			require.Equal(t, began.Add(10*time.Millisecond), time.Now(), "no other answer does")
		})
	})
	t.Run("and to nobody else", func(t *testing.T) {
		t.Parallel()
		p := dial(t, newLiving(t).Server)
		require.InDelta(t, 7, p.ask(call(7, "count", `{}`)).ID, 0)
		p.silent()
	})
	t.Run("in a terminal", func(t *testing.T) {
		t.Parallel()
		for _, tool := range newLiving(t).tools() {
			if tool.Name == "count" {
				out, err := tool.Call(t.Context(), json.RawMessage(`{}`))
				require.NoError(t, err)
				require.JSONEq(t, `{}`, string(out))
			}
		}
	})
}
