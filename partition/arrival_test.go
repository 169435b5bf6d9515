package partition_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// TestPendingByWhatIsUsual: without expected_by, a partition is waited for as long as 95 % of the recorded arrivals took, and that
// is said. A run that has come since brings it sooner.
func TestPendingByWhatIsUsual(t *testing.T) {
	t.Parallel()
	const asOf = "2026-06-15T02:10:00Z" // runs end at 02:20
	late := func(runs []partition.RunTime) []partition.RunTime {
		runs[3].CompletedAt = runs[3].CompletedAt.Add(3 * time.Hour)
		return runs
	}
	backfills := append(nightly(t, 8, 14), partition.RunTime{StartedAt: at(t, "2026-06-12T20:00:00Z"), CompletedAt: at(t, "2026-06-12T23:00:00Z")})
	for name, test := range map[string]struct {
		runs       []partition.RunTime
		good, asOf string
		declared   string
		presence   partition.Presence
		note       string
	}{
		"before it usually comes":  {nightly(t, 8, 14), "2026-06-14T02:00:00Z", asOf, "", partition.Pending, "expected_by is not declared: 140m, within which 95 % of 7 recorded arrivals came."},
		"after it usually comes":   {nightly(t, 8, 14), "2026-06-14T02:00:00Z", "2026-06-15T02:20:00Z", "", partition.Missing, ""},
		"it has come":              {nightly(t, 8, 15), "2026-06-15T02:00:00Z", asOf, "", partition.Missing, ""},
		"too few to tell":          {nightly(t, 11, 14), "2026-06-14T02:00:00Z", asOf, "", partition.Missing, ""},
		"the slowest of seven":     {late(nightly(t, 8, 14)), "2026-06-14T02:00:00Z", "2026-06-15T05:00:00Z", "", partition.Pending, "320m"},
		"a backfill is no arrival": {backfills, "2026-06-14T02:00:00Z", asOf, "", partition.Pending, "140m, within which 95 % of 7"},
		"declared":                 {nightly(t, 8, 14), "2026-06-14T02:00:00Z", asOf, "1h", partition.Missing, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := project([]*lineage.Node{source("a"), model("m", "incremental")}, [2]string{sourceA, "model.p.m"})
			c := partition.New(partition.Deps{
				Observer: &held{tables: map[string]table{"model.p.m": daily(100, map[string]int64{"2026-06-14": 0})}},
				Ledger: recorded{
					builds: map[string]partition.BuildRecord{"model.p.m": {Status: "success", GoodAt: at(t, test.good)}},
					runs:   map[string][]partition.RunTime{"model.p.m": test.runs},
				},
			})
			specs := derive(t, g, partition.Override{Node: "m", Grain: "day", Time: "ts", Begin: "2026-01-01", ExpectedBy: test.declared})
			n := check(t, c, g, specs, partition.CheckRequest{
				Nodes: []string{"model.p.m"}, First: new("2026-06-14"), Last: new("2026-06-14"), Only: partition.OnlyAll, AsOf: at(t, test.asOf),
			})["model.p.m"]
			require.Equal(t, test.presence, n.Ranges[0].Presence)
			require.Contains(t, n.Note, test.note)
			if test.presence == partition.Pending {
				require.Contains(t, n.Ranges[0].Detail, "Expected by 2026-06-15T0")
				return
			}
			require.NotContains(t, n.Note, "expected_by")
		})
	}
}
