package wire_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/wire"
)

// web is a server whose tools tell how far they are and wait, and say when they were let go or stopped.
type web struct {
	t       *testing.T
	url     string
	events  chan string
	release chan struct{}
	server  *wire.Server
}

func newWeb(t *testing.T) web {
	t.Helper()
	w := web{t: t, events: make(chan string, 100), release: make(chan struct{})}
	wait := wire.Read("wait", "Wait", "Waits.", func(ctx context.Context, in said) (said, error) {
		wire.Progress(ctx, 1, 2, in.Text)
		w.events <- "began " + in.Text
		select {
		case <-w.release:
			return in, nil
		case <-ctx.Done():
			w.events <- "stopped " + in.Text
			return said{}, ctx.Err()
		}
	})
	run := wire.Resource{
		Name: "run", Title: "Run", Description: "A run.", URI: "s://run/{id}",
		Read: func(_ context.Context, variables map[string]string) (any, error) { return variables, nil },
	}
	var err error
	w.server, err = wire.NewServer(wire.Info{Name: "web", Version: "1", Now: time.Now}, []wire.Tool{wait}, []wire.Resource{run}, nil, zerolog.Nop())
	require.NoError(t, err)
	h := wire.NewHTTP(w.server, wire.HTTPOptions{Now: time.Now})
	s := httptest.NewServer(h)
	w.url = s.URL
	t.Cleanup(func() {
		h.Close()
		http.DefaultClient.CloseIdleConnections()
		s.Close()
		h.Forget()
	})
	return w
}

// send sends a request and returns its answer, whose body is the caller's to read and close.
func (w web) send(ctx context.Context, method, body string, header ...string) *http.Response {
	w.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, w.url, strings.NewReader(body))
	require.NoError(w.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { response.Body.Close() })
	return response
}

func (w web) text(r *http.Response) string {
	w.t.Helper()
	body, err := io.ReadAll(r.Body)
	require.NoError(w.t, err)
	require.NoError(w.t, r.Body.Close())
	return string(body)
}

func (w web) session() string {
	w.t.Helper()
	r := w.send(w.t.Context(), http.MethodPost, hello)
	require.Equal(w.t, http.StatusOK, r.StatusCode, w.text(r))
	return r.Header.Get("Mcp-Session-Id")
}

func waitCall(id, text string) string {
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"name":"wait","arguments":{"text":"` + text + `"},"_meta":{"progressToken":"` + text + `"}}}`
}

func TestOverHTTPWhatIsSaidOfACallStandsInItsOwnResponse(t *testing.T) {
	t.Parallel()
	w := newWeb(t)
	session := w.session()
	var answers []*http.Response
	for id, text := range map[string]string{"1": "one", "2": "two", "3": "three"} {
		answers = append(answers, w.send(t.Context(), http.MethodPost, waitCall(id, text), "Mcp-Session-Id", session))
		<-w.events
	}
	close(w.release)
	for _, answer := range answers {
		body := w.text(answer)
		require.Equal(t, "text/event-stream", answer.Header.Get("Content-Type"))
		require.Equal(t, 2, strings.Count(body, "data: "), body)
		progress, result, _ := strings.Cut(body, "\n\n")
		text := between(t, progress, `"progressToken":"`, `"`)
		require.Contains(t, result, `"text":"`+text+`"`, body)
	}
}

func between(t *testing.T, text, before, after string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, before)
	require.True(t, ok, text)
	found, _, ok := strings.Cut(rest, after)
	require.True(t, ok, text)
	return found
}

func TestOverHTTPACallIsStoppedByItsWithdrawalOrByItsClientGoingAway(t *testing.T) {
	t.Parallel()
	w := newWeb(t)
	session := w.session()
	withdrawn := w.send(t.Context(), http.MethodPost, waitCall("1", "one"), "Mcp-Session-Id", session)
	require.Equal(t, "began one", <-w.events)
	other := w.session()
	cancel := `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`
	require.Equal(t, http.StatusAccepted, w.send(t.Context(), http.MethodPost, cancel, "Mcp-Session-Id", other).StatusCode)
	require.Empty(t, w.events, "another session has other requests of that id")
	require.Equal(t, http.StatusAccepted, w.send(t.Context(), http.MethodPost, cancel, "Mcp-Session-Id", session).StatusCode)
	require.Equal(t, "stopped one", <-w.events)
	require.NotContains(t, w.text(withdrawn), `"id":1`, "no answer is owed")

	ctx, leave := context.WithCancel(t.Context())
	w.send(ctx, http.MethodPost, waitCall("2", "two"), "Mcp-Session-Id", session)
	require.Equal(t, "began two", <-w.events)
	leave()
	require.Equal(t, "stopped two", <-w.events)

	gone := w.send(t.Context(), http.MethodPost, waitCall("3", "three"), "Mcp-Session-Id", session)
	require.Equal(t, "began three", <-w.events)
	require.Equal(t, http.StatusNoContent, w.send(t.Context(), http.MethodDelete, "", "Mcp-Session-Id", session).StatusCode)
	require.Equal(t, "stopped three", <-w.events, "a session's end is that of its calls")
	w.text(gone)
}

// TestOverHTTPNoUpdateIsLost: each is heard before the next one comes, whatever else the session does meanwhile.
func TestOverHTTPNoUpdateIsLost(t *testing.T) {
	t.Parallel()
	w := newWeb(t)
	session := w.session()
	replaced := w.send(t.Context(), http.MethodGet, "", "Mcp-Session-Id", session)
	stream := w.send(t.Context(), http.MethodGet, "", "Mcp-Session-Id", session)
	require.Empty(t, w.text(replaced), "a session has one stream, the last one")
	subscribe := `{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"s://run/a"}}`
	w.text(w.send(t.Context(), http.MethodPost, subscribe, "Mcp-Session-Id", session))
	done := make(chan struct{})
	idle := make(chan struct{})
	for range 4 {
		go func() {
			for {
				select {
				case <-done:
					idle <- struct{}{}
					return
				default:
					w.text(w.send(context.WithoutCancel(t.Context()), http.MethodPost,
						`{"jsonrpc":"2.0","id":9,"method":"resources/read","params":{"uri":"s://run/a"}}`, "Mcp-Session-Id", session))
				}
			}
		}()
	}
	lines := bufio.NewScanner(stream.Body)
	for range 300 {
		w.server.Changed("s://run/a")
		for lines.Scan() && !strings.Contains(lines.Text(), "resources/updated") {
		}
		require.NoError(t, lines.Err())
	}
	close(done)
	for range 4 {
		<-idle
	}
}

func TestOverHTTPTheNewerEraHasItsOwnStatusCodes(t *testing.T) {
	t.Parallel()
	w := newWeb(t)
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`
	version := []string{"Mcp-Protocol-Version", "2026-07-28"}
	request := func(method, params string) string {
		return `{"jsonrpc":"2.0","id":7,"method":"` + method + `","params":{` + params + meta + `}}`
	}
	for name, c := range map[string]struct {
		body   string
		header []string
		status int
		code   string
	}{
		"what it has no method for":    {request("resources/subscribe", `"uri":"s://nothing",`), append(version, "Mcp-Method", "resources/subscribe"), 404, "-32601"},
		"a method that is none":        {request("no/such", ""), append(version, "Mcp-Method", "no/such"), 404, "-32601"},
		"a header for another method":  {request("tools/list", ""), append(version, "Mcp-Method", "tools/call"), 400, "-32020"},
		"no header of the version":     {request("tools/list", ""), []string{"Mcp-Method", "tools/list"}, 400, "-32020"},
		"a name of another tool":       {request("tools/call", `"name":"wait",`), append(version, "Mcp-Method", "tools/call", "Mcp-Name", "other"), 400, "-32020"},
		"a version that nobody speaks": {strings.ReplaceAll(request("tools/list", ""), "2026-07-28", "2031-01-01"), []string{"Mcp-Protocol-Version", "2031-01-01"}, 400, "-32022"},
		"a document that is not there": {request("resources/read", `"uri":"s://nothing",`), append(version, "Mcp-Method", "resources/read", "Mcp-Name", "s://nothing"), 400, "-32602"},
		"an answer to a request":       {`{"jsonrpc":"2.0","id":"ask-1","result":{}}`, version, 400, "-32600"},
	} {
		r := w.send(t.Context(), http.MethodPost, c.body, c.header...)
		body := w.text(r)
		require.Equal(t, c.status, r.StatusCode, "%s: %s", name, body)
		require.Contains(t, body, `"code":`+c.code, name)
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		r := w.send(t.Context(), method, "", version...)
		require.Equal(t, http.StatusMethodNotAllowed, r.StatusCode)
		require.Equal(t, "POST", r.Header.Get("Allow"))
	}
}

func TestOverHTTPAClientThatTakesNoEventsIsAnsweredAndNotAsked(t *testing.T) {
	t.Parallel()
	ask := wire.Read("ask", "Ask", "Asks.", func(ctx context.Context, in said) (said, error) {
		wire.Progress(ctx, 1, 2, "asking")
		_, _, err := wire.Ask[struct{}](ctx, "Sure?")
		return in, err
	})
	s, err := wire.NewServer(wire.Info{Name: "web", Version: "1", Now: time.Now}, []wire.Tool{ask}, nil, nil, zerolog.Nop())
	require.NoError(t, err)
	h := wire.NewHTTP(s, wire.HTTPOptions{Now: time.Now})
	served := httptest.NewServer(h)
	t.Cleanup(func() {
		served.Close()
		h.Forget()
	})
	w := web{t: t, url: served.URL}
	begun := w.send(t.Context(), http.MethodPost, strings.Replace(hello, `"capabilities":{}`, `"capabilities":{"elicitation":{}}`, 1))
	require.Contains(t, w.text(begun), `"result"`)
	body := strings.Replace(waitCall("1", "one"), `"name":"wait"`, `"name":"ask"`, 1)
	answer := w.send(t.Context(), http.MethodPost, body, "Mcp-Session-Id", begun.Header.Get("Mcp-Session-Id"), "Accept", "application/json")
	require.Equal(t, "application/json", answer.Header.Get("Content-Type"))
	require.Contains(t, w.text(answer), "does not accept text/event-stream")
}
