package partition_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// TestMoreRowsInMoreWavesAreDuplicated: more rows than the peers' band allows are loaded twice where they came in more waves than any
// peer's did; more waves alone are none, and more rows alone are only high.
func TestMoreRowsInMoreWavesAreDuplicated(t *testing.T) {
	t.Parallel()
	g, specs := one(t, partition.Override{})
	rows := daily(1000, map[string]int64{"2026-06-10": 2000, "2026-06-11": 2000})
	waves := map[string]int64{"2026-06-10": 3, "2026-06-11": 2, "2026-06-12": 5, "2026-06-04": 2}
	c := partition.New(partition.Deps{Observer: &held{tables: map[string]table{sourceA: {rows: func(p period.Period) partition.Count {
		count := rows.rows(p)
		if count.Waves = 1; waves[p.String()] > 0 {
			count.Waves = waves[p.String()]
		}
		return count
	}}}}})
	n := check(t, c, g, specs, partition.CheckRequest{Nodes: []string{sourceA}, AsOf: at(t, "2026-06-15T08:00:00Z")})[sourceA]
	require.Equal(t, map[partition.Finding]int{partition.Duplicated: 1, partition.HighVolume: 1}, n.Findings)
	require.Equal(t, "2026-06-10", n.Ranges[0].First.String())
	require.Contains(t, n.Ranges[0].Findings[0].Evidence, "2,000 rows; 8 other Wednesdays have")
	require.Contains(t, n.Ranges[0].Findings[0].Evidence, "loaded in 3 waves, where those of the others came in 1 wave.")
	require.False(t, n.Ranges[0].Ready)
	require.Equal(t, "2026-06-11", n.Ranges[1].First.String(), "a Thursday came in two waves before")
}
