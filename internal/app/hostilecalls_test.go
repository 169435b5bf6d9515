package app_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/tools"
	"github.com/headwater-mcp/headwater/wire"
)

// injections are texts that mean something to whoever takes them for more than a text: SQL, templates, shells, paths, terminals.
func injections() []string {
	return []string{
		`'; DROP TABLE raw.app_events; --`, `"; DROP SCHEMA activation CASCADE; --`, `x' OR '1'='1`, `1) UNION SELECT * FROM information_schema.tables --`,
		`'; COPY (SELECT 1) TO '/tmp/headwater-injected'; --`, `read_csv('/etc/passwd')`, `{{ env_var('HOME') }}`, `${HOME}`, `$(id)`, "`id`", `; id`,
		`../../../../../../etc/passwd`, `/etc/passwd`, `file:///etc/passwd`, `..\..\..\windows\win.ini`, `%2e%2e%2fetc%2fpasswd`, `//proc/self/environ`,
		"a\x00b", "\x1b[2J\x1b]0;owned\x07", "\u202egnp.exe", strings.Repeat("a", 100_000), strings.Repeat("(", 20_000), strings.Repeat("+", 20_000) + "a",
		`<script>alert(1)</script>`, `=HYPERLINK("http://evil")`, `-1`, `*`, ``, ` `,
	}
}

// dose is the texts that are put into the n-th argument: a different one each, or with HEADWATER_INJECTIONS=all all of them, which
// takes minutes.
func dose(n int) []string {
	all := injections()
	if os.Getenv("HEADWATER_INJECTIONS") == "all" {
		return all
	}
	return all[n%len(all) : n%len(all)+1]
}

// property is one of a tool's input schema.
type property struct {
	Type  string    `json:"type"`
	Enum  []string  `json:"enum"`
	Items *property `json:"items"`
}

// inject puts such texts into every text of every tool: whatever is injected into an argument is a text and nothing more.
func inject(t *testing.T, a *app.App) {
	t.Helper()
	base := map[string]map[string]any{
		"get_node": {"node": "fct_app_visit"}, "trace_lineage": {"node": "fct_app_visit"}, "assess_impact": {"node": "fct_app_visit"},
		"compare_artifacts": {"base": "target"}, "check_partitions": {"nodes": []string{"fct_app_visit"}}, "explain_staleness": {"node": "fct_app_visit"},
		"query_activation":     {"fact": "app_visit", "grain": "day"},
		"explain_active_users": {"fact": "app_visit", "grain": "day"},
		"plan_backfill":        {"nodes": []string{"fct_app_visit"}, "first": "2026-06-14", "last": "2026-06-14"},
		"start_backfill":       {"plan_id": "plan-none", "reason": "none"}, "control_backfill": {"run_id": "run-none", "action": "cancel"},
	}
	n := 0
	before := asked[json.RawMessage](t, a, "query_activation", `{"fact": "app_visit", "grain": "day"}`)
	for _, tool := range tools.All(a.Current) {
		var schema struct {
			Properties map[string]property `json:"properties"`
		}
		require.NoError(t, json.Unmarshal(tool.Input, &schema))
		for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
			n++
			for _, text := range dose(n) {
				var value any
				switch p := schema.Properties[name]; {
				case p.Type == "string":
					value = text
				case p.Type == "array" && p.Items != nil && p.Items.Type == "string":
					value = []string{text}
				case p.Type == "object":
					value = map[string]any{"country": text, text: "KR"}
				default:
					continue
				}
				arguments := maps.Clone(base[tool.Name])
				if arguments == nil {
					arguments = map[string]any{}
				}
				if arguments[name] = value; name == "select" {
					delete(arguments, "nodes")
				}
				hold(t, tool, arguments)
			}
		}
	}
	require.JSONEq(t, string(before), string(asked[json.RawMessage](t, a, "query_activation", `{"fact": "app_visit", "grain": "day"}`)))
	require.NoFileExists(t, "/tmp/headwater-injected")
}

// hold calls a tool: it answers, or says whose fault it is, in text that does nothing.
func hold(t *testing.T, tool wire.Tool, arguments map[string]any) {
	t.Helper()
	text, err := json.Marshal(arguments)
	require.NoError(t, err)
	answer, err := tool.Call(t.Context(), text)
	cut := text[:min(len(text), 300)]
	if err != nil {
		require.NotEqual(t, fault.Internal, fault.KindOf(err), "%s %s: %v", tool.Name, cut, err)
		seen := wire.Public(zerolog.Nop(), tool.Name, err)
		require.LessOrEqual(t, len([]rune(seen.Message)), 1503, "%s %s", tool.Name, cut)
		answer = wire.FailureJSON(seen)
	}
	require.NotContains(t, string(answer), "root:x:", "%s %s", tool.Name, cut)
	var value any
	require.NoError(t, json.Unmarshal(answer, &value))
	requireHarmless(t, value)
}

// TestAFolderOutsideTheProjectIsNotRead: of all arguments only base and state can name a folder, and whatever leads out is refused.
func TestAFolderOutsideTheProjectIsNotRead(t *testing.T) {
	t.Parallel()
	dir, outside := project(t), t.TempDir()
	copyFolder(t, filepath.Join(dir, "target"), filepath.Join(outside, "target"))
	require.NoError(t, os.Symlink(filepath.Join(outside, "target"), filepath.Join(dir, "link")))
	a := open(t, dir)
	up, err := filepath.Rel(dir, outside)
	require.NoError(t, err)
	for _, folder := range []string{
		filepath.Join(outside, "target"), filepath.Join(up, "target"), "link", "target/../" + up + "/target", "/", "/etc", "..", "~", "file://" + outside + "/target",
	} {
		text, err := json.Marshal(folder)
		require.NoError(t, err)
		_, err = call[json.RawMessage](t, a, "compare_artifacts", `{"base": `+string(text)+`}`)
		require.Error(t, err, folder)
		require.Contains(t, []fault.Kind{fault.Invalid, fault.NotFound}, fault.KindOf(err), "%s: %v", folder, err)
		_, err = call[json.RawMessage](t, a, "find_nodes", `{"select": "state:modified", "state": `+string(text)+`}`)
		require.Error(t, err, folder)
	}
	_, err = call[json.RawMessage](t, a, "compare_artifacts", `{"base": "target"}`)
	require.NoError(t, err, "one inside is")
}
