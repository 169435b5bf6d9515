package demo

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
)

// setup builds a world and opens its warehouse, read only.
func setup(t *testing.T) (dir string, db *sql.DB) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "world")
	_, err := World(t.Context(), dir)
	require.NoError(t, err)
	db, err = sql.Open("duckdb", filepath.Join(dir, Warehouse)+"?access_mode=read_only")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return dir, db
}

// one reads the single value of a query.
func one[T any](t *testing.T, db *sql.DB, query string, args ...any) T {
	t.Helper()
	var value T
	require.NoError(t, db.QueryRowContext(t.Context(), query, args...).Scan(&value), query)
	return value
}

// column reads the first column of a query.
func column[T any](t *testing.T, db *sql.DB, query string, args ...any) []T {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	require.NoError(t, err, query)
	defer func() { require.NoError(t, rows.Close()) }()
	values := []T{}
	for rows.Next() {
		var value T
		require.NoError(t, rows.Scan(&value))
		values = append(values, value)
	}
	require.NoError(t, rows.Err())
	return values
}

func TestWorld(t *testing.T) {
	t.Parallel()
	dir, db := setup(t)
	for name, test := range map[string]func(*testing.T, string, *sql.DB){
		"rows":      testRows,
		"artifacts": testArtifacts,
		"nights":    testOneBatchEqualsItsNights,
		"again":     testSameEveryTime,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, dir, db)
		})
	}
}

func testSameEveryTime(t *testing.T, _ string, db *sql.DB) {
	t.Helper()
	_, again := setup(t)
	tables := column[string](t, db, `select table_schema || '.' || table_name from information_schema.tables order by 1`)
	require.Len(t, tables, 10)
	for _, table := range tables {
		checksum := "select count(*) || ' rows ' || bit_xor(hash(t)) from " + table + " as t"
		require.Equal(t, one[string](t, db, checksum), one[string](t, again, checksum), table)
	}

	// Documents quote these; another version of DuckDB or another machine must not change them.
	const active = "select count(distinct user_id) from analytics.fct_app_visit where cast(event_at as date) = cast(? as date)"
	for day, users := range map[string]int{"2026-02-15": 1283, "2026-06-07": 1805, "2026-06-13": 2021, "2026-06-14": 570} {
		require.Equal(t, users, one[int](t, db, active, day), day)
	}
}

func TestWorldRefusesAFolderWithAWarehouse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, Warehouse)
	require.NoError(t, os.WriteFile(path, []byte("somebody's"), 0o600))
	_, err := World(t.Context(), dir)
	require.Equal(t, fault.Conflict, fault.KindOf(err))
	require.ErrorContains(t, err, path)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing is written beside it")
}

func TestWorldNeedsAFolder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := World(t.Context(), file)
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
}

func TestWorldGivenUpLeavesNoWarehouse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := World(ctx, dir)
	require.Error(t, err)
	require.NoFileExists(t, filepath.Join(dir, Warehouse))
}
