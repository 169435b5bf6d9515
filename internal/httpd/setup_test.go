package httpd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/headwater-mcp/headwater/internal/httpd"
	"github.com/headwater-mcp/headwater/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sink is a log that several goroutines write.
type sink struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

type words struct {
	Text string `json:"text,omitempty"`
}

type said struct {
	User  string     `json:"user"`
	Reply wire.Reply `json:"reply,omitempty"`
}

// product is a server with one tool for each scope, named as headwater's own are.
func product(log zerolog.Logger) func(func(context.Context, string) bool) (*wire.Server, error) {
	return func(allows func(context.Context, string) bool) (*wire.Server, error) {
		echo := func(ctx context.Context, _ words) (said, error) { return said{User: wire.User(ctx)}, nil }
		return wire.NewServer(wire.Info{Name: "test", Version: "1", Now: time.Now, Allows: allows}, []wire.Tool{
			wire.Read("find_nodes", "Find", "Reads.", echo),
			wire.Read("plan_backfill", "Plan", "Plans.", echo),
			wire.Write("start_backfill", "Start", "Writes, and asks before.", wire.Hints{}, func(ctx context.Context, _ words) (said, error) {
				_, reply, err := wire.Ask[struct{}](ctx, "Sure?")
				return said{User: wire.User(ctx), Reply: reply}, err
			}),
			wire.Read("fail", "Fail", "Fails.", func(context.Context, words) (said, error) { return said{}, os.ErrClosed }),
			wire.Read("get_backfill", "Wait", "Waits.", func(ctx context.Context, _ words) (said, error) {
				<-ctx.Done()
				return said{}, ctx.Err()
			}),
		}, []wire.Resource{{
			Name: "status", Title: "Status", Description: "Status.", URI: "test://status",
			Read: func(context.Context, map[string]string) (any, error) { return said{}, nil },
		}}, []wire.Prompt{
			{Name: "look", Title: "Look", Description: "Looks.", Get: asked},
			{Name: "plan-it", Title: "Plan", Description: "Plans.", Tool: "plan_backfill", Get: asked},
		}, log)
	}
}

func asked(context.Context, map[string]string) (wire.Question, error) {
	return wire.Question{Text: "What?"}, nil
}

// site is a server under test, and what it logged.
type site struct {
	t      *testing.T
	url    string
	log    *sink
	server *httpd.Server
}

// serve runs a server on loopback. change may set any option but Log.
func serve(t *testing.T, change func(*httpd.Options)) site {
	t.Helper()
	log := &sink{}
	o := httpd.Options{Listen: "127.0.0.1:0", Log: zerolog.New(log), Now: time.Now, Rate: 1e6, Burst: 1e6}
	if change != nil {
		change(&o)
	}
	server, err := httpd.New(o, product(o.Log))
	require.NoError(t, err)
	l, err := server.Listen(t.Context())
	require.NoError(t, err)
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		end()
		require.NoError(t, <-ended)
	})
	return site{t: t, url: "http://" + l.Addr().String(), log: log, server: server}
}

// ask is one request: header pairs are names and values, and an empty body sends GET.
type ask struct {
	path, method, body string
	header             map[string]string
}

// do sends a request and returns the answer with its body read.
func (s site) do(a ask) (*http.Response, string) {
	s.t.Helper()
	if a.path == "" {
		a.path = httpd.Endpoint
	}
	if a.method == "" {
		a.method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(s.t.Context(), a.method, s.url+a.path, strings.NewReader(a.body))
	require.NoError(s.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for name, value := range a.header {
		r.Header.Set(name, value)
		if name == "Host" {
			r.Host = value
		}
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return response, string(body)
}

const (
	older = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`
	meta  = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{"form":{}}},"io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"}}`
)

// newer sends a request of the newer era.
func (s site) newer(token, method, name, params string) (*http.Response, string) {
	s.t.Helper()
	if params != "" {
		params += ","
	}
	if name != "" {
		params += `"name":"` + name + `",`
	}
	header := map[string]string{"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": method, "Mcp-Name": name}
	if token != "" {
		header["Authorization"] = "Bearer " + token
	}
	return s.do(ask{body: `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{` + params + meta + `}}`, header: header})
}

func (s site) call(token, tool string) (*http.Response, string) {
	s.t.Helper()
	return s.newer(token, "tools/call", tool, `"arguments":{}`)
}

// structured is the structured content of an answer.
func structured(t *testing.T, body string) string {
	t.Helper()
	var answer struct {
		Result struct {
			Content json.RawMessage `json:"structuredContent"`
		} `json:"result"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &answer), body)
	return string(answer.Result.Content)
}

// tokenFile writes a file of tokens, one for each user:scopes, and returns the tokens in their order.
func tokenFile(t *testing.T, users ...string) (path string, tokens []string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "tokens")
	text := []byte("# users of the test\n\n")
	for _, each := range users {
		user, scopes, _ := strings.Cut(each, ":")
		token, line, err := httpd.NewToken(user, strings.Split(scopes, ","), time.Time{})
		require.NoError(t, err)
		tokens = append(tokens, token)
		text = fmt.Appendf(text, "%s # %s\n", line, user)
	}
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path, tokens
}

func logTo(s *sink) zerolog.Logger { return zerolog.New(s) }
