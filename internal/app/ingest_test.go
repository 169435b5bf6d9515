package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
)

// archiveRun writes a folder with the results of one run.
func archiveRun(t *testing.T, dir, id, command string, at time.Time, results string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o750))
	text := fmt.Sprintf(`{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json", "invocation_id": %q,
		"generated_at": %q}, "args": {"which": %q}, "results": [%s]}`, id, at.Format(time.RFC3339), command, results)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "run_results.json"), []byte(text), 0o600))
}

const built1 = `{"unique_id": "model.shop.fct_app_visit", "status": "success", "timing": []}`

func ingest(t *testing.T, a *app.App, paths ...string) app.Ingested {
	t.Helper()
	out, err := a.Ingest(t.Context(), app.IngestRequest{Paths: paths})
	require.NoError(t, err)
	return out
}

// TestIngestTakesWhatItCan: folders in folders, patterns and files; what is broken or says nothing is named, the rest is taken.
func TestIngestTakesWhatItCan(t *testing.T) {
	t.Parallel()
	dir, old := project(t), t.TempDir()
	day := func(d int) time.Time { return time.Date(2026, 3, d, 4, 0, 0, 0, time.UTC) }
	archiveRun(t, filepath.Join(old, "2026", "03-01"), "one", "build", day(1), built1)
	archiveRun(t, filepath.Join(old, "2026", "03-02"), "two", "compile", day(2), built1)
	archiveRun(t, filepath.Join(old, "2026", "03-03"), "three", "run", day(3), "")
	archiveRun(t, filepath.Join(old, "2026", "again"), "one", "build", day(1), built1)
	require.NoError(t, os.MkdirAll(filepath.Join(old, "half"), 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(old, "half", "run_results.json"), []byte(`{"metadata": {`), 0o600))
	a := open(t, dir)

	out := ingest(t, a, old)
	require.Equal(t, 5, out.Folders)
	require.Equal(t, 1, out.New)
	require.Equal(t, 1, out.Known, "the same run in another folder")
	require.Len(t, out.Skipped, 3)
	require.Equal(t, app.Skipped{Path: filepath.Join(old, "2026", "03-02"), Reason: "The results are of dbt compile, which says nothing about data."}, out.Skipped[0])
	require.Contains(t, out.Skipped[1].Reason, "had nothing to do")
	require.Equal(t, filepath.Join(old, "half", "run_results.json"), out.Skipped[2].Path)
	require.NotEmpty(t, out.Skipped[2].Reason)

	require.Equal(t, 2, ingest(t, a, filepath.Join(old, "2026", "*1"), filepath.Join(old, "2026", "again", "run_results.json")).Known)
	for _, nothing := range []string{filepath.Join(old, "nosuch"), filepath.Join(old, "no*"), t.TempDir()} {
		_, err := a.Ingest(t.Context(), app.IngestRequest{Paths: []string{old, nothing}})
		require.Equal(t, fault.NotFound, fault.KindOf(err), nothing)
	}
}

// TestArchiveIsReadOnce: what `archive` names is in the ledger when a project opens, and a restart reads only what is new or has
// changed.
func TestArchiveIsReadOnce(t *testing.T) {
	t.Parallel()
	dir := project(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "headwater.yaml"), []byte("archive: archive/*\n"), 0o600))
	day := func(d int) time.Time { return time.Date(2026, 3, d, 4, 0, 0, 0, time.UTC) }
	runs := func() int {
		loaded, err := config.Load(config.Flags{Project: dir}, config.Env{}, dir)
		require.NoError(t, err)
		a, err := app.Open(t.Context(), app.Options{Config: loaded, Log: zerolog.Nop(), Purpose: "test", Now: now})
		require.NoError(t, err)
		defer func() { require.NoError(t, a.Close()) }()
		p, err := a.Current(t.Context())
		require.NoError(t, err)
		answer, err := p.Status(t.Context(), struct{}{})
		require.NoError(t, err)
		return answer.Ledger.Runs
	}
	own := runs()
	first := filepath.Join(dir, "archive", "1")
	archiveRun(t, first, "one", "build", day(1), built1)
	require.Equal(t, own+1, runs())
	require.Equal(t, own+1, runs())

	info, err := os.Stat(filepath.Join(first, "run_results.json"))
	require.NoError(t, err)
	archiveRun(t, first, "two", "build", day(1), built1)
	require.NoError(t, os.Chtimes(filepath.Join(first, "run_results.json"), info.ModTime(), info.ModTime()))
	require.Equal(t, own+1, runs(), "a folder that looks as it did is not read")
	archiveRun(t, first, "two, later", "build", day(1), built1)
	require.Equal(t, own+2, runs())
	archiveRun(t, filepath.Join(dir, "archive", "2", "deep"), "three", "seed", day(2), built1)
	require.Equal(t, own+3, runs())
}

// TestWhatOverwritesRunResults: after dbt compile, and after a retry that had nothing to do, the last run is still the one before.
func TestWhatOverwritesRunResults(t *testing.T) {
	t.Parallel()
	dir := project(t)
	a := open(t, dir)
	last := func() string {
		p, err := a.Current(t.Context())
		require.NoError(t, err)
		answer, err := p.Status(t.Context(), struct{}{})
		require.NoError(t, err)
		return fmt.Sprint(answer.LastRun.Command, " ", answer.LastRun.Errors, " ", answer.LastRun.NodeIDs, " of ", answer.Ledger.Runs)
	}
	require.Equal(t, "build 0 [] of 2", last(), "and a freshness")
	at := now().Add(-24 * time.Hour)
	target := filepath.Join(dir, "target")
	archiveRun(t, target, "failed", "run", at, `{"unique_id": "model.shop.fct_app_visit", "status": "error", "timing": []}`)
	require.Equal(t, "run 1 [model.shop.fct_app_visit] of 3", last())
	archiveRun(t, target, "compiled", "compile", at.Add(time.Minute), built1)
	require.Equal(t, "run 1 [model.shop.fct_app_visit] of 3", last())
	archiveRun(t, target, "idle", "run", at.Add(time.Hour), "")
	require.Equal(t, "run 1 [model.shop.fct_app_visit] of 3", last())
}
