package wire_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/wire"
)

// line is one message from the server, read without the library.
type line struct {
	ID     any             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Data    any    `json:"data"`
	} `json:"error"`
}

// result is what tools/call answers, read without the library.
type result struct {
	ResultType string `json:"resultType"`
	Content    []struct{ Type, Text string }
	Structured json.RawMessage `json:"structuredContent"`
	IsError    bool            `json:"isError"`
	Meta       map[string]any  `json:"_meta"`

	RequestState  string `json:"requestState"`
	InputRequests map[string]struct {
		Method string
		Params query
	} `json:"inputRequests"`
}

// peer is a client of raw lines over a pair of in-memory pipes.
type peer struct {
	t      *testing.T
	in     *io.PipeWriter
	out    *bufio.Scanner
	cancel context.CancelFunc
	ended  chan error
}

func dial(t *testing.T, s *wire.Server) *peer {
	t.Helper()
	return dialAs(t, s, "")
}

func dialAs(t *testing.T, s *wire.Server, user string) *peer {
	t.Helper()
	inRead, inWrite := io.Pipe()
	outRead, outWrite := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	p := &peer{t: t, in: inWrite, out: bufio.NewScanner(outRead), cancel: cancel, ended: make(chan error, 1)}
	p.out.Buffer(nil, 1<<20)
	go func() {
		err := s.ServeStdio(wire.WithUser(ctx, user), inRead, outWrite)
		_ = outWrite.Close()
		p.ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		_ = inWrite.Close()
		_ = outRead.Close()
	})
	return p
}

func (p *peer) send(text string) {
	p.t.Helper()
	_, err := io.WriteString(p.in, text+"\n")
	require.NoError(p.t, err)
}

func (p *peer) receive() line {
	p.t.Helper()
	require.True(p.t, p.out.Scan(), "the server ended: %v", p.out.Err())
	var l line
	require.NoError(p.t, json.Unmarshal(p.out.Bytes(), &l), "stdout is protocol only: %s", p.out.Text())
	return l
}

func (p *peer) ask(text string) line {
	p.t.Helper()
	p.send(text)
	return p.receive()
}

// call calls a tool in the older era.
func (p *peer) call(tool, arguments string) result {
	p.t.Helper()
	return p.resultOf(p.ask(call(7, tool, arguments)))
}

func (p *peer) resultOf(l line) result {
	p.t.Helper()
	require.Nil(p.t, l.Error)
	var r result
	require.NoError(p.t, json.Unmarshal(l.Result, &r))
	return r
}

// finished waits for ServeStdio and returns its error.
func (p *peer) finished() error {
	p.t.Helper()
	for p.out.Scan() {
		p.t.Errorf("an unexpected message: %s", p.out.Text())
	}
	return <-p.ended
}

func call(id int, tool, arguments string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, id, tool, arguments)
}

const hello = `{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-11-25",` +
	`"capabilities":{},"clientInfo":{"name":"peer","version":"0"}}}`

// modern is a request of the era without a handshake.
func modern(id int, method, params string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":{%s"_meta":{`+
		`"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},`+
		`"io.modelcontextprotocol/clientInfo":{"name":"peer","version":"0"}}}}`, id, method, params)
}
