package lineage_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt"
	"github.com/headwater-mcp/headwater/lineage/dbt/dbttest"
)

// BenchmarkCompare compares two graphs of ten thousand models, each of which calls a macro that is new.
func BenchmarkCompare(b *testing.B) {
	dir := b.TempDir()
	f, err := os.Create(filepath.Join(dir, "manifest.json"))
	require.NoError(b, err)
	require.NoError(b, dbttest.WriteManifest(f, 10_000))
	require.NoError(b, f.Close())
	a, err := dbt.Load(dir)
	require.NoError(b, err)
	base := a.Graph.WithMacros(map[string]lineage.Macro{})
	b.Run("compare", func(b *testing.B) {
		for b.Loop() {
			c, err := lineage.Compare(base, a.Graph, lineage.CompareRequest{})
			require.NoError(b, err)
			require.Equal(b, 10_000, c.Total)
		}
	})
	b.Run("state:modified+", func(b *testing.B) {
		for b.Loop() {
			nodes, _, err := a.Graph.Select(lineage.SelectRequest{Select: "state:modified+", Before: &lineage.Before{Graph: base}})
			require.NoError(b, err)
			require.NotEmpty(b, nodes)
		}
	})
}
