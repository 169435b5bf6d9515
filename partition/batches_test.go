package partition_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// microbatch is a daily microbatch model.
func microbatch() *lineage.Node {
	n := model("m", "incremental")
	n.Build = lineage.Build{IncrementalStrategy: "microbatch", EventTime: "ts", BatchSize: "day", Begin: "2026-01-01"}
	return n
}

// batch is of a day in June, in a run that ended at noon of another one.
func batch(t *testing.T, run, day int, outcome string) partition.BatchRecord {
	t.Helper()
	start := time.Date(2026, 6, day, 0, 0, 0, 0, time.UTC)
	ended := time.Date(2026, 6, run, 12, 0, 0, 0, time.UTC)
	return partition.BatchRecord{
		Start: start, End: start.AddDate(0, 0, 1), Succeeded: outcome == "ok", Skipped: outcome == "skipped", Doubtful: outcome == "doubtful",
		Run: "run of " + ended.Format(time.DateOnly), ToldAt: ended, StartedAt: ended.Add(-time.Hour), CompletedAt: ended,
	}
}

// judged checks 2026-06-10 of a microbatch model with no rows on that day, or with some.
func judged(t *testing.T, rows int64, build partition.BuildRecord, batches ...partition.BatchRecord) partition.Range {
	t.Helper()
	g := project([]*lineage.Node{source("a"), microbatch()}, [2]string{sourceA, "model.p.m"})
	build.Batched = true
	c := partition.New(partition.Deps{
		Observer: &held{tables: map[string]table{"model.p.m": daily(100, map[string]int64{"2026-06-10": rows})}},
		Ledger: recorded{
			builds:  map[string]partition.BuildRecord{"model.p.m": build},
			batches: map[string][]partition.BatchRecord{"model.p.m": batches},
		},
	})
	n := check(t, c, g, derive(t, g), partition.CheckRequest{
		Nodes: []string{"model.p.m"}, First: new("2026-06-10"), Last: new("2026-06-10"), Only: partition.OnlyAll, AsOf: at(t, "2026-06-20T08:00:00Z"),
	})["model.p.m"]
	require.Len(t, n.Ranges, 1)
	return n.Ranges[0]
}

// TestBatchesTellOfTheirPartition: the newest batch that ran tells whether a partition failed or is legitimately empty; what a run
// skipped, and runs of other days, say nothing of it.
func TestBatchesTellOfTheirPartition(t *testing.T) {
	t.Parallel()
	broken := partition.BuildRecord{Status: "error", CompletedAt: at(t, "2026-06-15T12:00:00Z")}
	one := int64(1)
	wrote := batch(t, 12, 10, "ok")
	wrote.Rows = &one
	for name, test := range map[string]struct {
		rows     int64
		build    partition.BuildRecord
		batches  []partition.BatchRecord
		presence partition.Presence
		failed   bool
		says     string
	}{
		"failed":                     {0, broken, []partition.BatchRecord{batch(t, 15, 10, "no"), batch(t, 11, 10, "ok")}, partition.Present, true, "failed in the run that ended 2026-06-15T12:00:00Z"},
		"failed over rows":           {90, broken, []partition.BatchRecord{batch(t, 15, 10, "no"), batch(t, 11, 10, "ok")}, partition.Present, true, "failed in the run"},
		"mended by a later batch":    {90, broken, []partition.BatchRecord{batch(t, 15, 10, "ok"), batch(t, 11, 10, "no")}, partition.Present, false, ""},
		"cannot be told":             {0, broken, []partition.BatchRecord{batch(t, 15, 10, "doubtful")}, partition.Missing, true, "whether it was tried cannot be told"},
		"skipped":                    {0, broken, []partition.BatchRecord{batch(t, 15, 10, "skipped")}, partition.Missing, false, "was skipped in the run that ended 2026-06-15T12:00:00Z"},
		"skipped after a success":    {0, broken, []partition.BatchRecord{batch(t, 15, 10, "skipped"), batch(t, 11, 10, "ok")}, partition.Present, false, "succeeded in the run that ended 2026-06-11T12:00:00Z"},
		"a run of other days":        {0, broken, []partition.BatchRecord{batch(t, 15, 9, "no"), batch(t, 14, 11, "ok")}, partition.Missing, false, "No recorded run had a batch of it"},
		"succeeded without rows":     {0, partition.BuildRecord{Status: "success"}, []partition.BatchRecord{batch(t, 11, 10, "ok")}, partition.Present, false, "succeeded in the run that ended 2026-06-11T12:00:00Z"},
		"succeeded before it closed": {0, partition.BuildRecord{Status: "success"}, []partition.BatchRecord{batch(t, 10, 10, "ok")}, partition.Missing, false, ""},
		"succeeded and wrote rows":   {0, partition.BuildRecord{Status: "success"}, []partition.BatchRecord{wrote}, partition.Missing, false, ""},
		"gone with a full refresh":   {0, partition.BuildRecord{Status: "success", RebuiltAt: at(t, "2026-06-14T12:00:00Z")}, []partition.BatchRecord{batch(t, 14, 9, "ok"), batch(t, 11, 10, "ok")}, partition.Missing, false, "The full refresh of 2026-06-14T12:00:00Z made the table anew"},
		"made by the full refresh":   {0, partition.BuildRecord{Status: "success", RebuiltAt: at(t, "2026-06-14T12:00:00Z")}, []partition.BatchRecord{batch(t, 14, 10, "ok"), batch(t, 11, 10, "no")}, partition.Present, false, "succeeded in the run"},
		"later than the question":    {0, broken, []partition.BatchRecord{batch(t, 25, 10, "no")}, partition.Missing, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := judged(t, test.rows, test.build, test.batches...)
			if test.failed && test.rows == 0 {
				test.presence = partition.Missing
			}
			require.Equal(t, test.presence, got.Presence)
			said := map[partition.Finding]string{}
			for _, f := range got.Findings {
				said[f.Finding] = f.Evidence
			}
			require.Equal(t, test.failed, said[partition.Failed] != "")
			require.Equal(t, test.presence == partition.Present && test.rows == 0, said[partition.Empty] != "")
			require.Contains(t, got.Detail+said[partition.Failed]+said[partition.Empty], test.says)
		})
	}
}

// TestBatchesOfAnotherGrain: a Seoul day is made by two UTC batches. Both must have succeeded, and one that failed is enough.
func TestBatchesOfAnotherGrain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		batches       []partition.BatchRecord
		empty, failed bool
	}{
		"both succeeded": {[]partition.BatchRecord{batch(t, 12, 9, "ok"), batch(t, 12, 10, "ok")}, true, false},
		"one of them":    {[]partition.BatchRecord{batch(t, 12, 10, "ok")}, false, false},
		"one failed":     {[]partition.BatchRecord{batch(t, 12, 9, "no"), batch(t, 12, 10, "ok")}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := project([]*lineage.Node{source("a"), microbatch()}, [2]string{sourceA, "model.p.m"})
			c := partition.New(partition.Deps{
				Observer: &held{tables: map[string]table{"model.p.m": daily(100, map[string]int64{"2026-06-10": 0})}},
				Ledger: recorded{
					builds:  map[string]partition.BuildRecord{"model.p.m": {Status: "success", Batched: true}},
					batches: map[string][]partition.BatchRecord{"model.p.m": test.batches},
				},
			})
			n := check(t, c, g, derive(t, g, partition.Override{Node: "m", Timezone: "Asia/Seoul"}), partition.CheckRequest{
				Nodes: []string{"model.p.m"}, First: new("2026-06-10"), Last: new("2026-06-10"), AsOf: at(t, "2026-06-20T08:00:00Z"),
			})["model.p.m"]
			require.Equal(t, test.empty, n.Findings[partition.Empty] == 1)
			require.Equal(t, test.failed, n.Findings[partition.Failed] == 1)
		})
	}
}
