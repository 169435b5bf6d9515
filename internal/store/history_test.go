package store_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/internal/store"
)

// manifest is an artifact set of a day with the code of two nodes; "" leaves a node out.
func manifest(day int, ordersCode, customersCode string) store.ArtifactSet {
	set := store.ArtifactSet{
		InvocationID: fmt.Sprint("manifest ", day), Project: "shop", GeneratedAt: at(day, 1), SeenAt: at(30, 0), Checksums: map[string]string{},
	}
	for node, code := range map[string]string{orders: ordersCode, customers: customersCode} {
		if code != "" {
			set.Checksums[node] = code
		}
	}
	return set
}

func changes(t *testing.T, s *store.Store, asOf time.Time) map[string]store.CodeChange {
	t.Helper()
	got, err := s.CodeChanges(t.Context(), []string{orders, customers}, asOf)
	require.NoError(t, err)
	return got
}

func TestCodeChanges(t *testing.T) {
	t.Parallel()
	s := open(t)
	add := func(sets ...store.ArtifactSet) {
		for _, set := range sets {
			_, err := s.RecordArtifacts(t.Context(), set)
			require.NoError(t, err)
		}
	}
	add(manifest(1, "a", "x"), manifest(9, "b", "x"))
	require.Equal(t, map[string]store.CodeChange{orders: {Checksum: "b", Since: at(9, 1), Before: at(1, 1), Base: "manifest 1"}}, changes(t, s, at(30, 0)))
	add(manifest(5, "b", "x"), manifest(7, "b", "x"))
	require.Equal(t, at(5, 1), changes(t, s, at(30, 0))[orders].Since, "what is read later moves it to where it was")
	add(manifest(6, "a", "x"))
	require.Equal(t, store.CodeChange{Checksum: "b", Since: at(7, 1), Before: at(6, 1), Base: "manifest 6"}, changes(t, s, at(30, 0))[orders], "to and fro")
	require.Empty(t, changes(t, s, at(4, 0)), "as of then it had not changed")
	require.NotContains(t, changes(t, s, at(30, 0)), customers)

	add(manifest(10, "b", ""), manifest(11, "b", "x"))
	require.NotContains(t, changes(t, s, at(30, 0)), customers, "away and back is no change")
	unread := manifest(8, "", "")
	unread.Checksums = nil
	add(unread)
	require.Equal(t, at(7, 1), changes(t, s, at(30, 0))[orders].Since, "a set whose code is not known says nothing")
}

// TestAnyOrderGivesTheSameLedger: whatever is recorded, in whatever order and however often, the tables hold the same.
func TestAnyOrderGivesTheSameLedger(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.SampledFrom([]string{"", "a", "b"})
		var all []any
		for day := 1; day <= 5; day++ {
			all = append(all, manifest(day, code.Draw(t, "orders"), code.Draw(t, "customers")))
			status := rapid.SampledFrom([]string{"success", "partial success", "error"}).Draw(t, "status")
			all = append(all, store.Run{
				InvocationID: fmt.Sprint("run ", day), Project: "shop", Command: rapid.SampledFrom([]string{"run", "retry", "compile"}).Draw(t, "command"), GeneratedAt: at(day, 2),
				Results: []store.Result{{NodeID: orders, Status: status, Batches: []store.Batch{
					{Start: at(1, 0), End: at(2, 0), Succeeded: status != "error"}, {Start: at(2, 0), End: at(3, 0), Succeeded: status == "success", Skipped: status == "error"},
				}}},
			})
		}
		shuffled := rapid.Permutation(slices.Concat(all, all)).Draw(t, "order")
		n++
		want := ledgerOf(t, filepath.Join(dir, strconv.Itoa(n), "ordered.db"), all)
		require.Equal(t, want, ledgerOf(t, filepath.Join(dir, strconv.Itoa(n), "shuffled.db"), shuffled))
	})
}

// ledgerOf records sets and runs in a new store and returns what its tables hold.
func ledgerOf(t *rapid.T, path string, all []any) []string {
	ctx := t.Context()
	s, err := store.Open(ctx, path, "")
	require.NoError(t, err)
	for _, one := range all {
		switch one := one.(type) {
		case store.ArtifactSet:
			_, err = s.RecordArtifacts(ctx, one)
		case store.Run:
			_, err = s.RecordRun(ctx, one)
		}
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	var out []string
	for _, query := range []string{
		"SELECT invocation_id || ' ' || generated_at || ' ' || coded FROM artifact_sets ORDER BY 1",
		"SELECT node_id || ' ' || seen_at || ' ' || checksum FROM code_versions ORDER BY 1",
		"SELECT invocation_id || ' ' || command || ' ' || generated_at FROM runs ORDER BY 1",
		"SELECT invocation_id || ' ' || node_id || ' ' || status FROM results ORDER BY 1",
		"SELECT invocation_id || ' ' || node_id || ' ' || start_at || ' ' || succeeded || ' ' || skipped FROM batches ORDER BY 1",
	} {
		rows, err := db.QueryContext(ctx, query)
		require.NoError(t, err)
		out = append(out, lines(t, rows)...)
	}
	return out
}

func lines(t *rapid.T, rows *sql.Rows) []string {
	defer rows.Close()
	var out []string
	for rows.Next() {
		var line string
		require.NoError(t, rows.Scan(&line))
		out = append(out, line)
	}
	require.NoError(t, rows.Err())
	return out
}

func TestGoodRuns(t *testing.T) {
	t.Parallel()
	s := open(t)
	record(t, s, history()...)
	again := history()[0]
	again.InvocationID, again.GeneratedAt = "later", at(5, 0)
	again.Results[0].StartedAt, again.Results[0].CompletedAt = at(4, 20), at(4, 21)
	record(t, s, again)
	get := func(limit int, asOf time.Time) map[string][]store.GoodRun {
		got, err := s.GoodRuns(t.Context(), []string{orders, unique}, limit, asOf)
		require.NoError(t, err)
		return got
	}
	first, second := store.GoodRun{StartedAt: at(1, 2), CompletedAt: at(1, 3)}, store.GoodRun{StartedAt: at(4, 20), CompletedAt: at(4, 21)}
	require.Equal(t, map[string][]store.GoodRun{orders: {second, first}}, get(10, at(9, 0)), "without the run that failed, and the test")
	require.Equal(t, map[string][]store.GoodRun{orders: {second}}, get(1, at(9, 0)))
	require.Equal(t, map[string][]store.GoodRun{orders: {first}}, get(10, at(4, 23)))
}

func TestFoldersRead(t *testing.T) {
	t.Parallel()
	s := open(t)
	require.NoError(t, s.FolderRead(t.Context(), "archive/a", "one"))
	require.NoError(t, s.FolderRead(t.Context(), "archive/a", "two"))
	require.NoError(t, s.FolderRead(t.Context(), "archive/b", "one"))
	got, err := s.FoldersRead(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]string{"archive/a": "two", "archive/b": "one"}, got)
}
