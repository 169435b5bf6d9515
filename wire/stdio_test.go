package wire_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/headwater-mcp/headwater/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gate is a tool that says when it has started and answers when it is let go.
func gate(started chan<- string, release <-chan struct{}) wire.Tool {
	return wire.Read("gate", "Gate", "Waits.", func(ctx context.Context, in said) (said, error) {
		started <- in.Text
		select {
		case <-release:
			return in, nil
		case <-ctx.Done():
			started <- "stopped " + in.Text
			return said{}, ctx.Err()
		}
	})
}

func gated(t *testing.T) (p *peer, started <-chan string, release chan<- struct{}) {
	t.Helper()
	starts, releases := make(chan string, 100), make(chan struct{}, 100)
	s, err := wire.NewServer(wire.Info{Name: "gate", Version: "1", Now: time.Now}, []wire.Tool{gate(starts, releases)}, nil, nil, zerolog.New(io.Discard))
	require.NoError(t, err)
	return dial(t, s), starts, releases
}

func TestInputThatEndsIsACleanEnd(t *testing.T) {
	t.Parallel()
	t.Run("at once", func(t *testing.T) {
		t.Parallel()
		p := dial(t, sampleServer(t, io.Discard))
		require.NoError(t, p.in.Close())
		require.NoError(t, p.finished())
	})
	t.Run("what was asked is answered first, the last line without a newline too", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		in := hello + "\n\n" + call(1, "search", `{"node":"a"}`) + "\r\n" + call(2, "lost", `{}`)
		require.NoError(t, sampleServer(t, io.Discard).ServeStdio(t.Context(), strings.NewReader(in), &out))
		require.Equal(t, 3, strings.Count(out.String(), "\n"))
		require.Equal(t, 3, strings.Count(out.String(), `"result"`))
	})
	t.Run("a call that runs is waited for", func(t *testing.T) {
		t.Parallel()
		p, started, release := gated(t)
		p.send(call(1, "gate", `{"text":"a"}`))
		require.Equal(t, "a", <-started)
		require.NoError(t, p.in.Close())
		release <- struct{}{}
		require.False(t, p.resultOf(p.receive()).IsError)
		require.NoError(t, p.finished())
	})
	t.Run("what lasts as long as the connection does not hold it", func(t *testing.T) {
		t.Parallel()
		p := dial(t, sampleServer(t, io.Discard))
		require.Equal(t, "notifications/subscriptions/acknowledged",
			p.ask(modern(1, "subscriptions/listen", `"notifications":{"toolsListChanged":true},`)).Method)
		require.NotNil(t, p.receive().Result, "nothing is ever sent, so it ends at once")
		require.NoError(t, p.in.Close())
		require.NoError(t, p.finished())
	})
}

func TestAContextThatEndsIsACleanEnd(t *testing.T) {
	t.Parallel()
	t.Run("while nothing is asked", func(t *testing.T) {
		t.Parallel()
		p := dial(t, sampleServer(t, io.Discard))
		p.cancel()
		require.NoError(t, p.finished())
		_, err := p.in.Write([]byte("x"))
		require.ErrorIs(t, err, io.ErrClosedPipe, "input is closed, so that its reader is not left behind")
	})
	t.Run("while a call runs", func(t *testing.T) {
		t.Parallel()
		p, started, _ := gated(t)
		p.send(call(1, "gate", `{"text":"a"}`))
		require.Equal(t, "a", <-started)
		p.cancel()
		require.Equal(t, "stopped a", <-started)
		require.Contains(t, p.resultOf(p.receive()).Content[0].Text, "cancelled")
		require.NoError(t, p.finished())
	})
}

func TestAWithdrawnRequestStopsAndIsNotAnswered(t *testing.T) {
	t.Parallel()
	p, started, release := gated(t)
	p.send(call(1, "gate", `{"text":"a"}`))
	require.Equal(t, "a", <-started)
	p.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":"enough"}}`)
	require.Equal(t, "stopped a", <-started)

	p.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"unknown"}}`)
	p.send(call(2, "gate", `{"text":"b"}`))
	require.Equal(t, "b", <-started)
	release <- struct{}{}
	require.InDelta(t, 2, p.receive().ID, 0, "the first message is the second call's")
	require.NoError(t, p.in.Close())
	require.NoError(t, p.finished())
}

func TestCallsRunSideBySideUpToABound(t *testing.T) {
	t.Parallel()
	const bound = 8
	p, started, release := gated(t)
	for id := range bound + 4 {
		p.send(call(id, "gate", `{"text":"x"}`))
	}
	for range bound {
		<-started
	}
	require.NotNil(t, p.ask(`{"jsonrpc":"2.0","id":"ping","method":"ping"}`).Result, "others are answered meanwhile")
	select {
	case <-started:
		t.Fatal("more calls run than the bound allows")
	default:
	}
	for range bound + 4 {
		release <- struct{}{}
		require.NotNil(t, p.receive().Result)
	}
	require.NoError(t, p.in.Close())
	require.NoError(t, p.finished())
}

func TestMessagesThatAreNoRequests(t *testing.T) {
	t.Parallel()
	p := dial(t, sampleServer(t, io.Discard))
	for name, c := range map[string]struct {
		given string
		code  int
		said  string
	}{
		"not JSON":     {`{"jsonrpc":`, -32700, "not JSON"},
		"not text":     {"\xff\xfe\x00", -32700, "not JSON"},
		"a batch":      {`[` + hello + `]`, -32600, "batches are not supported"},
		"no method":    {`{"jsonrpc":"2.0","id":4}`, -32600, "no method"},
		"unknown":      {`{"jsonrpc":"2.0","id":4,"method":"tools/cal"}`, -32601, "not found"},
		"unknown tool": {call(4, "serch", `{}`), -32602, `There is no tool "serch". Did you mean search? Tools: search, erase, lost`},
		"no tool":      {`{"jsonrpc":"2.0","id":4,"method":"tools/call"}`, -32602, "Tools: search"},
		"a cursor":     {`{"jsonrpc":"2.0","id":4,"method":"tools/list","params":{"cursor":"xyz"}}`, -32602, "without cursors"},
		"no such era":  {strings.Replace(modern(4, "tools/list", ""), "2026-07-28", "2099-01-01", 1), -32022, "2099-01-01"},
		"too long":     {strings.Repeat("x", 5<<20), -32600, "longer than 4194304 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			l := p.ask(c.given)
			require.NotNil(t, l.Error)
			require.Equal(t, c.code, l.Error.Code, l.Error.Message)
			require.Contains(t, l.Error.Message, c.said)
		})
	}
	p.send(`{"jsonrpc":"2.0","method":"notifications/whatever"}`)
	p.send(`{"jsonrpc":"2.0","id":9,"result":{}}`)
	p.send(`{"jsonrpc":"2.0","id":9,"error":{"code":1,"message":"no"}}`)
	require.Equal(t, "last", p.ask(`{"jsonrpc":"2.0","id":"last","method":"ping"}`).ID, "and none of these was answered")
	require.NoError(t, p.in.Close())
	require.NoError(t, p.finished())
}

func TestAPipeThatBreaksIsAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	t.Run("out", func(t *testing.T) {
		t.Parallel()
		in, write := io.Pipe()
		ended := make(chan error, 1)
		s := sampleServer(t, io.Discard)
		go func() { ended <- s.ServeStdio(t.Context(), in, failing{broken}) }()
		_, err := io.WriteString(write, call(1, "wait", `{}`)+"\n"+hello+"\n")
		require.NoError(t, err)
		require.ErrorIs(t, <-ended, broken, "and the call that ran was cancelled")
	})
	t.Run("in", func(t *testing.T) {
		t.Parallel()
		err := sampleServer(t, io.Discard).ServeStdio(t.Context(), failing{broken}, io.Discard)
		require.ErrorIs(t, err, broken)
	})
	t.Run("two clients of one server do not share a session", func(t *testing.T) {
		t.Parallel()
		s := sampleServer(t, io.Discard)
		for _, p := range []*peer{dial(t, s), dial(t, s)} {
			require.Nil(t, p.ask(hello).Error)
		}
	})
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
func (f failing) Read([]byte) (int, error)  { return 0, f.err }
