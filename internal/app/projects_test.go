package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/platform"
)

// marketing is a project with one source and a model on it, which would be a fact of its own.
func marketing(t *testing.T, relation string) []byte {
	t.Helper()
	type object = map[string]any
	source, model := "source.marketing.shop.fct_app_visit", "model.marketing.reach"
	text, err := json.Marshal(object{
		"metadata": object{
			"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "generated_at": "2026-06-01T00:00:00Z",
			"invocation_id": relation, "project_name": "marketing", "adapter_type": "duckdb",
		},
		"nodes": object{model: object{
			"name": "reach", "resource_type": "model", "package_name": "marketing", "fqn": []string{"marketing", "reach"},
			"database": "warehouse", "schema": "marketing", "alias": "reach", "relation_name": `"warehouse"."marketing"."reach"`,
			"meta": object{"headwater": object{"fact": object{
				"name": "reached", "user": "user_id", "time": "event_at", "grains": []string{"day"},
			}}},
			"depends_on": object{"nodes": []string{source}},
		}},
		"sources": object{source: object{
			"name": "fct_app_visit", "source_name": "shop", "resource_type": "source", "package_name": "marketing",
			"identifier": "fct_app_visit", "relation_name": relation,
		}},
	})
	require.NoError(t, err)
	return text
}

// stitched is the shop with marketing beside it, which reads the shop's visits under the name of another database.
func stitched(t *testing.T) (dir, manifest string) {
	t.Helper()
	dir = project(t)
	manifest = filepath.Join(dir, "marketing", "target", "manifest.json")
	require.NoError(t, os.MkdirAll(filepath.Dir(manifest), 0o750))
	f, err := os.OpenFile(filepath.Join(dir, "headwater.yaml"), os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	require.NoError(t, err)
	_, err = f.WriteString("\nprojects:\n  - {name: marketing, artifacts: marketing/target, relation_map: {prod: warehouse}}\n")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	return dir, manifest
}

func TestFurtherProjectsJoinTheGraph(t *testing.T) {
	t.Parallel()
	dir, manifest := stitched(t)
	require.NoError(t, os.WriteFile(manifest, marketing(t, "prod.analytics.fct_app_visit"), 0o600))
	p, err := open(t, dir).Current(t.Context())
	require.NoError(t, err)

	a, err := p.AssessImpact(t.Context(), platform.ImpactRequest{Node: "raw.app_events", Change: "data", Limit: 100})
	require.NoError(t, err)
	var paths [][]string
	for _, one := range a.Affected {
		if one.ID == "model.marketing.reach" {
			paths = append(paths, one.Path)
		}
	}
	require.Equal(t, [][]string{{
		"source.shop.raw.app_events", "model.shop.stg_app_events", "model.shop.int_user_events", "model.shop.fct_app_visit",
		"source.marketing.shop.fct_app_visit", "model.marketing.reach",
	}}, paths)
	n, err := p.GetNode(t.Context(), platform.NodeRequest{Node: "reach"})
	require.NoError(t, err)
	require.Equal(t, "marketing", n.Project)
	require.Empty(t, n.Facts, "another project's facts are its own to build")
}

// TestFurtherProjectsAreReloaded: what changes in one of them is seen, what cannot be read is said and does not replace what was.
func TestFurtherProjectsAreReloaded(t *testing.T) {
	t.Parallel()
	dir, manifest := stitched(t)
	a := open(t, dir)
	ids := map[string]bool{}
	look := func() (parents int, warnings string) {
		p, err := a.Current(t.Context())
		require.NoError(t, err)
		ids[p.Snapshot.ID] = true
		status, err := p.Status(t.Context(), struct{}{})
		require.NoError(t, err)
		text, err := json.Marshal(status.Warnings)
		require.NoError(t, err)
		return len(p.Graph.Parents("source.marketing.shop.fct_app_visit")), string(text)
	}
	_, warnings := look()
	require.Contains(t, warnings, "Project marketing: There is no manifest.json in")
	require.Contains(t, warnings, "It is left out of the lineage.")

	require.NoError(t, os.WriteFile(manifest, marketing(t, "prod.analytics.fct_app_visit"), 0o600))
	parents, warnings := look()
	require.Equal(t, 1, parents)
	require.NotContains(t, warnings, "marketing")

	require.NoError(t, os.WriteFile(manifest, []byte(`{"metadata": {`), 0o600))
	parents, warnings = look()
	require.Equal(t, 1, parents)
	require.Contains(t, warnings, "Its last good artifacts are kept.")

	require.NoError(t, os.WriteFile(manifest, marketing(t, "elsewhere.analytics.fct_app_visit"), 0o600))
	parents, warnings = look()
	require.Zero(t, parents)
	require.Contains(t, warnings, "project marketing shares no relation with the others")
	require.Len(t, ids, 3, "an answer says which artifacts it was computed from")
}
