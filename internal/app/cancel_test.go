package app_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/tools"
	"github.com/headwater-mcp/headwater/wire"
)

// endless is a project, served over HTTP, whose only relation is a view that DuckDB would count for years.
type endless struct {
	*ownBuilds

	url string
}

func newEndless(t *testing.T) endless {
	t.Helper()
	o := newOwnBuilds(t)
	o.do("drop table visits", `create view visits as select a.range as user_id, timestamp '2026-06-01 12:00:00' + to_days((hash(a.range + b.range + c.range) % 14)::integer) as "at", `+
		"'KR' as country, 'a' as page from range(100000) a, range(100000) b, range(100000) c")
	server, err := wire.NewServer(wire.Info{Name: "headwater", Version: "1", Now: time.Now}, tools.All(o.app.Current), nil, nil, zerolog.Nop())
	require.NoError(t, err)
	h := wire.NewHTTP(server, wire.HTTPOptions{Now: time.Now})
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		h.Close()
		s.CloseClientConnections()
		s.Close()
		h.Forget()
	})
	return endless{o, s.URL}
}

func (e endless) send(ctx context.Context, body string, header ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, strings.NewReader(body))
	require.NoError(e.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return http.DefaultClient.Do(r)
}

// counting waits until DuckDB has had the file open for so long that nothing but the count can be running.
func (e endless) counting() {
	e.t.Helper()
	lock := flock.New(filepath.Join(e.dir, "w.duckdb.headwater.lock"))
	defer lock.Close()
	inARow := 0
	require.Eventually(e.t, func() bool {
		free, err := lock.TryLock()
		require.NoError(e.t, err)
		inARow++
		if free {
			inARow = 0
			require.NoError(e.t, lock.Unlock())
		}
		return inARow == 50
	}, time.Minute, 10*time.Millisecond, "the count has not begun")
}

// ended proves that DuckDB has ended the count: the file can be had for writing only when nobody reads it any more.
func (e endless) ended() {
	e.t.Helper()
	e.do("create table proof as select 1 as i", "drop table proof")
}

const (
	countCall = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"check_partitions","arguments":{"nodes":["main.visits"]}META}}`
	newerMeta = `,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`
)

func TestAWithdrawnCallOverHTTPEndsItsQueryInDuckDB(t *testing.T) {
	t.Parallel()
	e := newEndless(t)
	begun, err := e.send(t.Context(), `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`)
	require.NoError(t, err)
	require.NoError(t, begun.Body.Close())
	session := []string{"Mcp-Session-Id", begun.Header.Get("Mcp-Session-Id")}
	answered := make(chan string, 1)
	go func() {
		response, err := e.send(context.WithoutCancel(t.Context()), strings.Replace(countCall, "META", "", 1), session...)
		if err != nil {
			answered <- err.Error()
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answered <- string(body)
	}()
	e.counting()
	require.Empty(t, answered)
	withdrawn, err := e.send(t.Context(), `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`, session...)
	require.NoError(t, err)
	require.NoError(t, withdrawn.Body.Close())
	require.Equal(t, http.StatusAccepted, withdrawn.StatusCode)
	e.ended()
	require.Empty(t, <-answered, "no answer is owed")
}

func TestAClosedResponseOfTheNewerEraEndsItsQueryInDuckDB(t *testing.T) {
	t.Parallel()
	e := newEndless(t)
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		response, err := e.send(ctx, strings.Replace(countCall, "META", newerMeta, 1),
			"Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/call", "Mcp-Name", "check_partitions")
		if err == nil {
			body, _ := io.ReadAll(response.Body)
			response.Body.Close()
			t.Errorf("it was answered: %s", body)
		}
		left <- err
	}()
	e.counting()
	leave()
	require.ErrorIs(t, <-left, context.Canceled)
	e.ended()
}
