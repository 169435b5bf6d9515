package partition_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// nightly are good runs at 02:00 of every day in June from one to another, the newest first.
func nightly(t *testing.T, from, to int, except ...int) []partition.RunTime {
	t.Helper()
	var out []partition.RunTime
	for d := to; d >= from; d-- {
		missed := false
		for _, e := range except {
			missed = missed || e == d
		}
		if start := at(t, "2026-06-01T02:00:00Z").AddDate(0, 0, d-1); !missed {
			out = append(out, partition.RunTime{StartedAt: start, CompletedAt: start.Add(20 * 60e9)})
		}
	}
	return out
}

// TestRowsThatNoRunWrote: rows of a microbatch partition without a batch are a mismatch only where the ledger has no gap since
// before the partition began.
func TestRowsThatNoRunWrote(t *testing.T) {
	t.Parallel()
	around := []partition.BatchRecord{batch(t, 12, 9, "ok"), batch(t, 12, 11, "ok")}
	for name, test := range map[string]struct {
		runs    []partition.RunTime
		batches []partition.BatchRecord
		rows    int64
		zone    string
		want    bool
	}{
		"a record without gaps":         {nightly(t, 5, 20), around, 90, "", true},
		"a day without a recorded run":  {nightly(t, 5, 20, 14), around, 90, "", false},
		"the record begins later":       {nightly(t, 10, 20), around, 90, "", false},
		"no runs":                       {nil, around, 90, "", false},
		"it has a batch":                {nightly(t, 5, 20), append(around, batch(t, 11, 10, "ok")), 90, "", false},
		"its batch failed":              {nightly(t, 5, 20), append(around, batch(t, 11, 10, "no")), 90, "", false},
		"no rows":                       {nightly(t, 5, 20), around, 0, "", false},
		"its days are not those of dbt": {nightly(t, 5, 20), []partition.BatchRecord{batch(t, 12, 5, "ok")}, 90, "Asia/Seoul", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := project([]*lineage.Node{source("a"), microbatch()}, [2]string{sourceA, "model.p.m"})
			c := partition.New(partition.Deps{
				Observer: &held{tables: map[string]table{"model.p.m": daily(100, map[string]int64{"2026-06-10": test.rows})}},
				Ledger: recorded{
					builds:  map[string]partition.BuildRecord{"model.p.m": {Status: "success", Batched: true}},
					batches: map[string][]partition.BatchRecord{"model.p.m": test.batches},
					runs:    map[string][]partition.RunTime{"model.p.m": test.runs},
				},
			})
			n := check(t, c, g, derive(t, g, partition.Override{Node: "m", Timezone: test.zone}), partition.CheckRequest{
				Nodes: []string{"model.p.m"}, First: new("2026-06-10"), Last: new("2026-06-10"), AsOf: at(t, "2026-06-21T00:00:00Z"),
			})["model.p.m"]
			require.Equal(t, test.want, n.Findings[partition.LedgerMismatch] == 1)
			if test.want {
				require.Equal(t, "There are 90 rows, and none of the recorded runs had a batch of it; a run is recorded in every day since it began.", n.Ranges[0].Findings[0].Evidence)
				require.True(t, n.Ranges[0].Ready, "nothing waits for it")
			}
		})
	}
}

// TestRowsThatAreGone: a run says that it wrote rows, and there are none. A success without a word of rows says nothing of the kind.
func TestRowsThatAreGone(t *testing.T) {
	t.Parallel()
	wrote := func(n int64) partition.BatchRecord {
		b := batch(t, 12, 10, "ok")
		b.Rows = &n
		return b
	}
	require.Equal(t, []partition.Found{{
		Finding: partition.LedgerMismatch, Evidence: "The batch in the run that ended 2026-06-12T12:00:00Z says that it wrote 40 rows, and the warehouse has none.",
	}}, judged(t, 0, partition.BuildRecord{Status: "success"}, wrote(40)).Findings)
	for name, b := range map[string]partition.BatchRecord{"none": wrote(0), "a success without a number": batch(t, 12, 10, "ok"), "Snowflake's 1": wrote(1)} {
		for _, f := range judged(t, 0, partition.BuildRecord{Status: "success"}, b).Findings {
			require.NotEqual(t, partition.LedgerMismatch, f.Finding, name)
		}
	}
	require.Empty(t, judged(t, 90, partition.BuildRecord{Status: "success"}, wrote(40)).Findings)

	whole := func(rows int64, held table) map[partition.Finding]int {
		return checkTable(t, partition.BuildRecord{Status: "success", StartedAt: at(t, "2026-06-14T02:00:00Z"), Rows: &rows}, held)
	}
	nothing := table{rows: func(period.Period) partition.Count { return partition.Count{} }}
	require.Equal(t, 13, whole(500, nothing)[partition.LedgerMismatch], "of the days that had closed when the run started")
	require.Zero(t, whole(0, nothing)[partition.LedgerMismatch])
	hole := daily(100, map[string]int64{"2026-06-10": 0})
	first := at(t, "2026-01-01T00:00:00Z")
	hole.earliest = &first
	require.Zero(t, whole(500, hole)[partition.LedgerMismatch], "which rows the run wrote is not known")
}

// checkTable checks the last 14 days of a table whose begin is not declared.
func checkTable(t *testing.T, build partition.BuildRecord, inside table) map[partition.Finding]int {
	t.Helper()
	g := project([]*lineage.Node{source("a"), model("m", "table")}, [2]string{sourceA, "model.p.m"})
	c := partition.New(partition.Deps{
		Observer: &held{tables: map[string]table{"model.p.m": inside}},
		Ledger:   recorded{builds: map[string]partition.BuildRecord{"model.p.m": build}},
	})
	specs := derive(t, g, partition.Override{Node: "m", Grain: "day", Time: "ts"})
	return check(t, c, g, specs, partition.CheckRequest{Nodes: []string{"model.p.m"}, AsOf: at(t, "2026-06-15T08:00:00Z")})["model.p.m"].Findings
}
