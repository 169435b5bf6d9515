package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/internal/app"
)

// rewrite writes the manifest again as a later dbt command would, changed by edit.
func rewrite(t *testing.T, dir string, n int, edit func(manifest map[string]any)) {
	t.Helper()
	path := filepath.Join(dir, "target", "manifest.json")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var manifest map[string]any
	require.NoError(t, json.Unmarshal(text, &manifest))
	metadata := manifest["metadata"].(map[string]any)
	at, err := time.Parse(time.RFC3339Nano, metadata["generated_at"].(string))
	require.NoError(t, err)
	metadata["generated_at"] = at.Add(time.Second).Format(time.RFC3339Nano)
	metadata["invocation_id"] = fmt.Sprintf("00000000-0000-0000-0000-%012d", n)
	edit(manifest)
	text, err = json.Marshal(manifest)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, text, 0o600))
}

func compare(t *testing.T, a *app.App) platform.CompareAnswer {
	t.Helper()
	p, err := a.Current(t.Context())
	require.NoError(t, err)
	answer, err := p.CompareArtifacts(t.Context(), platform.CompareRequest{})
	require.NoError(t, err)
	return answer
}

// TestPreviousArtifactsOutliveDbtsTargetFolder: dbt writes over its artifacts, and what they were can still be compared with, even
// from a later process; the archive stays bounded.
func TestPreviousArtifactsOutliveDbtsTargetFolder(t *testing.T) {
	t.Parallel()
	dir := project(t)
	a := open(t, dir)
	rewrite(t, dir, 1, func(m map[string]any) { m["exposures"] = map[string]any{} })
	first := compare(t, a)
	require.Len(t, first.Changes, 1)
	require.Equal(t, "exposure.shop.growth_dashboard", first.Changes[0].ID)
	require.EqualValues(t, "removed", first.Changes[0].Change)

	later := open(t, dir)
	require.Equal(t, first.Changes, compare(t, later).Changes)

	for n := 2; n < 9; n++ {
		rewrite(t, dir, n, func(map[string]any) {})
		require.Empty(t, compare(t, later).Changes)
	}
	kept, err := filepath.Glob(filepath.Join(dir, ".headwater", "artifacts", "*"))
	require.NoError(t, err)
	require.Len(t, kept, 5)
}
