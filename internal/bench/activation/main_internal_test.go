package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/sharedtest"
)

// TestMain lets this program be the child of its own tests.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == childFlag {
		if err := perform(context.Background(), os.Stdin, os.Stdout); err != nil {
			_, _ = os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestSmall measures everything on a thousandth of the rows: what comes of it is right, whatever it took.
func TestSmall(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var out bytes.Buffer
	args := []string{"-sql", sharedtest.Dir(t, "../tools/activation_bench"), "-dir", dir, "-scale", "0.001", "-rounds", "1", "-v"}
	require.NoError(t, run(t.Context(), args, &out))
	said := out.String()
	for _, name := range []string{
		"day step / floor", "365 days of history / 30", "48000 older rows in the fact / none",
		"restating 1 % of a day, found by itself / day step", "restating 1 % of a day, from and until / day step",
		"initial build / window query", "2026-06-10 changed since built", "read again from 2026-06-10", "first build",
	} {
		require.Contains(t, said, name)
	}
	require.Equal(t, 2, strings.Count(said, "outputs equal"), said)
	db, err := sql.Open("duckdb", filepath.Join(dir, "history-30-of-100-0.001.duckdb"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	var rows, users int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*), count(DISTINCT user_id) FROM fact").Scan(&rows, &users))
	require.Contains(t, said, fmt.Sprintf("a day of %d rows and %d users, 9900 known", rows, users))
	left, err := filepath.Glob(filepath.Join(dir, "headwater-bench-*"))
	require.NoError(t, err)
	require.Empty(t, left, "what was measured on is removed")
}

func TestSame(t *testing.T) {
	t.Parallel()
	one := &subject{name: "one", sums: map[string]string{"a": "1 rows, 7 7", "b": "0 rows, "}}
	require.NoError(t, same(one, &subject{name: "two", sums: map[string]string{"a": "1 rows, 7 7", "b": "0 rows, "}}))
	require.ErrorContains(t, same(one, &subject{sums: map[string]string{"a": "1 rows, 7 8", "b": "0 rows, "}}), "a is 1 rows, 7 7, and 1 rows, 7 8")
	require.ErrorIs(t, same(one, &subject{sums: map[string]string{"a": "1 rows, 7 7"}}), errDiffers)
	require.ErrorIs(t, same(&subject{}, &subject{}), errDiffers)
}

// TestUnknownData refuses data that it would scale wrongly.
func TestUnknownData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"data.sql", "floor.sql", "window.sql"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("select 10000000, 9900000"), 0o600))
	}
	_, err := read(dir, 0.5)
	require.ErrorContains(t, err, "the number 2500000")
}
