package dbt_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/sharedtest"
	"github.com/headwater-mcp/headwater/lineage/dbt"
)

// TestWhichBatchesRan: of the recorded runs, only the first batch of 08 and of its retry ran; dbt lists all four as failed.
func TestWhichBatchesRan(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		retry           bool
		failed, skipped int
	}{
		"01_partial_success":                {false, 1, 0},
		"02_retry_still_failing":            {true, 1, 0},
		"03_retry_again_still_failing":      {true, 1, 0},
		"04_retry_success":                  {true, 0, 0},
		"05_success_all":                    {false, 0, 0},
		"08_first_batch_fails_full_refresh": {false, 1, 3},
		"09_retry_after_all_failed":         {true, 1, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := microbatch(t, name)
			require.Equal(t, want.retry, r.Retry)
			x := daily(t, r)
			skipped := 0
			for _, b := range x.Batches.Failed {
				require.False(t, x.Doubtful(b))
				if x.Skipped(b) {
					require.True(t, b.Start.After(day(1)), "the first one ran")
					skipped++
				}
			}
			for _, b := range x.Batches.Successful {
				require.False(t, x.Skipped(b))
			}
			require.Equal(t, want.skipped, skipped)
			require.Len(t, x.Batches.Failed, want.failed+want.skipped)
		})
	}
}

// TestDoubtfulBatches: after the last success of a run nothing tells a batch that failed from one that was not tried.
func TestDoubtfulBatches(t *testing.T) {
	t.Parallel()
	days := func(list ...int) []dbt.Interval {
		out := []dbt.Interval{}
		for _, d := range list {
			out = append(out, dbt.Interval{Start: day(d), End: day(d + 1)})
		}
		return out
	}
	for name, test := range map[string]struct {
		status             string
		successful, failed []int
		doubtful, skipped  []int
	}{
		"it went on":           {"partial success", []int{1, 3}, []int{2, 4}, nil, nil},
		"nothing came after":   {"partial success", []int{1, 2}, []int{5, 3, 4}, []int{5, 4}, nil},
		"one failed":           {"partial success", []int{1, 2}, []int{3}, nil, nil},
		"the first failed":     {"error", nil, []int{1, 2, 3}, nil, []int{2, 3}},
		"the first of a retry": {"error", []int{1, 4}, []int{3, 2}, nil, []int{3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := dbt.Result{Status: test.status, Batches: &dbt.Batches{Successful: days(test.successful...), Failed: days(test.failed...)}}
			var doubtful, skipped []int
			for _, b := range r.Batches.Failed {
				if r.Doubtful(b) {
					doubtful = append(doubtful, b.Start.Day())
				}
				if r.Skipped(b) {
					skipped = append(skipped, b.Start.Day())
				}
			}
			require.Equal(t, test.doubtful, doubtful)
			require.Equal(t, test.skipped, skipped)
		})
	}
}

// TestReadRecordSaysWhatLoadSays: the short way of reading a folder finds the code that the whole artifacts hold.
func TestReadRecordSaysWhatLoadSays(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(sharedtest.Dir(t, "microbatch"), "01_partial_success")
	whole, err := dbt.Load(dir)
	require.NoError(t, err)
	r := dbt.ReadRecord(os.DirFS(dir))
	require.Empty(t, r.Problems)
	require.Equal(t, whole.Code(), r.Manifest)
	require.Len(t, r.Manifest.Checksums, 3)
	require.Equal(t, whole.RunResults, r.RunResults)
	require.Nil(t, r.Sources)
	require.True(t, dbt.ReadRecord(os.DirFS(t.TempDir())).Empty())
}

func TestReadRecordNamesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"manifest.json": small, "run_results.json": `{"metadata": {`, "sources.json": small})
	r := dbt.ReadRecord(os.DirFS(dir))
	require.Equal(t, "shop", r.Manifest.Project)
	require.Len(t, r.Problems, 2)
	require.Equal(t, "run_results.json", r.Problems[0].File)
	require.Equal(t, dbt.Problem{File: "sources.json", Why: "it is not the artifact that its name says"}, r.Problems[1])
}
