package partition_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// TestAFailedTableConcernsOnlyWhatItsLastGoodBuildDidNotServe: a dimension without partitions reads a log of days, and its last run
// failed. Periods are concerned, and not ready, exactly where what they need of the log was loaded after the last good build began.
func TestAFailedTableConcernsOnlyWhatItsLastGoodBuildDidNotServe(t *testing.T) {
	t.Parallel()
	loadedAt := func(text string) *time.Time { return new(at(t, text)) }
	for name, test := range map[string]struct {
		good string
		// loaded is when the log of the 12th and of every other day was loaded, nil where no column says.
		loaded, others *time.Time
		// source is whether the log has partitions.
		partitioned bool
		want        []string
		said        bool
	}{
		"no good build":                     {"", nil, nil, true, []string{"2026-06-11", "2026-06-12", "2026-06-13"}, false},
		"built since all was loaded":        {"2026-06-14T02:00:00Z", loadedAt("2026-06-14T01:00:00Z"), loadedAt("2026-06-14T01:00:00Z"), true, nil, false},
		"one day was loaded since":          {"2026-06-14T02:00:00Z", loadedAt("2026-06-14T02:00:01Z"), loadedAt("2026-06-14T01:00:00Z"), true, []string{"2026-06-12"}, false},
		"it ended since, and nobody tells":  {"2026-06-13T00:00:00Z", nil, nil, true, []string{"2026-06-13"}, true},
		"ended a second before, no word":    {"2026-06-12T23:59:59Z", nil, nil, true, []string{"2026-06-12", "2026-06-13"}, true},
		"a log without partitions, no word": {"2026-06-13T00:00:00Z", nil, nil, false, []string{"2026-06-13"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := project([]*lineage.Node{source("log"), model("stg", "view"), model("dim", "table"), model("fct", "incremental")},
				[2]string{"source.p.raw.log", "model.p.stg"}, [2]string{"model.p.stg", "model.p.dim"}, [2]string{"model.p.dim", "model.p.fct"})
			overrides := []partition.Override{{Node: "fct", Grain: "day", Time: "ts", Begin: "2026-01-01"}}
			if test.partitioned {
				overrides = append(overrides, partition.Override{Node: "raw.log", Grain: "day", Time: "ts", Begin: "2026-01-01"})
			}
			build := partition.BuildRecord{Status: "error", StartedAt: at(t, "2026-06-14T05:00:00Z"), CompletedAt: at(t, "2026-06-14T05:01:00Z"), Message: "boom"}
			if test.good != "" {
				build.GoodAt = at(t, test.good)
			}
			log := table{rows: func(p period.Period) partition.Count {
				if p.String() == "2026-06-12" {
					return partition.Count{Rows: 100, Loaded: test.loaded}
				}
				return partition.Count{Rows: 100, Loaded: test.others}
			}}
			specs := derive(t, g, overrides...)
			c := partition.New(partition.Deps{
				Observer: &held{tables: map[string]table{"source.p.raw.log": log, "model.p.fct": daily(100, nil)}},
				Ledger:   recorded{builds: map[string]partition.BuildRecord{"model.p.dim": build}},
			})
			asOf := at(t, "2026-06-14T08:00:00Z")
			days := []period.Period{day(t, "2026-06-11"), day(t, "2026-06-12"), day(t, "2026-06-13")}
			troubles, err := c.Upstream(t.Context(), g, specs, "model.p.fct", days, asOf)
			require.NoError(t, err)
			var affected []string
			for _, trouble := range troubles {
				require.Equal(t, "model.p.dim", trouble.Node)
				require.Equal(t, test.said, strings.Contains(trouble.Detail, "taken as served"), trouble.Detail)
				for _, p := range trouble.Affects {
					affected = append(affected, p.String())
				}
			}
			require.Equal(t, test.want, affected)

			n := check(t, c, g, specs, partition.CheckRequest{Nodes: []string{"model.p.fct"}, First: new("2026-06-11"), Last: new("2026-06-13"), Only: partition.OnlyAll, AsOf: asOf})["model.p.fct"]
			var waiting []string
			for _, r := range n.Ranges {
				for p := r.First; !r.Ready && p.Index <= r.Last.Index; p = p.Next() {
					waiting = append(waiting, p.String())
				}
			}
			require.Equal(t, test.want, waiting, "ready says the same")
		})
	}
}
