package partition_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// TestFailed: a failed run says something of the partitions that it was to make and no good run has made since they closed.
func TestFailed(t *testing.T) {
	t.Parallel()
	run := func(status, completed, good string) partition.BuildRecord {
		b := partition.BuildRecord{Status: status, Message: "boom"}
		if completed != "" {
			b.CompletedAt = at(t, completed)
		}
		if good != "" {
			b.GoodAt = at(t, good)
		}
		return b
	}
	for name, test := range map[string]struct {
		build        partition.BuildRecord
		materialized string
		want         []string
	}{
		"since the last good run": {run("error", "2026-06-14T03:00:00Z", "2026-06-12T03:00:00Z"), "incremental", []string{"2026-06-12", "2026-06-13", "2026-06-14"}},
		"without any good run":    {run("error", "2026-06-14T03:00:00Z", ""), "incremental", []string{"2026-06-10", "2026-06-13"}},
		"some of the batches":     {run("partial success", "2026-06-14T03:00:00Z", "2026-06-05T03:00:00Z"), "incremental", []string{"2026-06-10"}},
		"a view has no build":     {run("error", "2026-06-14T03:00:00Z", ""), "view", nil},
		"skipped is not failed":   {run("skipped", "2026-06-14T03:00:00Z", ""), "incremental", nil},
		"a good run":              {run("success", "2026-06-14T03:00:00Z", "2026-06-14T03:00:00Z"), "incremental", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := project([]*lineage.Node{source("a"), model("m", test.materialized)}, [2]string{sourceA, "model.p.m"})
			specs := derive(t, g, partition.Override{Node: "m", Grain: "day", Time: "ts", Begin: "2026-01-01"})
			c := partition.New(partition.Deps{
				Observer: &held{tables: map[string]table{"model.p.m": daily(100, map[string]int64{"2026-06-10": 0})}},
				Ledger:   recorded{builds: map[string]partition.BuildRecord{"model.p.m": test.build}},
			})
			n := check(t, c, g, specs, partition.CheckRequest{Nodes: []string{"model.p.m"}, AsOf: at(t, "2026-06-15T08:00:00Z")})["model.p.m"]
			var got []string
			for _, r := range n.Ranges {
				for _, f := range r.Findings {
					for p := r.First; f.Finding == partition.Failed && p.Index <= r.Last.Index; p = p.Next() {
						got = append(got, p.String())
						require.Contains(t, f.Evidence, "boom. ")
					}
				}
			}
			require.ElementsMatch(t, test.want, got)
		})
	}
}

// TestEmpty: a partition without rows is explained by a run that made the whole table anew after it had closed.
func TestEmpty(t *testing.T) {
	t.Parallel()
	none, some := int64(0), int64(7)
	for name, test := range map[string]struct {
		materialized, status, started string
		rows                          *int64
		want                          partition.Presence
	}{
		"rebuilt since":                  {"table", "success", "2026-06-11T00:00:00Z", nil, partition.Present},
		"rebuilt since without rows":     {"table", "success", "2026-06-12T00:00:00Z", &none, partition.Present},
		"rebuilt before it had closed":   {"table", "success", "2026-06-10T23:59:59Z", nil, partition.Missing},
		"the run says that it wrote":     {"table", "success", "2026-06-11T00:00:00Z", &some, partition.Missing},
		"the run failed":                 {"table", "error", "2026-06-11T00:00:00Z", nil, partition.Missing},
		"not the whole table is rebuilt": {"incremental", "success", "2026-06-11T00:00:00Z", nil, partition.Missing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := project([]*lineage.Node{source("a"), model("m", test.materialized)}, [2]string{sourceA, "model.p.m"})
			specs := derive(t, g, partition.Override{Node: "m", Grain: "day", Time: "ts", Begin: "2026-01-01"})
			c := partition.New(partition.Deps{
				Observer: &held{tables: map[string]table{"model.p.m": daily(100, map[string]int64{"2026-06-10": 0})}},
				Ledger: recorded{builds: map[string]partition.BuildRecord{
					"model.p.m": {Status: test.status, StartedAt: at(t, test.started), CompletedAt: at(t, test.started).Add(time.Hour), Rows: test.rows, GoodAt: at(t, test.started)},
				}},
			})
			n := check(t, c, g, specs, partition.CheckRequest{Nodes: []string{"model.p.m"}, First: new("2026-06-10"), Last: new("2026-06-10"), AsOf: at(t, "2026-06-15T08:00:00Z")})["model.p.m"]
			require.Len(t, n.Ranges, 1)
			require.Equal(t, test.want, n.Ranges[0].Presence)
			require.Equal(t, test.want == partition.Present, n.Findings[partition.Empty] == 1)
		})
	}
}

func TestTestsAreSaidOfTheTable(t *testing.T) {
	t.Parallel()
	test := func(name, attached string) *lineage.Node {
		return &lineage.Node{ID: "test.p." + name, Name: name, Type: lineage.TypeTest, Test: &lineage.Test{Kind: "generic", Attached: attached}}
	}
	g := project([]*lineage.Node{source("a"), model("m", "table"), model("bare", "table"), test("t1", "model.p.m"), test("t2", "model.p.m"), test("other", sourceA)},
		[2]string{"model.p.m", "test.p.t1"}, [2]string{"model.p.m", "test.p.t2"}, [2]string{"model.p.m", "test.p.other"})
	specs := derive(t, g)
	for name, test := range map[string]struct {
		records map[string]partition.TestRecord
		want    []partition.Found
	}{
		"never run": {nil, []partition.Found{{Finding: partition.Untested, Evidence: "No result of its 2 tests is recorded."}}},
		"passed":    {map[string]partition.TestRecord{"test.p.t1": {Status: "pass"}, "test.p.other": {Status: "fail"}}, nil},
		"failed":    {map[string]partition.TestRecord{"test.p.t1": {Status: "warn"}, "test.p.t2": {Status: "fail"}}, []partition.Found{{Finding: partition.TestFailed, Evidence: "1 of 2 tests failed when last run: t2."}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := partition.New(partition.Deps{Ledger: recorded{tests: test.records}})
			nodes := check(t, c, g, specs, partition.CheckRequest{Nodes: []string{"model.p.m", "model.p.bare"}, Only: partition.OnlyAll, AsOf: at(t, "2026-06-15T08:00:00Z")})
			require.Equal(t, test.want, nodes["model.p.m"].Table)
			require.Equal(t, []partition.Found{{Finding: partition.Untested, Evidence: "No test is declared."}}, nodes["model.p.bare"].Table)
			require.Empty(t, nodes["model.p.m"].Ranges)
		})
	}
}
