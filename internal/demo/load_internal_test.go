package demo

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
)

// checksums are of every table in a warehouse, by name.
func checksums(t *testing.T, path string) map[string]string {
	t.Helper()
	db, err := sql.Open("duckdb", path+"?access_mode=read_only")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	out := map[string]string{}
	for _, table := range column[string](t, db, `select table_schema || '.' || table_name from information_schema.tables`) {
		out[table] = one[string](t, db, "select count(*) || ' rows ' || sum(hash(t)) from "+table+" as t")
	}
	require.Len(t, out, 10)
	return out
}

// The oracle is a world in which the incident never happened.
func TestLoadLeavesWhatAWorldWithoutTheIncidentHolds(t *testing.T) {
	t.Parallel()
	whole := days()
	whole.missing = time.Time{}
	unharmed := filepath.Join(t.TempDir(), Warehouse)
	_, err := writeWarehouse(t.Context(), unharmed, whole)
	require.NoError(t, err)
	want := checksums(t, unharmed)

	dir := t.TempDir()
	s, err := World(t.Context(), dir)
	require.NoError(t, err)
	path := filepath.Join(dir, Warehouse)
	harmed := checksums(t, path)
	for _, table := range []string{"raw.app_events", "analytics.stg_app_events", "analytics.int_user_events", "analytics.fct_app_visit"} {
		require.NotEqual(t, want[table], harmed[table], table)
	}
	load := func(id, first, last string) {
		rows, err := Load(t.Context(), dir, id, first, last)
		require.NoError(t, err, id)
		require.Positive(t, rows, id)
	}
	for range 2 { // a job is tried again, whatever became of it
		for _, id := range s.Incident.Path {
			if id != "model.shop.stg_app_events" { // a view
				load(id, s.Incident.Period, s.Incident.Period)
			}
		}
		require.Equal(t, want, checksums(t, path))
	}

	// What was never lost comes out as it was, some days of it as well as all.
	load("source.shop.raw.app_events", "2026-02-15", "2026-02-15")
	load("source.shop.raw.web_events", "2026-04-30", "2026-05-02")
	load("source.shop.raw.users", "", "")
	load("model.shop.dim_users", "", "")
	load("model.shop.int_user_events", "2026-06-01", "2026-06-14")
	load("model.shop.fct_app_visit", "", "")
	require.Equal(t, want, checksums(t, path))
}

func TestLoadRefusesWhatItCannotLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, writeProject(dir, "headwater", days()))
	path := filepath.Join(dir, Warehouse)
	_, err := Load(t.Context(), dir, "source.shop.raw.users", "", "")
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "no warehouse")
	require.NoFileExists(t, path)

	db, err := sql.Open("duckdb", path)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "create table somebodys (x int)")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	for name, c := range map[string]struct {
		id, first, last string
		kind            fault.Kind
		says            string
	}{
		"an unknown node":               {"source.shop.raw.nothing", "", "", fault.NotFound, "model.shop.dim_users"},
		"a view":                        {"model.shop.stg_users", "", "", fault.Invalid, "view"},
		"days of a table without":       {"model.shop.dim_users", "2026-06-14", "2026-06-14", fault.Invalid, "whole"},
		"days of a source without":      {"source.shop.raw.users", "2026-06-14", "2026-06-14", fault.Invalid, "whole"},
		"a day before the world":        {"source.shop.raw.app_events", "2026-02-14", "2026-02-15", fault.Invalid, "2026-02-15 to 2026-06-14"},
		"a day after it":                {"source.shop.raw.app_events", "2026-06-14", "2026-06-15", fault.Invalid, "2026-02-15 to 2026-06-14"},
		"days the wrong way round":      {"source.shop.raw.app_events", "2026-06-14", "2026-06-13", fault.Invalid, "2026-02-15"},
		"no day":                        {"source.shop.raw.app_events", "yesterday", "2026-06-13", fault.Invalid, "yesterday"},
		"half of the days":              {"source.shop.raw.app_events", "2026-06-13", "", fault.Invalid, "2026-06-13"},
		"a warehouse without its table": {"source.shop.raw.users", "", "", fault.Unavailable, "source.shop.raw.users"},
	} {
		_, err := Load(t.Context(), dir, c.id, c.first, c.last)
		require.Equal(t, c.kind, fault.KindOf(err), name)
		require.ErrorContains(t, err, c.says, name)
	}
}

// The command is hidden and in everybody's program: it must not write where nobody has asked for it.
func TestLoadTouchesNoOtherProject(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, Warehouse), nil, 0o600))
	for _, text := range []string{"", "policy: {writes: allow}\n"} {
		if text != "" {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "headwater.yaml"), []byte(text), 0o600))
		}
		_, err := Load(t.Context(), dir, "source.shop.raw.users", "", "")
		require.Equal(t, fault.Invalid, fault.KindOf(err))
		require.ErrorContains(t, err, "no demo world")
	}
}
