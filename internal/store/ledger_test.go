package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/store"
)

const (
	orders    = "model.shop.orders"
	customers = "model.shop.customers"
	unique    = "test.shop.unique_orders"
	raw       = "source.shop.raw.orders"
)

// history is three days of a project: a good build, one that fails and skips, and tests and freshness after it.
func history() []store.Run {
	built := func(node, status string, day int) store.Result {
		return store.Result{NodeID: node, Status: status, StartedAt: at(day, 2), CompletedAt: at(day, 3), RowsAffected: new(int64(day)), Message: status}
	}
	return []store.Run{
		{
			InvocationID: "one", Project: "shop", Command: "build", DBTVersion: "1.10.1", GeneratedAt: at(1, 4), SeenAt: at(9, 0),
			Results: []store.Result{built(orders, "success", 1), built(customers, "success", 1), {NodeID: unique, Status: "pass", Failures: new(int64(0))}},
		},
		{
			InvocationID: "two", Project: "shop", Command: "run", GeneratedAt: at(2, 4), SeenAt: at(9, 0),
			Results: []store.Result{built(orders, "error", 2), {NodeID: customers, Status: "skipped"}},
		},
		{
			InvocationID: "three", Project: "shop", Command: "test", GeneratedAt: at(3, 4), SeenAt: at(9, 0),
			Results: []store.Result{{NodeID: unique, Status: "fail", Failures: new(int64(7))}},
		},
		{
			InvocationID: "four", Project: "shop", Command: "source freshness", GeneratedAt: at(3, 5), SeenAt: at(9, 0),
			Results: []store.Result{{NodeID: raw, Status: "warn", MaxLoadedAt: at(2, 23)}},
		},
	}
}

// record records runs in an order and reports how many were new.
func record(t *testing.T, s *store.Store, runs ...store.Run) int {
	t.Helper()
	count := 0
	for _, r := range runs {
		isNew, err := s.RecordRun(t.Context(), r)
		require.NoError(t, err)
		if isNew {
			count++
		}
	}
	return count
}

func TestLastBuild(t *testing.T) {
	t.Parallel()
	s := open(t)
	runs := history()
	require.Equal(t, 4, record(t, s, runs[2], runs[0], runs[3], runs[1]), "in any order")

	got, err := s.LastBuild(t.Context(), []string{orders, customers, unique, "model.shop.gone"}, at(9, 0))
	require.NoError(t, err)
	outcome := func(run store.Run, i int) store.Outcome {
		return store.Outcome{Result: run.Results[i], InvocationID: run.InvocationID, Command: run.Command, GeneratedAt: run.GeneratedAt}
	}
	goodOrders, goodCustomers := outcome(runs[0], 0), outcome(runs[0], 1)
	require.Equal(t, store.Builds{Last: outcome(runs[1], 0), Good: &goodOrders}, got[orders], "the last one failed")
	require.Equal(t, store.Builds{Last: goodCustomers, Good: &goodCustomers}, got[customers], "skipped is not built")
	require.NotContains(t, got, "model.shop.gone")

	tests, err := s.LastTests(t.Context(), []string{unique}, at(9, 0))
	require.NoError(t, err)
	require.Equal(t, map[string]store.Outcome{unique: outcome(runs[2], 0)}, tests)

	fresh, err := s.LastFreshness(t.Context(), []string{raw}, at(9, 0))
	require.NoError(t, err)
	require.Equal(t, map[string]store.Outcome{raw: outcome(runs[3], 0)}, fresh)

	none, err := s.LastBuild(t.Context(), nil, at(9, 0))
	require.NoError(t, err)
	require.Empty(t, none)
}

// As of an instant the ledger holds what had happened by then, whenever it was read in.
func TestAsOfHidesLaterRuns(t *testing.T) {
	t.Parallel()
	s := open(t)
	record(t, s, history()...)
	before := at(2, 4).Add(-time.Microsecond)

	builds, err := s.LastBuild(t.Context(), []string{orders}, before)
	require.NoError(t, err)
	require.Equal(t, "success", builds[orders].Last.Status)
	builds, err = s.LastBuild(t.Context(), []string{orders}, at(2, 4))
	require.NoError(t, err)
	require.Equal(t, "error", builds[orders].Last.Status, "at its own instant it is there")

	tests, err := s.LastTests(t.Context(), []string{unique}, before)
	require.NoError(t, err)
	require.Equal(t, "pass", tests[unique].Status)
	fresh, err := s.LastFreshness(t.Context(), []string{raw}, before)
	require.NoError(t, err)
	require.Empty(t, fresh)

	sum, err := s.Summary(t.Context(), before)
	require.NoError(t, err)
	require.Equal(t, store.Summary{Runs: 1, Oldest: at(1, 4), Newest: at(1, 4)}, sum)
	sum, err = s.Summary(t.Context(), at(1, 0))
	require.NoError(t, err)
	require.Equal(t, store.Summary{}, sum)

	last, err := s.LastRun(t.Context(), at(9, 0))
	require.NoError(t, err)
	require.Equal(t, history()[2], *last)
	last, err = s.LastRun(t.Context(), at(1, 0))
	require.NoError(t, err)
	require.Nil(t, last)
}

func TestRecordRunOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	run := history()[0]
	require.Equal(t, 1, record(t, s, run, run))
	again := run
	again.Results = nil
	again.SeenAt = at(20, 0)
	require.Zero(t, record(t, s, again), "the first sight stays")
	last, err := s.LastRun(t.Context(), at(9, 0))
	require.NoError(t, err)
	require.Equal(t, run.SeenAt, last.SeenAt)
	require.Len(t, last.Results, 3)

	nameless := run
	nameless.InvocationID = ""
	later := nameless
	later.GeneratedAt = at(5, 0)
	require.Equal(t, 2, record(t, s, nameless, later, nameless), "without an id the time tells them apart")
}

// dbt overwrites run_results.json by commands that build nothing too.
func TestCommandsThatDoNotCount(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, command := range []string{"compile", "docs generate", "run-operation", "show", "list", "parse", "clone", ""} {
		run := history()[0]
		run.InvocationID, run.Command = command, command
		require.Zero(t, record(t, s, run), command)
	}
	idle := store.Run{InvocationID: "idle", Command: "retry", GeneratedAt: at(2, 0)}
	require.Zero(t, record(t, s, idle), "a retry that had nothing to do")
	sum, err := s.Summary(t.Context(), at(30, 0))
	require.NoError(t, err)
	require.Zero(t, sum.Runs)
}

// TestOwnBuildsAreKeptBesideThoseOfDBT: they say how many rows each period got and which were only compared, count as builds, and are
// none of dbt's runs.
func TestOwnBuildsAreKeptBesideThoseOfDBT(t *testing.T) {
	t.Parallel()
	s := open(t)
	const output = "activation.shop.visit_activation_daily"
	day := store.Batch{Start: at(3, 0), End: at(4, 0), Succeeded: true, Rows: new(int64(7))}
	span := store.Batch{Start: at(1, 0), End: at(4, 0), Succeeded: true, Checked: true}
	own := store.Run{
		InvocationID: "own", Project: "shop", Command: store.OwnBuild, GeneratedAt: at(4, 4),
		Results: []store.Result{{NodeID: output, Status: "success", StartedAt: at(4, 2), CompletedAt: at(4, 3), Code: "cafe", Batches: []store.Batch{span, day}}},
	}
	require.Equal(t, 5, record(t, s, append(history(), own)...))

	builds, err := s.LastBuild(t.Context(), []string{output, orders}, at(9, 0))
	require.NoError(t, err)
	require.Equal(t, "cafe", builds[output].Last.Code)
	require.True(t, builds[output].Last.Batched)
	require.Empty(t, builds[orders].Last.Code)
	runs, err := s.GoodRuns(t.Context(), []string{output}, 9, at(9, 0))
	require.NoError(t, err)
	require.Equal(t, map[string][]store.GoodRun{output: {{StartedAt: at(4, 2), CompletedAt: at(4, 3)}}}, runs)
	batches, err := s.Batches(t.Context(), []string{output}, at(3, 0), at(4, 0), at(9, 0))
	require.NoError(t, err)
	require.Len(t, batches[output], 2)
	require.Equal(t, span, batches[output][0].Batch)
	require.Equal(t, day, batches[output][1].Batch)

	sum, err := s.Summary(t.Context(), at(9, 0))
	require.NoError(t, err)
	require.Equal(t, 4, sum.Runs)
	last, err := s.LastRun(t.Context(), at(9, 0))
	require.NoError(t, err)
	require.Equal(t, "three", last.InvocationID)
}

func TestBatches(t *testing.T) {
	t.Parallel()
	s := open(t)
	day := func(d int, ok bool) store.Batch {
		return store.Batch{Start: at(d, 0), End: at(d+1, 0), Succeeded: ok}
	}
	run := func(id, command string, generated time.Time, batches ...store.Batch) store.Run {
		return store.Run{
			InvocationID: id, Command: command, GeneratedAt: generated,
			Results: []store.Result{{NodeID: orders, Status: "partial success", Batches: batches}},
		}
	}
	record(t, s,
		run("first", "run", at(10, 1), day(1, true), day(2, false), day(3, true)),
		run("again", "retry", at(10, 2), day(2, true), day(1, true), day(3, true)),
		run("later", "build", at(11, 1), day(3, true)))

	ids := func(asOf time.Time) []string {
		got, err := s.Batches(t.Context(), []string{orders, customers}, at(1, 0), at(30, 0), asOf)
		require.NoError(t, err)
		require.NotContains(t, got, customers)
		out := []string{}
		for _, b := range got[orders] {
			out = append(out, fmt.Sprintf("%d %s %t", b.Start.Day(), b.InvocationID, b.Succeeded))
		}
		return out
	}
	first := []string{"1 first true", "2 first false", "3 first true"}
	require.Equal(t, append([]string{"3 later true", "2 again true"}, first...), ids(at(30, 0)), "a success that a retry repeats was not run again")
	require.Equal(t, first, ids(at(10, 1)))
	require.Empty(t, ids(at(9, 0)))

	got, err := s.Batches(t.Context(), []string{orders}, at(2, 0), at(3, 0), at(30, 0))
	require.NoError(t, err)
	require.Len(t, got[orders], 2, "only what overlaps the interval")
	require.Zero(t, got[orders][1].Among, "no rows are told")

	builds, err := s.LastBuild(t.Context(), []string{orders}, at(30, 0))
	require.NoError(t, err)
	require.True(t, builds[orders].Last.Batched)
}

func TestArtifactSets(t *testing.T) {
	t.Parallel()
	s := open(t)
	set := func(id string, day int, path string) store.ArtifactSet {
		return store.ArtifactSet{InvocationID: id, Project: "shop", GeneratedAt: at(day, 1), SchemaVersion: "v12", Path: path, SeenAt: at(9, 9)}
	}
	add := func(a store.ArtifactSet) bool {
		isNew, err := s.RecordArtifacts(t.Context(), a)
		require.NoError(t, err)
		return isNew
	}
	require.True(t, add(set("b", 2, "target")))
	require.True(t, add(set("a", 1, "archive/a")))
	require.False(t, add(set("b", 2, "archive/b")))
	other := set("c", 1, "x")
	other.Project = "core"
	require.True(t, add(other))

	got, err := s.ArtifactSets(t.Context(), "shop", at(9, 0), 10)
	require.NoError(t, err)
	require.Equal(t, []store.ArtifactSet{set("b", 2, "archive/b"), set("a", 1, "archive/a")}, got)
	got, err = s.ArtifactSets(t.Context(), "shop", at(1, 9), 10)
	require.NoError(t, err)
	require.Equal(t, []store.ArtifactSet{set("a", 1, "archive/a")}, got)
	got, err = s.ArtifactSets(t.Context(), "shop", at(9, 0), 1)
	require.NoError(t, err)
	require.Len(t, got, 1)
}
