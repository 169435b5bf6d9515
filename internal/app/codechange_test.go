package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/partition"
)

// TestCodeThatChangedSinceTheBuild: dbt parses other code than it built last. What it built is of the old code, and is ready.
func TestCodeThatChangedSinceTheBuild(t *testing.T) {
	t.Parallel()
	const changed = "model.shop.dim_users"
	dir := project(t)
	a := open(t, dir)
	found := func(a *app.App) map[partition.Finding]int {
		p, err := a.Current(t.Context())
		require.NoError(t, err)
		answer, err := p.CheckPartitions(t.Context(), platform.PartitionsRequest{Nodes: []string{changed}})
		require.NoError(t, err)
		return answer.Nodes[0].Findings
	}
	require.NotContains(t, found(a), partition.CodeChanged)
	rewrite(t, dir, 1, func(m map[string]any) {
		m["metadata"].(map[string]any)["generated_at"] = "2026-11-25T00:00:00Z" // a day after the build
		m["nodes"].(map[string]any)[changed].(map[string]any)["checksum"] = map[string]any{"name": "sha256", "checksum": "new"}
	})
	require.Equal(t, 1, found(a)[partition.CodeChanged])
	require.Equal(t, 1, found(open(t, dir))[partition.CodeChanged], "and so it is for a later process")
	rewrite(t, dir, 2, func(map[string]any) {})
	require.Equal(t, 1, found(a)[partition.CodeChanged], "the same code again")
}
