package dbt_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage/dbt"
)

// small is a whole manifest of one model.
const small = `{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "dbt_version": "1.12.0",
 "generated_at": "2026-03-01T00:00:00Z", "invocation_id": "one", "project_name": "shop", "adapter_type": "duckdb"},
 "nodes": {"model.shop.orders": {"name": "orders", "resource_type": "model", "package_name": "shop", "unique_id": "model.shop.orders",
 "fqn": ["shop", "orders"], "depends_on": {"nodes": []}, "config": {"materialized": "table"}}}, "sources": {}}`

// folder writes files into a new folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	return dir
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	schema := func(v string) string { return strings.ReplaceAll(small, "/v12.json", "/"+v+".json") }
	for name, c := range map[string]struct {
		files map[string]string
		kind  fault.Kind
		says  string
	}{
		"no manifest":           {nil, fault.Unavailable, "There is no manifest.json in"},
		"an empty file":         {map[string]string{"manifest.json": ""}, fault.Unavailable, "ends in the middle"},
		"half a file":           {map[string]string{"manifest.json": small[:len(small)/2]}, fault.Unavailable, "ends in the middle. If dbt is writing it, try again in a moment"},
		"all but the last byte": {map[string]string{"manifest.json": small[:len(small)-1]}, fault.Unavailable, "ends in the middle"},
		"two files in one":      {map[string]string{"manifest.json": small + small[100:]}, fault.Unavailable, "is damaged"},
		"holes":                 {map[string]string{"manifest.json": strings.Replace(small, `"table"`, "\x00\x00", 1)}, fault.Unavailable, "is damaged"},
		"a page of HTML":        {map[string]string{"manifest.json": "<html>"}, fault.Invalid, "is no dbt manifest"},
		"a list":                {map[string]string{"manifest.json": "[]"}, fault.Invalid, "is no dbt manifest"},
		"some other JSON":       {map[string]string{"manifest.json": `{"nodes": {}}`}, fault.Invalid, "is no dbt manifest"},
		"a catalog":             {map[string]string{"manifest.json": strings.ReplaceAll(small, "manifest/v12", "catalog/v1")}, fault.Invalid, "holds dbt's catalog"},
		"schema v3":             {map[string]string{"manifest.json": schema("v3")}, fault.Invalid, "has schema v3. Supported are v4 to v12, which dbt 1.0 to 1.12 write"},
		"schema v13":            {map[string]string{"manifest.json": schema("v13")}, fault.Invalid, "use a newer headwater"},
		"schema v99":            {map[string]string{"manifest.json": schema("v99")}, fault.Invalid, "has schema v99. Supported are v4 to v12"},
		"half a gzip":           {map[string]string{"manifest.json.gz": "\x1f\x8b\x08"}, fault.Unavailable, "cannot be read"},
		"no gzip":               {map[string]string{"manifest.json.gz": small}, fault.Unavailable, "cannot be read"},
		"deep nesting": {map[string]string{"manifest.json": strings.Replace(small, `"config": {`, `"meta": `+strings.Repeat(`[`, 5000)+
			strings.Repeat(`]`, 5000)+`, "config": {`, 1)}, fault.Unavailable, "nested too deep"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := dbt.Load(folder(t, c.files))
			require.Error(t, err)
			require.Equal(t, c.kind, fault.KindOf(err))
			require.Contains(t, err.Error(), c.says)
		})
	}
	for _, v := range []string{"v4", "v5", "v6", "v8", "v10", "v11", "v12"} {
		a, err := dbt.Load(folder(t, map[string]string{"manifest.json": schema(v)}))
		require.NoError(t, err)
		require.Equal(t, v, a.SchemaVersion)
	}
}

func TestLoadRefusesFoldersThatAreNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "manifest.json"), 0o700))
	_, err := dbt.Load(dir)
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "a folder by the name of the file")
	_, err = dbt.Load(filepath.Join(dir, "nowhere"))
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	require.Contains(t, err.Error(), "There is no folder")
}

// A broken companion never takes a good manifest down.
func TestBrokenCompanionsAreLeftOut(t *testing.T) {
	t.Parallel()
	a, err := dbt.Load(folder(t, map[string]string{
		"manifest.json": small, "catalog.json": `{"nodes": `, "run_results.json": `{"metadata": {}}`, "sources.json": "\x00",
	}))
	require.NoError(t, err)
	require.Equal(t, 1, a.Graph.Len())
	require.Nil(t, a.RunResults)
	require.Nil(t, a.Sources)
	require.Len(t, a.Warnings, 3)
	require.Contains(t, a.Warnings[0], "catalog.json is left out: unexpected end")
	require.Contains(t, a.Warnings[1], "run_results.json is left out: it is not the artifact that its name says")
}
