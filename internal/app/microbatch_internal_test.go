package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/internal/sharedtest"
	"github.com/headwater-mcp/headwater/partition"
)

const dailyEvents = "model.mb.daily_events"

// days is an Observer of one table: 5 rows on each of the listed days.
type days map[string]bool

func (d days) Whole(context.Context, partition.WholeRequest) (partition.WholeObservation, error) {
	return partition.WholeObservation{}, nil
}

func (d days) Observe(_ context.Context, r partition.ObserveRequest) (partition.Observation, error) {
	out := partition.Observation{Counts: map[int]partition.Count{}}
	for p := r.First; p.Index <= r.Last.Index; p = p.Next() {
		if d[p.String()] {
			out.Counts[p.Index] = partition.Count{Rows: 5}
		}
	}
	return out, nil
}

func march(from, to int, except ...int) days {
	out := days{}
	for d := from; d <= to; d++ {
		out[fmt.Sprintf("2026-03-%02d", d)] = true
	}
	for _, d := range except {
		delete(out, fmt.Sprintf("2026-03-%02d", d))
	}
	return out
}

// recordedRuns opens the project whose runs are recorded, with so many of them in the ledger.
func recordedRuns(t *testing.T, runs ...string) *App {
	t.Helper()
	root := sharedtest.Dir(t, "microbatch")
	dir := t.TempDir()
	yaml := "artifacts: " + filepath.Join(root, "01_partial_success") + "\nstate: " + filepath.Join(dir, "state.db") + "\nwarehouse: {type: duckdb, path: none.duckdb}\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "headwater.yaml"), []byte(yaml), 0o600))
	loaded, err := config.Load(config.Flags{Project: dir}, config.Env{}, dir)
	require.NoError(t, err)
	a, err := Open(t.Context(), Options{Config: loaded, Log: zerolog.Nop(), Purpose: "test", Now: func() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	for _, run := range runs {
		_, err := a.Ingest(t.Context(), IngestRequest{Paths: []string{filepath.Join(root, run)}})
		require.NoError(t, err)
	}
	return a
}

// said is, by day, the presence and the findings of daily_events.
func said(t *testing.T, a *App, held days, first, last string) map[string]string {
	t.Helper()
	p := a.snapshot.platform
	answer, err := partition.New(partition.Deps{Observer: held, Ledger: ledger{a.store}}).Check(t.Context(), p.Graph, p.Specs,
		partition.CheckRequest{Nodes: []string{dailyEvents}, First: &first, Last: &last, Only: partition.OnlyAll, AsOf: a.AsOf()})
	require.NoError(t, err)
	out := map[string]string{}
	for _, r := range answer.Nodes[0].Ranges {
		words := []string{string(r.Presence)}
		for _, f := range r.Findings {
			words = append(words, string(f.Finding))
		}
		for one := r.First; one.Index <= r.Last.Index; one = one.Next() {
			out[one.String()] = strings.Join(words, " ")
		}
	}
	return out
}

// TestRecordedMicrobatchRuns: what real dbt wrote of nine runs is understood. The ledger holds the runs up to the named one.
func TestRecordedMicrobatchRuns(t *testing.T) {
	t.Parallel()
	const partial, refresh = "01_partial_success", "08_first_batch_fails_full_refresh"
	for name, test := range map[string]struct {
		runs        []string
		held        days
		first, last string
		want        map[string]string
	}{
		"01: one batch failed":       {[]string{partial}, march(1, 10, 5), "2026-03-04", "2026-03-06", map[string]string{"2026-03-04": "present", "2026-03-05": "missing failed", "2026-03-06": "present"}},
		"02: the retry failed, too":  {[]string{"02_retry_still_failing"}, march(1, 10, 5), "2026-03-04", "2026-03-06", map[string]string{"2026-03-04": "present", "2026-03-05": "missing failed", "2026-03-06": "present"}},
		"03: and failed once more":   {[]string{"02_retry_still_failing", "03_retry_again_still_failing"}, march(1, 10, 5), "2026-03-04", "2026-03-06", map[string]string{"2026-03-04": "present", "2026-03-05": "missing failed", "2026-03-06": "present"}},
		"04: the retry mended it":    {[]string{"02_retry_still_failing", "03_retry_again_still_failing", "04_retry_success"}, march(1, 10), "2026-03-04", "2026-03-06", map[string]string{"2026-03-04": "present", "2026-03-05": "present", "2026-03-06": "present"}},
		"05: all of them again":      {[]string{"05_success_all"}, march(1, 10), "2026-03-04", "2026-03-06", map[string]string{"2026-03-04": "present", "2026-03-05": "present", "2026-03-06": "present"}},
		"06: the end is rounded up":  {[]string{"06_half_day_end"}, march(1, 3), "2026-03-04", "2026-03-05", map[string]string{"2026-03-04": "present empty", "2026-03-05": "missing failed"}},
		"07: success without rows":   {[]string{"07_plain_lookback"}, march(1, 10), "2026-11-20", "2026-11-23", map[string]string{"2026-11-20": "missing", "2026-11-21": "present empty", "2026-11-22": "present empty", "2026-11-23": "missing"}},
		"08: skipped is not failed":  {[]string{refresh}, days{}, "2026-03-01", "2026-03-04", map[string]string{"2026-03-01": "missing failed", "2026-03-02": "present empty", "2026-03-03": "present empty", "2026-03-04": "present empty"}},
		"09: nor is it in the retry": {[]string{refresh, "09_retry_after_all_failed"}, march(2, 10), "2026-03-01", "2026-03-04", map[string]string{"2026-03-01": "missing failed", "2026-03-02": "present", "2026-03-03": "present", "2026-03-04": "present"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, said(t, recordedRuns(t, test.runs...), test.held, test.first, test.last))
		})
	}
}

// TestWhatARunSkippedDidNotFail: of the run in which a batch failed, dbt skipped the model's child and its test.
func TestWhatARunSkippedDidNotFail(t *testing.T) {
	t.Parallel()
	a := recordedRuns(t)
	p := a.snapshot.platform
	answer, err := partition.New(partition.Deps{Observer: march(1, 10, 5), Ledger: ledger{a.store}}).Check(t.Context(), p.Graph, p.Specs,
		partition.CheckRequest{Nodes: []string{dailyEvents, "model.mb.daily_totals"}, Only: partition.OnlyAll, AsOf: a.AsOf()})
	require.NoError(t, err)
	require.Len(t, answer.Nodes, 2)
	for _, n := range answer.Nodes {
		require.NotContains(t, n.Findings, partition.TestFailed)
		if n.ID == "model.mb.daily_totals" {
			require.Empty(t, n.Ranges)
			require.NotContains(t, n.Findings, partition.Failed)
		}
	}
}

// TestRecordedRunsInAnyOrder: the nine runs in another order, and twice, are the same ledger.
func TestRecordedRunsInAnyOrder(t *testing.T) {
	t.Parallel()
	root := sharedtest.Dir(t, "microbatch")
	one, other := recordedRuns(t), recordedRuns(t, "09_retry_after_all_failed", "04_retry_success", "07_plain_lookback", "02_retry_still_failing")
	first, err := one.Ingest(t.Context(), IngestRequest{Paths: []string{root}})
	require.NoError(t, err)
	require.Equal(t, Ingested{Folders: 10, New: 9, Known: 1, Manifests: 1, Skipped: []Skipped{}}, first, "nine runs and a freshness, of which the project's own were known")
	second, err := other.Ingest(t.Context(), IngestRequest{Paths: []string{root}})
	require.NoError(t, err)
	require.Equal(t, 5, second.New)
	again, err := one.Ingest(t.Context(), IngestRequest{Paths: []string{root}})
	require.NoError(t, err)
	require.Equal(t, Ingested{Folders: 10, Known: 10, Skipped: []Skipped{}}, again)

	from, to := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	batches := func(a *App) any {
		got, err := ledger{a.store}.Batches(t.Context(), []string{dailyEvents}, from, to, to)
		require.NoError(t, err)
		return got[dailyEvents]
	}
	require.Equal(t, batches(one), batches(other))
	require.Len(t, batches(one), 10+1+1+1+10+2+3+4+4, "of the retries only what they ran again")
}
