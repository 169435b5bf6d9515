package tools_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/tools"
	"github.com/headwater-mcp/headwater/wire"
)

// all are the tools, none of which is called.
func all() []wire.Tool {
	return tools.All(func(context.Context) (*platform.Platform, error) { return &platform.Platform{}, nil })
}

// TestToolsAreAsTheyWere compares what agents are shown of each tool, and what it costs, with the files of testdata: a change there is
// a change for every client, so it is to be meant. UPDATE_GOLDEN=1 writes them: read the difference before committing it.
func TestToolsAreAsTheyWere(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	known := map[string]bool{}
	for _, tool := range all() {
		file := filepath.Join("testdata", tool.Name+".json")
		known[file] = true
		golden(t, file, shown(t, tool))
	}
	for _, file := range files {
		require.True(t, known[file], "%s is of no tool", file)
	}
}

// shown is a tool as tools/list shows it, indented, with its cost in tokens.
func shown(t *testing.T, tool wire.Tool) []byte {
	t.Helper()
	text, err := json.Marshal(struct {
		Name, Title, Description string
		Hints                    wire.Hints
		Tokens, EntryTokens      int
		Input, Output            json.RawMessage
	}{tool.Name, tool.Title, tool.Description, tool.Hints, wire.TokenCost(tool), wire.EntryCost(tool), tool.Input, tool.Output})
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, json.Indent(&out, text, "", "  "))
	return append(out.Bytes(), '\n')
}

// TestREADMEListsTheTools: in their order, in the words that agents read.
func TestREADMEListsTheTools(t *testing.T) {
	t.Parallel()
	const file, begin, end = "../README.md", "<!-- tools: start.", "<!-- tools: end -->"
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	_, after, ok := strings.Cut(string(text), begin)
	require.True(t, ok)
	first, rest, _ := strings.Cut(after, "\n")
	_, tail, ok := strings.Cut(rest, end)
	require.True(t, ok)
	before, _, _ := strings.Cut(string(text), begin)

	var table strings.Builder
	table.WriteString("| tool | what it answers or does | tokens |\n| --- | --- | --- |\n")
	total := 0
	for _, tool := range all() {
		total += wire.TokenCost(tool)
		fmt.Fprintf(&table, "| `%s` | %s | %d |\n", tool.Name, tool.Description, wire.TokenCost(tool))
	}
	fmt.Fprintf(&table, "| in all | in every conversation | %d |\n", total)
	golden(t, file, []byte(before+begin+first+"\n"+table.String()+end+tail))
}

// golden compares a file with what it should be, or writes it.
func golden(t *testing.T, file string, want []byte) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
		require.NoError(t, os.WriteFile(file, want, 0o600))
		return
	}
	have, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(have), "run UPDATE_GOLDEN=1 go test ./tools")
}
