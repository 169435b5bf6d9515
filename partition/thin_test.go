package partition_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// TestUpstreamTellsOfThinPartitions: inside the band, which allows for a fifth, and below all peers by far; the furthest upstream only,
// and last.
func TestUpstreamTellsOfThinPartitions(t *testing.T) {
	t.Parallel()
	g, specs := chain(t, "UTC")
	tables := chainTables()
	tables["source.p.raw.app"] = daily(1000, map[string]int64{"2026-06-09": 0, "2026-06-10": 870})
	tables["model.p.events"] = daily(1400, map[string]int64{"2026-06-10": 1290})
	tables["model.p.fct"] = daily(700, map[string]int64{"2026-06-10": 640})
	c := partition.New(partition.Deps{Observer: &held{tables: tables}})
	days := []period.Period{day(t, "2026-06-09"), day(t, "2026-06-10"), day(t, "2026-06-11")}
	troubles, err := c.Upstream(t.Context(), g, specs, "model.p.fct", days, at(t, "2026-06-15T08:00:00Z"))
	require.NoError(t, err)
	last := troubles[len(troubles)-1]
	require.Equal(t, "raw.app 2026-06-10 present ▸2026-06-10", told(troubles)[len(troubles)-1])
	require.True(t, last.Thin)
	require.Equal(t, "870 rows, fewer than in any of 8 peers, which have 1,000 to 1,004; the partition checks allow for as few as 802.", last.Detail)
	for _, other := range troubles[:len(troubles)-1] {
		require.False(t, other.Thin, "what follows from it is not told")
	}
	lacking, err := c.Lacking(t.Context(), g, specs, "model.p.fct", days, at(t, "2026-06-15T08:00:00Z"))
	require.NoError(t, err)
	for _, other := range lacking {
		require.False(t, other.Thin, "a baseline allows for it")
	}
}

// TestWhatFollowsFromAFaultIsNotThin: the fact has fewer rows because a source of it is missing.
func TestWhatFollowsFromAFaultIsNotThin(t *testing.T) {
	t.Parallel()
	g, specs := chain(t, "UTC")
	tables := chainTables()
	tables["model.p.events"] = daily(1400, map[string]int64{"2026-06-10": 1290})
	tables["model.p.fct"] = daily(700, map[string]int64{"2026-06-10": 640})
	c := partition.New(partition.Deps{Observer: &held{tables: tables}})
	troubles, err := c.Upstream(t.Context(), g, specs, "model.p.fct", []period.Period{day(t, "2026-06-10")}, at(t, "2026-06-15T08:00:00Z"))
	require.NoError(t, err)
	require.Equal(t, []string{"raw.app 2026-06-10 missing ▸2026-06-10", "stg_app 2026-06-10 missing (consequence) ▸2026-06-10"}, told(troubles))
}

// TestFewerRowsThanUsualAreNotYetThin: within what peers do, or by a few in a hundred.
func TestFewerRowsThanUsualAreNotYetThin(t *testing.T) {
	t.Parallel()
	g, specs := chain(t, "UTC")
	for name, rows := range map[string]table{
		"a little less": daily(1000, map[string]int64{"2026-06-10": 950}),
		"peers did so":  daily(1000, map[string]int64{"2026-06-10": 870, "2026-05-20": 900}),
	} {
		c := partition.New(partition.Deps{Observer: &held{tables: map[string]table{"source.p.raw.app": rows}}})
		troubles, err := c.Upstream(t.Context(), g, specs, "source.p.raw.app", []period.Period{day(t, "2026-06-10")}, at(t, "2026-06-15T08:00:00Z"))
		require.NoError(t, err)
		require.Empty(t, troubles, name)
	}
}
