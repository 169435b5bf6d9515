package partition_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// TestAViewDoesNotBlameTheDayThatWasLoadedTwiceElsewhere: the source knows which of two days came second, and the view over it only that
// both have the same keys. Where no source says so, the view names both.
func TestAViewDoesNotBlameTheDayThatWasLoadedTwiceElsewhere(t *testing.T) {
	t.Parallel()
	g := project([]*lineage.Node{source("a"), model("v", "view")}, [2]string{sourceA, "model.p.v"})
	specs := derive(t, g, partition.Override{Node: sourceA, Grain: "day", Time: "ts", Key: "id", Begin: "2026-01-01"},
		partition.Override{Node: "model.p.v", Grain: "day", Time: "ts", Key: "id", Begin: "2026-01-01"})
	twice := func(days ...string) table {
		return table{rows: func(p period.Period) partition.Count {
			c := partition.Count{Rows: 1000, Keyed: 1000, Distinct: 1000}
			for _, name := range days {
				if p.String() == name {
					other := map[string]string{"2026-06-10": "2026-06-11", "2026-06-11": "2026-06-10"}[name]
					index := day(t, other).Index
					c.Elsewhere = partition.Elsewhere{Rows: 40, First: index, Last: index}
				}
			}
			return c
		}}
	}
	duplicated := func(source, view table) []string {
		c := partition.New(partition.Deps{Observer: &held{tables: map[string]table{sourceA: source, "model.p.v": view}}})
		n := check(t, c, g, specs, partition.CheckRequest{Nodes: []string{"model.p.v"}, AsOf: at(t, "2026-06-15T08:00:00Z")})["model.p.v"]
		var out []string
		for _, r := range n.Ranges {
			for _, f := range r.Findings {
				if f.Finding == partition.Duplicated {
					out = append(out, r.First.String()+" "+r.Last.String())
				}
			}
		}
		return out
	}
	both := twice("2026-06-10", "2026-06-11")
	require.Equal(t, []string{"2026-06-11 2026-06-11"}, duplicated(twice("2026-06-11"), both))
	require.Equal(t, []string{"2026-06-10 2026-06-11"}, duplicated(twice(), both))
	require.Equal(t, []string{"2026-06-10 2026-06-11"}, duplicated(both, both))
}
