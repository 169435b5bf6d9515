package wire_test

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"sync"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
)

var sampleNames = []string{"search", "erase", "lost", "locked", "foreign", "panics", "nothing", "wait"}

func TestOlderEraInRawLines(t *testing.T) {
	t.Parallel()
	p := dial(t, sampleServer(t, io.Discard))

	var welcome struct {
		ProtocolVersion string `json:"protocolVersion"`
		ServerInfo      struct{ Name, Version string }
		Instructions    string
		Capabilities    map[string]any
	}
	require.NoError(t, json.Unmarshal(p.ask(hello).Result, &welcome))
	require.Equal(t, "2025-11-25", welcome.ProtocolVersion)
	require.Equal(t, "sample", welcome.ServerInfo.Name)
	require.Equal(t, "1.2.3", welcome.ServerInfo.Version)
	require.Equal(t, "Start with search.", welcome.Instructions)
	require.Equal(t, map[string]any{"tools": map[string]any{}}, welcome.Capabilities)

	p.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	r := p.call("search", `{"node":"a","depth":"2"}`)
	require.Empty(t, r.ResultType, "older clients do not know it")
	checkSearch(t, r)
}

func TestModernEraInRawLines(t *testing.T) {
	t.Parallel()
	p := dial(t, sampleServer(t, io.Discard))

	var found struct {
		SupportedVersions []string
		Instructions      string
		ResultType        string
	}
	require.NoError(t, json.Unmarshal(p.ask(modern(1, "server/discover", "")).Result, &found))
	require.Contains(t, found.SupportedVersions, "2026-07-28")
	require.Contains(t, found.SupportedVersions, "2025-11-25")
	require.Equal(t, "Start with search.", found.Instructions)
	require.Equal(t, "complete", found.ResultType)

	r := p.resultOf(p.ask(modern(2, "tools/call", `"name":"search","arguments":{"node":"a","depth":"2"},`)))
	require.Equal(t, "complete", r.ResultType)
	checkSearch(t, r)

	// The era is the request's, not the connection's.
	require.NotNil(t, p.ask(modern(3, "initialize", "")).Error)
	require.Nil(t, p.ask(hello).Error)
}

// checkSearch holds a result of the search tool against what any client may rely on.
func checkSearch(t *testing.T, r result) {
	t.Helper()
	require.False(t, r.IsError)
	require.Len(t, r.Content, 1)
	require.Equal(t, "text", r.Content[0].Type)
	require.Equal(t, compact(t, string(r.Structured)), compact(t, r.Content[0].Text), "text is the same JSON")
	require.NotContains(t, r.Content[0].Text, " ", "and compact")
	require.InDelta(t, 5, r.Meta["headwater/elapsed_ms"], 0)
	require.NotContains(t, string(r.Structured), "elapsed")

	var out struct {
		Warnings []string
		Asked    struct{ Depth int }
		Hits     []struct{ Parents []string }
	}
	require.NoError(t, json.Unmarshal(r.Structured, &out))
	require.Equal(t, 2, out.Asked.Depth)
	require.NotNil(t, out.Warnings)
	require.NotNil(t, out.Hits[0].Parents)
}

func TestToolsAreListedInTheOrderGivenWithAllHints(t *testing.T) {
	t.Parallel()
	p := dial(t, sampleServer(t, io.Discard))
	first := p.ask(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	var list struct {
		Tools []struct {
			Name, Title, Description string
			InputSchema              json.RawMessage
			OutputSchema             json.RawMessage
			Annotations              map[string]bool
		}
	}
	require.NoError(t, json.Unmarshal(first.Result, &list))
	names := make([]string, 0, len(sampleNames))
	for _, tool := range list.Tools {
		names = append(names, tool.Name)
		require.Len(t, tool.Annotations, 4, tool.Name)
		require.NotEmpty(t, tool.Title)
		require.JSONEq(t, string(sampleTool(t, tool.Name).Input), string(tool.InputSchema))
		require.JSONEq(t, string(sampleTool(t, tool.Name).Output), string(tool.OutputSchema))
	}
	require.Equal(t, sampleNames, names)
	require.Equal(t, map[string]bool{"readOnlyHint": true, "destructiveHint": false, "idempotentHint": true, "openWorldHint": false},
		list.Tools[0].Annotations)
	require.Equal(t, map[string]bool{"readOnlyHint": false, "destructiveHint": true, "idempotentHint": false, "openWorldHint": false},
		list.Tools[1].Annotations)

	p.call("search", `{"node":"a"}`)
	require.Equal(t, string(first.Result), string(p.ask(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`).Result))
}

func TestFailuresReachTheModel(t *testing.T) {
	t.Parallel()
	log := &lockedBuffer{}
	p := dial(t, sampleServer(t, log))
	for name, c := range map[string]struct {
		tool, arguments, kind, said string
		retryable                   bool
		logged                      string
	}{
		"arguments":    {"search", `{"nod":1}`, "invalid", `^Unknown argument "nod"\. Did you mean node\?`, false, ""},
		"a fault":      {"lost", `{}`, "not_found", `^There is no node ab\. Call find_nodes\.$`, false, "secret: table x"},
		"retryable":    {"locked", `{}`, "unavailable", `^The warehouse is locked\.$`, true, ""},
		"foreign":      {"foreign", `{}`, "internal", `^foreign failed .* log id ([A-Z2-7]{8})\.$`, false, "secret: dial tcp"},
		"a panic":      {"panics", `{}`, "internal", `^panics failed .* log id ([A-Z2-7]{8})\.$`, false, "secret: index"},
		"neither":      {"nothing", `{}`, "internal", `^nothing failed .* log id ([A-Z2-7]{8})\.$`, false, "neither an answer nor an error"},
		"no arguments": {"search", `null`, "invalid", `^Argument "node" is missing\.`, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := p.call(c.tool, c.arguments)
			require.True(t, r.IsError)
			require.Regexp(t, c.said, r.Content[0].Text)
			require.NotContains(t, r.Content[0].Text, "secret")
			var body struct {
				Error struct {
					Kind, Message string
					Retryable     bool
				}
			}
			require.NoError(t, json.Unmarshal(r.Structured, &body))
			require.Equal(t, c.kind, body.Error.Kind)
			require.Equal(t, c.retryable, body.Error.Retryable)
			require.Equal(t, r.Content[0].Text, body.Error.Message)
			require.NoError(t, compiled(t, sampleTool(t, c.tool).Output).Validate(instance(t, r.Structured)))
			if c.logged != "" {
				require.Contains(t, log.String(), c.logged)
			}
			if id := regexp.MustCompile(c.said).FindStringSubmatch(r.Content[0].Text); len(id) > 1 {
				require.Contains(t, log.String(), `"log_id":"`+id[1]+`"`)
			}
		})
	}
	require.False(t, p.call("search", `{"node":"a"}`).IsError, "and the server goes on")
}

func TestLibraryClientInBothEras(t *testing.T) {
	t.Parallel()
	for _, version := range []string{mcp.ProtocolVersion20260728, mcp.ProtocolVersion20251125, mcp.ProtocolVersion20250326, mcp.ProtocolVersion20241105} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := sampleServer(t, io.Discard)
			inRead, inWrite := io.Pipe()
			outRead, outWrite := io.Pipe()
			ended := make(chan error, 1)
			go func() {
				err := s.ServeStdio(t.Context(), inRead, outWrite)
				_ = outWrite.Close() // as the end of a process does
				ended <- err
			}()

			c := client.NewClient(transport.NewIO(outRead, inWrite, io.NopCloser(&bytes.Buffer{})), client.WithProtocolVersion(version))
			require.NoError(t, c.Start(t.Context()))
			_, err := c.Initialize(t.Context(), mcp.InitializeRequest{Params: mcp.InitializeParams{
				ProtocolVersion: version, ClientInfo: mcp.Implementation{Name: "test", Version: "0"},
			}})
			require.NoError(t, err)
			require.Equal(t, version, c.ProtocolVersion())

			tools, err := c.ListTools(t.Context(), mcp.ListToolsRequest{})
			require.NoError(t, err)
			require.Len(t, tools.Tools, len(sampleNames))

			r, err := c.CallTool(t.Context(), mcp.CallToolRequest{Params: mcp.CallToolParams{Name: "search", Arguments: map[string]any{"node": "a"}}})
			require.NoError(t, err)
			require.False(t, r.IsError)
			text, ok := r.Content[0].(mcp.TextContent)
			require.True(t, ok)
			require.JSONEq(t, string(r.RawStructuredContent), text.Text)

			r, err = c.CallTool(t.Context(), mcp.CallToolRequest{Params: mcp.CallToolParams{Name: "foreign"}})
			require.NoError(t, err)
			require.True(t, r.IsError)

			require.NoError(t, c.Close())
			require.NoError(t, <-ended)
		})
	}
}

func TestCallIsTheSamePathWithoutAProtocol(t *testing.T) {
	t.Parallel()
	answer, err := sampleTool(t, "erase").Call(t.Context(), json.RawMessage(`{"text":"x\u001b[2Jy"}`))
	require.NoError(t, err)
	require.Equal(t, `{"text":"xy"}`, string(answer))

	_, err = sampleTool(t, "panics").Call(t.Context(), nil)
	require.Equal(t, fault.Internal, fault.KindOf(err))
	require.NotContains(t, err.Error(), "secret")
}

// lockedBuffer is a log that the server writes while the test reads it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
