package httpd_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/httpd"
)

// endless is as many bytes of JSON as are asked for.
type endless struct {
	left int64
	read atomic.Int64
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), e.left)
	for i := range p[:n] {
		p[i] = ' '
	}
	e.left -= n
	e.read.Add(n)
	return int(n), nil
}

func TestABodyOf100MBIsRefusedBeforeItIsRead(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	body := &endless{left: 100 << 20}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+httpd.Endpoint, body)
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err == nil { // the connection may be closed while the client still writes
		require.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode)
		require.NoError(t, response.Body.Close())
	}
	require.Less(t, body.read.Load(), int64(16<<20), "what was sent, buffers of the sockets included")
	response, _ = s.do(ask{body: older})
	require.Equal(t, http.StatusOK, response.StatusCode)
}

func TestJSONThatIsSmallToSendAndLargeToReadIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	call := func(arguments string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"find_nodes","arguments":` + arguments + "," + meta + `}}`
	}
	deep := func(n int, open, end string) string { return strings.Repeat(open, n) + "1" + strings.Repeat(end, n) }
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for name, c := range map[string]struct{ body, says string }{
		"deep lists":           {call(deep(100_000, "[", "]")), "levels deep"},
		"deep objects":         {call(deep(50_000, `{"a":`, "}")), "levels deep"},
		"deep, without ends":   {strings.Repeat("[", 500_000), "levels deep"},
		"many values":          {call("[" + strings.Repeat("0,", 400_000) + "0]"), "values"},
		"many empty lists":     {call("[" + strings.Repeat("[],", 300_000) + "0]"), "values"},
		"many keys":            {call("{" + strings.Repeat(`"a":1,`, 100_000) + `"b":1}`), "values"},
		"hidden in a string":   {call(`{"text":"` + strings.Repeat(`\"[`, 90_000) + `"}`), ""},
		"a batch":              {"[" + older + "," + older + "]", "batches"},
		"not JSON":             {"{", "not JSON"},
		"not UTF-8":            {"\xff\xfe", "not JSON"},
		"a number":             {"1e999999999", "batches"},
		"nothing":              {"", "no message"},
		"no method":            {`{"jsonrpc":"2.0","id":1}`, "no method"},
		"keys that come twice": {`{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"no/such"}`, ""},
	} {
		response, answer := s.do(ask{body: c.body, header: map[string]string{
			"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "find_nodes",
		}})
		if c.says == "" {
			require.Less(t, response.StatusCode, http.StatusInternalServerError, name)
			continue
		}
		require.Equal(t, http.StatusBadRequest, response.StatusCode, name)
		require.Contains(t, answer, c.says, name)
	}
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(256<<20))
}

func TestAClientThatSendsSlowlyOrHeadersWithoutAnEndIsCutOff(t *testing.T) {
	t.Parallel()
	s := serve(t, func(o *httpd.Options) { o.Limits.Patience = 200 * time.Millisecond })
	for name, sent := range map[string]string{
		"a body that does not end": "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
		"headers that do not end":  "POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-A: ",
		"too many headers":         "POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-A: " + strings.Repeat("a", 40<<10),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
			require.NoError(t, err)
			defer c.Close()
			_, err = io.WriteString(c, sent)
			require.NoError(t, err)
			require.NoError(t, c.SetReadDeadline(time.Now().Add(20*time.Second)))
			text, err := io.ReadAll(c)
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the server did not close the connection")
			require.NotContains(t, string(text), "200 OK")
		})
	}
}

func TestTenThousandSessionsAreNotKept(t *testing.T) {
	t.Parallel()
	at := &clock{at: time.Now()}
	s := serve(t, func(o *httpd.Options) { o.Now, o.Limits.MaxSessions, o.Limits.MaxUserSessions = at.now, 500, 400 })
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var first string
	for i := range 10_000 {
		response, body := s.do(ask{body: older})
		require.Equal(t, http.StatusOK, response.StatusCode, body)
		at.pass(time.Millisecond)
		if i == 0 {
			first = response.Header.Get("Mcp-Session-Id")
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(64<<20))
	require.Contains(t, s.metrics(), "headwater_mcp_sessions 400\n")
	response, body := s.do(ask{body: ping, header: map[string]string{"Mcp-Session-Id": first}})
	require.Equal(t, http.StatusNotFound, response.StatusCode, "the oldest gave way")
	require.Contains(t, body, "initialize")
	at.pass(time.Hour)
	response, _ = s.do(ask{body: older})
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Contains(t, s.metrics(), "headwater_mcp_sessions 1\n", "those that were idle are ended")
}

func (s site) metrics() string {
	s.t.Helper()
	response, body := s.do(ask{path: "/metrics", method: http.MethodGet})
	require.Equal(s.t, http.StatusOK, response.StatusCode)
	return body
}

const ping = `{"jsonrpc":"2.0","id":2,"method":"ping"}`

func TestASessionIsItsUsersAlone(t *testing.T) {
	t.Parallel()
	path, tokens := tokenFile(t, "ann:read", "bob:read")
	s := serve(t, func(o *httpd.Options) { o.Tokens = path; o.Limits.MaxSessions, o.Limits.MaxUserSessions = 3, 2 })
	by := func(token, session string) map[string]string {
		return map[string]string{"Authorization": "Bearer " + token, "Mcp-Session-Id": session}
	}
	begin := func(token string) string {
		response, _ := s.do(ask{body: older, header: map[string]string{"Authorization": "Bearer " + token}})
		return response.Header.Get("Mcp-Session-Id")
	}
	session := begin(tokens[0])
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
		for name, c := range map[string]struct {
			session string
			status  int
		}{
			"of another user": {session, http.StatusNotFound}, "made up": {"http-AAAAAAAAAAAAAAAAAAAAAAAAAA", http.StatusNotFound},
			"none": {"", http.StatusBadRequest}, "too long": {strings.Repeat("a", 10_000), http.StatusNotFound},
		} {
			response, _ := s.do(ask{method: method, body: ping, header: by(tokens[1], c.session)})
			require.Equal(t, c.status, response.StatusCode, "%s %s", method, name)
		}
	}
	response, _ := s.do(ask{body: ping, header: by(tokens[0], session)})
	require.Equal(t, http.StatusOK, response.StatusCode)
	for range 5 {
		require.NotEmpty(t, begin(tokens[1]), "who has too many loses their own")
	}
	response, _ = s.do(ask{body: ping, header: by(tokens[0], session)})
	require.Equal(t, http.StatusOK, response.StatusCode, "and never those of others")
	response, _ = s.do(ask{method: http.MethodDelete, header: by(tokens[0], session)})
	require.Equal(t, http.StatusNoContent, response.StatusCode)
	response, _ = s.do(ask{body: ping, header: by(tokens[0], session)})
	require.Equal(t, http.StatusNotFound, response.StatusCode)
}

func TestWhoAsksTooOftenWaitsAndNobodyElse(t *testing.T) {
	t.Parallel()
	path, tokens := tokenFile(t, "ann:read", "bob:read")
	at := &clock{at: time.Now()}
	s := serve(t, func(o *httpd.Options) { o.Tokens, o.Rate, o.Burst, o.Now = path, 2, 3, at.now })
	status := func(token string) int {
		response, _ := s.call(token, "find_nodes")
		if response.StatusCode == http.StatusTooManyRequests {
			require.Equal(t, "1", response.Header.Get("Retry-After"))
		}
		return response.StatusCode
	}
	require.Equal(t, []int{200, 200, 200, 429, 429}, []int{status(tokens[0]), status(tokens[0]), status(tokens[0]), status(tokens[0]), status(tokens[0])})
	require.Equal(t, http.StatusOK, status(tokens[1]))
	at.pass(500 * time.Millisecond)
	require.Equal(t, []int{200, 429}, []int{status(tokens[0]), status(tokens[0])})
}

func TestADrainEndsStreamsAndLetsWhatRunsEndInItsTime(t *testing.T) {
	t.Parallel()
	log := &sink{}
	s := siteThatEnds(t, log, 300*time.Millisecond)
	session := s.session()
	streamed := s.stream(session)
	called := make(chan string, 1)
	go func() {
		_, body := s.call("", "get_backfill")
		called <- body
	}()
	require.Eventually(t, func() bool { return strings.Contains(s.metrics(), "headwater_http_requests_open 3\n") }, 10*time.Second, 10*time.Millisecond)
	s.end()
	_, err := io.ReadAll(streamed)
	require.NoError(t, err, "the stream ends as streams do")
	require.Contains(t, <-called, "cancelled", "who waits without an end is answered that it was cancelled")
	require.NoError(t, <-s.ended)
	require.Contains(t, log.String(), "draining")
}

// ending is a site that is told to end by the test.
type ending struct {
	site

	end   func()
	ended <-chan error
}

func siteThatEnds(t *testing.T, log *sink, drain time.Duration) ending {
	t.Helper()
	o := httpd.Options{Listen: "127.0.0.1:0", Now: time.Now, Drain: drain, Log: logTo(log)}
	server, err := httpd.New(o, product(o.Log))
	require.NoError(t, err)
	l, err := server.Listen(t.Context())
	require.NoError(t, err)
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, l) }()
	t.Cleanup(end)
	return ending{site: site{t: t, url: "http://" + l.Addr().String(), log: log, server: server}, end: end, ended: ended}
}

func (s site) session() string {
	s.t.Helper()
	response, _ := s.do(ask{body: older})
	require.Equal(s.t, http.StatusOK, response.StatusCode)
	return response.Header.Get("Mcp-Session-Id")
}

// stream opens the stream of a session.
func (s site) stream(session string) io.Reader {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+httpd.Endpoint, http.NoBody)
	require.NoError(s.t, err)
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Mcp-Session-Id", session)
	response, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusOK, response.StatusCode)
	s.t.Cleanup(func() { response.Body.Close() })
	return bufio.NewReader(response.Body)
}
