package dbt_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage/dbt"
	"github.com/headwater-mcp/headwater/lineage/dbt/dbttest"
)

// BenchmarkLoad reads the manifest of a large project. retained/file is the memory kept by a loaded set of artifacts as
// a share of the manifest's size.
func BenchmarkLoad(b *testing.B) {
	dir := b.TempDir()
	path := filepath.Join(dir, "manifest.json")
	f, err := os.Create(path)
	require.NoError(b, err)
	require.NoError(b, dbttest.WriteManifest(f, 10_000))
	require.NoError(b, f.Close())
	info, err := os.Stat(path)
	require.NoError(b, err)
	b.SetBytes(info.Size())

	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	a, err := dbt.Load(dir)
	require.NoError(b, err)
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(a)
	for b.Loop() {
		if _, err := dbt.Load(dir); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(info.Size()), "retained/file")
}
