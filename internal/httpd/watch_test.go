package httpd_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/headwater-mcp/headwater/internal/httpd"
)

// watched is a site with tokens whose traces are kept.
func watched(t *testing.T, users ...string) (s site, tokens []string, spans *tracetest.InMemoryExporter) {
	t.Helper()
	path, tokens := tokenFile(t, users...)
	spans = tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	t.Cleanup(func() { require.NoError(t, provider.Shutdown(context.WithoutCancel(t.Context()))) })
	s = serve(t, func(o *httpd.Options) {
		o.Tokens, o.Tracer, o.Log = path, provider.Tracer("test"), o.Log.Level(zerolog.TraceLevel)
	})
	return s, tokens, spans
}

func TestATraceGoesOnFromTheOneThatMetaNames(t *testing.T) {
	t.Parallel()
	s, tokens, spans := watched(t, "ann:read")
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	send := func(traceparent string) string {
		body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"find_nodes","arguments":{"text":"private words"},` +
			strings.Replace(meta, "{", `{"traceparent":"`+traceparent+`","tracestate":"a=b",`, 1) + `}}`
		response, _ := s.do(ask{body: body, header: map[string]string{
			"Authorization": "Bearer " + tokens[0], "Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "find_nodes",
		}})
		require.Equal(t, http.StatusOK, response.StatusCode)
		return response.Header.Get("X-Request-ID")
	}
	id := send(parent)
	require.Len(t, spans.GetSpans(), 1)
	span := spans.GetSpans()[0]
	require.Equal(t, "tools/call find_nodes", span.Name)
	require.Equal(t, "0af7651916cd43dd8448eb211c80319c", span.SpanContext.TraceID().String())
	require.Equal(t, "b7ad6b7169203331", span.Parent.SpanID().String())
	require.Contains(t, fmt.Sprint(span.Attributes), id)
	require.NotContains(t, fmt.Sprint(span.Attributes), "private words")
	spans.Reset()
	send("00-zz-zz-zz")
	require.False(t, spans.GetSpans()[0].Parent.IsValid(), "what is no parent begins a new trace")
}

func TestEveryRequestIsALineOfTheLogAndANumberOfTheMetrics(t *testing.T) {
	t.Parallel()
	s, tokens, spans := watched(t, "ann:read,write")
	s.call(tokens[0], "find_nodes")
	response, _ := s.call(tokens[0], "fail")
	s.newer(tokens[0], "no/such", "", "")
	s.do(ask{path: "/any/../path?" + tokens[0], method: "WEIRD"})
	var lines []map[string]any
	for text := range strings.SplitSeq(strings.TrimSpace(s.log.String()), "\n") {
		var line map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &line), text)
		lines = append(lines, line)
	}
	require.Equal(t, "ann", lines[0]["user"])
	require.Equal(t, "find_nodes", lines[0]["tool"])
	id := response.Header.Get("X-Request-ID")
	causes := 0
	for _, line := range lines {
		if line["request_id"] == id && line["message"] == "internal error" {
			causes++
			require.Equal(t, "file already closed", line["error"])
		}
	}
	require.Equal(t, 1, causes, "the cause is found by the request's id")
	answered, body := s.do(ask{path: "/metrics", method: http.MethodGet, header: map[string]string{"Authorization": "Bearer " + tokens[0]}})
	require.Equal(t, http.StatusOK, answered.StatusCode)
	for _, line := range []string{
		`headwater_mcp_requests_total{era="newer",failure="",method="tools/call",tool="find_nodes"} 1`,
		`headwater_mcp_requests_total{era="newer",failure="internal",method="tools/call",tool="fail"} 1`,
		`headwater_mcp_requests_total{era="newer",failure="rpc-32601",method="other",tool=""} 1`,
		`headwater_http_requests_total{method="other",path="other",status="404"} 1`,
	} {
		require.Contains(t, body, line+"\n")
	}
	require.NotContains(t, body, "ann")
	require.Len(t, spans.GetSpans(), 3)
}

func TestNoTokenStandsInALogATraceAMetricOrAnAnswer(t *testing.T) {
	t.Parallel()
	s, tokens, spans := watched(t, "ann:read,plan,write", "bob:read")
	other, _, err := httpd.NewToken("eve", []string{"read"}, time.Time{})
	require.NoError(t, err)
	jwt := "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"
	secrets := append([]string{other, jwt, "aHVudGVyMg"}, tokens...)
	var answers, metrics strings.Builder
	for _, secret := range secrets {
		for _, scheme := range []string{"Bearer ", "bearer ", "Basic ", "", "Bearer x "} {
			for _, tool := range []string{"find_nodes", "start_backfill", "fail", "no_such_tool"} {
				response, body := s.newer("", "tools/call", tool, `"arguments":{}`)
				fmt.Fprint(&answers, body, response.Header)
				response, body = s.do(ask{
					path: httpd.Endpoint + "?token=" + secret, body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `","arguments":{},` + meta + `}}`,
					header: map[string]string{
						"Authorization": scheme + secret, "Cookie": "session=" + secret, "X-Api-Key": secret, "X-Request-ID": "no id " + secret,
						"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool,
					},
				})
				fmt.Fprint(&answers, body, response.Header)
			}
		}
		response, body := s.do(ask{body: older, header: map[string]string{"Authorization": "Bearer " + secret}})
		fmt.Fprint(&answers, body, response.Header)
		response, body = s.do(ask{path: "/" + secret, method: http.MethodGet})
		fmt.Fprint(&answers, body, response.Header)
	}
	for _, token := range tokens {
		_, body := s.do(ask{path: "/metrics", method: http.MethodGet, header: map[string]string{"Authorization": "Bearer " + token}})
		metrics.WriteString(body)
	}
	require.Contains(t, s.log.String(), `"user":"ann"`)
	require.NotEmpty(t, spans.GetSpans())
	for _, secret := range secrets {
		require.NotContains(t, s.log.String(), secret)
		require.NotContains(t, answers.String(), secret)
		require.NotContains(t, metrics.String(), secret)
		require.NotContains(t, fmt.Sprintf("%+v", spans.GetSpans()), secret)
	}
}
