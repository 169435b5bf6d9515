package dbt_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/sharedtest"
	"github.com/headwater-mcp/headwater/lineage/dbt"
)

func day(d int) time.Time { return time.Date(2026, time.March, d, 0, 0, 0, 0, time.UTC) }

// microbatch loads one of the recorded microbatch runs.
func microbatch(t *testing.T, name string) *dbt.RunResults {
	t.Helper()
	root := sharedtest.Dir(t, "microbatch")
	dir := t.TempDir()
	for to, from := range map[string]string{
		"manifest.json.gz": "05_success_all/manifest.json.gz", "run_results.json.gz": name + "/run_results.json.gz",
	} {
		data, err := os.ReadFile(filepath.Join(root, from))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, to), data, 0o600))
	}
	a, err := dbt.Load(dir)
	require.NoError(t, err)
	require.NotNil(t, a.RunResults, a.Warnings)
	return a.RunResults
}

func daily(t *testing.T, r *dbt.RunResults) dbt.Result {
	t.Helper()
	for _, x := range r.Results {
		if x.UniqueID == "model.mb.daily_events" {
			return x
		}
	}
	t.Fatal("no result of daily_events")
	return dbt.Result{}
}

func TestRunResultsTellBatches(t *testing.T) {
	t.Parallel()
	r := microbatch(t, "01_partial_success")
	require.Equal(t, "build", r.Command)
	x := daily(t, r)
	require.Equal(t, "partial success", x.Status)
	require.Len(t, x.Batches.Successful, 9)
	require.Equal(t, []dbt.Interval{{Start: day(5), End: day(6)}}, x.Batches.Failed)
	require.False(t, x.StartedAt.IsZero())
	require.False(t, x.CompletedAt.Before(x.StartedAt))

	x = daily(t, microbatch(t, "04_retry_success"))
	require.Len(t, x.Batches.Successful, 10)
	require.Equal(t, day(5), x.Batches.Successful[0].Start, "in dbt's order, which is not time's")
	require.Empty(t, x.Batches.Failed)

	x = daily(t, microbatch(t, "08_first_batch_fails_full_refresh"))
	require.Equal(t, "error", x.Status)
	require.Empty(t, x.Batches.Successful)
	require.Len(t, x.Batches.Failed, 4)
}

func TestRunResultsOfOldSchemas(t *testing.T) {
	t.Parallel()
	a, err := dbt.Load(filepath.Join(sharedtest.Dir(t, "manifests"), "fivetran_dbt_ad_reporting__v7_postgres"))
	require.NoError(t, err)
	require.Equal(t, "run", a.RunResults.Command)
	require.Len(t, a.RunResults.Results, 215)
	x := a.RunResults.Results[0]
	require.Equal(t, "success", x.Status)
	require.Equal(t, int64(-1), *x.RowsAffected, "as the adapter said it")
	require.Nil(t, x.Failures)
	require.Nil(t, x.Batches)
	require.InDelta(t, 0.5288751125335693, x.ExecutionTime, 1e-12)
	require.Equal(t, "success", a.RunResults.Statuses()[x.UniqueID])
}

func TestSourceFreshness(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"manifest.json": small, "sources.json": `{"metadata": {"dbt_schema_version":
	 "https://schemas.getdbt.com/dbt/sources/v3.json", "generated_at": "2026-03-02T00:00:00Z", "invocation_id": "two"}, "results": [
	 {"unique_id": "source.shop.raw.a", "max_loaded_at": "2026-03-01T09:00:00+09:00", "snapshotted_at": "2026-03-02T00:00:00+00:00", "status": "pass"},
	 {"unique_id": "source.shop.raw.b", "error": "no such table", "status": "runtime error"}]}`})
	a, err := dbt.Load(dir)
	require.NoError(t, err)
	require.Empty(t, a.Warnings)
	require.Equal(t, []dbt.Freshness{
		{UniqueID: "source.shop.raw.a", Status: "pass", MaxLoadedAt: day(1), SnapshottedAt: day(2)},
		{UniqueID: "source.shop.raw.b", Status: "runtime error", Error: "no such table"},
	}, a.Sources.Results)
	require.Equal(t, map[string]string{"source.shop.raw.a": "2026-03-01T00:00:00Z"}, a.Sources.LoadedAt())
	require.Nil(t, (*dbt.SourceFreshness)(nil).LoadedAt())
}
