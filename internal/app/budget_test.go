package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/sharedtest"
	"github.com/headwater-mcp/headwater/tools"
)

// hubs are the nodes of a project with the most parents, the most children, and the most descendants' worth of reach.
func hubs(t *testing.T, a *app.App) []string {
	t.Helper()
	p, err := a.Current(t.Context())
	require.NoError(t, err)
	most := map[string]int{}
	ids := map[string]string{}
	for _, n := range p.Graph.Nodes() {
		for what, size := range map[string]int{
			"parents": len(p.Graph.Parents(n.ID)), "children": len(p.Graph.Children(n.ID)), "columns": len(n.Columns),
		} {
			if size >= most[what] {
				most[what], ids[what] = size, n.ID
			}
		}
	}
	return []string{ids["parents"], ids["children"], ids["columns"]}
}

// TestDefaultAnswersStaySmallOnPublicProjects: whatever the project, an answer to the plainest question costs little, and one that
// was cut says so.
func TestDefaultAnswersStaySmallOnPublicProjects(t *testing.T) {
	t.Parallel()
	manifests := sharedtest.Dir(t, "manifests")
	sets, err := filepath.Glob(filepath.Join(manifests, "*", "manifest.json.gz"))
	require.NoError(t, err)
	require.Len(t, sets, 18)
	for _, set := range sets {
		set = filepath.Dir(set)
		t.Run(filepath.Base(set), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "headwater.yaml"), fmt.Appendf(nil, "artifacts: %q\n", set), 0o600))
			a := open(t, dir)
			calls := map[string][]string{"server_status": {`{}`}, "find_nodes": {`{}`, `{"text": "orders by customer"}`}, "list_facts": {`{}`}}
			for _, id := range hubs(t, a) {
				for tool, arguments := range map[string]string{
					"get_node": `{"node": %q}`, "trace_lineage": `{"node": %q, "depth": 9}`, "assess_impact": `{"node": %q}`,
				} {
					calls[tool] = append(calls[tool], fmt.Sprintf(arguments, id))
				}
			}
			for _, tool := range tools.All(a.Current) {
				for _, arguments := range calls[tool.Name] {
					answer, err := tool.Call(t.Context(), json.RawMessage(arguments))
					require.NoError(t, err, "%s %s", tool.Name, arguments)
					require.LessOrEqual(t, len(answer)/4, answerBudget, "%s %s", tool.Name, arguments)
				}
			}
		})
	}
}
