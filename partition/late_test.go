package partition_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// TestLate: rows that came after they were due, or after a child was built from them through a view; a child that was built again since
// is no reason, and without a recorded build of the child there is none.
func TestLate(t *testing.T) {
	t.Parallel()
	const child = "model.p.m"
	m := model("m", "incremental")
	m.Build.IncrementalStrategy = "microbatch"
	g := project([]*lineage.Node{source("a"), model("v", "view"), m}, [2]string{sourceA, "model.p.v"}, [2]string{"model.p.v", child})
	batch := func(built string) partition.BatchRecord {
		return partition.BatchRecord{
			Start: at(t, "2026-06-10T00:00:00Z"), End: at(t, "2026-06-11T00:00:00Z"), Succeeded: true, Run: built,
			ToldAt: at(t, built), StartedAt: at(t, built), CompletedAt: at(t, built),
		}
	}
	for name, c := range map[string]struct {
		loaded, expected string
		batches          []partition.BatchRecord
		says             string
	}{
		"in time":              {loaded: "2026-06-11T01:00:00Z", expected: "2h", batches: []partition.BatchRecord{batch("2026-06-11T03:00:00Z")}},
		"after it was due":     {loaded: "2026-06-11T02:30:00Z", expected: "2h", says: "up to 2026-06-11T02:30:00Z; they were expected by 2026-06-11T02:00:00Z."},
		"after the child":      {loaded: "2026-06-11T05:00:00Z", batches: []partition.BatchRecord{batch("2026-06-11T03:00:00Z")}, says: "model.p.m was built from it at 2026-06-11T03:00:00Z."},
		"the child came after": {loaded: "2026-06-11T05:00:00Z", batches: []partition.BatchRecord{batch("2026-06-11T06:00:00Z"), batch("2026-06-11T03:00:00Z")}},
		"no build is known":    {loaded: "2026-06-11T05:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			specs := derive(t, g,
				partition.Override{Node: "raw.a", Grain: "day", Time: "ts", Begin: "2026-01-01", ExpectedBy: c.expected},
				partition.Override{Node: "m", Grain: "day", Time: "ts", Begin: "2026-01-01"})
			rows := daily(1000, nil)
			loaded := at(t, c.loaded)
			observer := &held{tables: map[string]table{child: rows, sourceA: {rows: func(p period.Period) partition.Count {
				count := rows.rows(p)
				count.Loaded = new(p.End())
				if p.String() == "2026-06-10" {
					count.Loaded = &loaded
				}
				return count
			}}}}
			checker := partition.New(partition.Deps{Observer: observer, Ledger: recorded{batches: map[string][]partition.BatchRecord{child: c.batches}}})
			answer := check(t, checker, g, specs, partition.CheckRequest{
				Nodes: []string{sourceA, child}, Only: partition.OnlyAll, AsOf: time.Date(2026, 6, 15, 8, 0, 0, 0, time.UTC),
			})
			found := map[string]string{}
			for _, r := range answer[sourceA].Ranges {
				for _, f := range r.Findings {
					found[r.First.String()+" "+string(f.Finding)] = f.Evidence
					require.True(t, r.Ready, "a late partition is there")
				}
			}
			if c.says == "" {
				require.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			require.Contains(t, found["2026-06-10 late"], c.says)
		})
	}
}
