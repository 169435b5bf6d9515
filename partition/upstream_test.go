package partition_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// chain is two sources behind views that one model joins with a dimension, and a fact over it.
//
//	app → stg_app ┐
//	web → stg_web ┴ events → fct ← dim ← users
func chain(t *testing.T, zone string) (*lineage.Graph, partition.Specs) {
	t.Helper()
	nodes := []*lineage.Node{source("app"), source("web"), source("users"), model("stg_app", "view"), model("stg_web", "view"), model("events", "incremental"), model("dim", "table"), model("fct", "incremental")}
	g := project(nodes,
		[2]string{"source.p.raw.app", "model.p.stg_app"}, [2]string{"source.p.raw.web", "model.p.stg_web"},
		[2]string{"model.p.stg_app", "model.p.events"}, [2]string{"model.p.stg_web", "model.p.events"},
		[2]string{"model.p.events", "model.p.fct"}, [2]string{"model.p.dim", "model.p.fct"}, [2]string{"source.p.raw.users", "model.p.dim"})
	var overrides []partition.Override
	for _, name := range []string{"raw.app", "raw.web", "stg_app", "events"} {
		overrides = append(overrides, partition.Override{Node: name, Grain: "day", Time: "ts", Begin: "2026-01-01"})
	}
	return g, derive(t, g, append(overrides, partition.Override{Node: "fct", Grain: "day", Time: "ts", Begin: "2026-01-01", Timezone: zone})...)
}

func chainTables() map[string]table {
	return map[string]table{
		"source.p.raw.app": daily(1000, map[string]int64{"2026-06-10": 0}), "model.p.stg_app": daily(900, map[string]int64{"2026-06-10": 0}),
		"source.p.raw.web": daily(500, nil),
		"model.p.events":   daily(1400, map[string]int64{"2026-06-10": 500}), "model.p.fct": daily(700, map[string]int64{"2026-06-10": 250}),
	}
}

// told writes troubles as lines.
func told(troubles []partition.Trouble) []string {
	out := []string{}
	for _, x := range troubles {
		words := []string{strings.TrimPrefix(strings.TrimPrefix(x.Node, "model.p."), "source.p.")}
		for _, word := range []string{x.Partition(), string(x.Presence)} {
			if word != "" {
				words = append(words, word)
			}
		}
		for _, f := range x.Findings {
			words = append(words, string(f))
		}
		if x.Consequence {
			words = append(words, "(consequence)")
		}
		for _, p := range x.Affects {
			words = append(words, "▸"+p.String())
		}
		out = append(out, strings.Join(words, " "))
	}
	return out
}

func TestUpstreamNamesFirstCausesFirst(t *testing.T) {
	t.Parallel()
	g, specs := chain(t, "UTC")
	h := &held{tables: chainTables()}
	c := partition.New(partition.Deps{Observer: h})
	days := []period.Period{day(t, "2026-06-09"), day(t, "2026-06-10"), day(t, "2026-06-11")}
	troubles, err := c.Upstream(t.Context(), g, specs, "model.p.fct", days, at(t, "2026-06-15T08:00:00Z"))
	require.NoError(t, err)
	require.Equal(t, []string{
		"raw.app 2026-06-10 missing ▸2026-06-10",
		"stg_app 2026-06-10 missing (consequence) ▸2026-06-10",
		"events 2026-06-10 present partial (consequence) ▸2026-06-10",
		"fct 2026-06-10 present partial (consequence) ▸2026-06-10",
	}, told(troubles))
	require.Equal(t, []string{"source.p.raw.app", "model.p.stg_app", "model.p.events", "model.p.fct"}, troubles[0].Path)
	require.Equal(t, "No rows, where 8 other Wednesdays have 1,000 to 1,004.", troubles[0].Detail)
	require.Equal(t, []string{"model.p.fct"}, troubles[3].Path)
	require.Contains(t, troubles[2].Detail, "and source.p.raw.app 2026-06-10 is missing.")
	for id, n := range h.asked {
		require.Equal(t, 1, n, id)
	}
}

// TestUpstreamOfAnotherZoneAndGrain: a day in UTC lies in two days in Seoul, and in a week.
func TestUpstreamOfAnotherZoneAndGrain(t *testing.T) {
	t.Parallel()
	g, specs := chain(t, "Asia/Seoul")
	tables := chainTables()
	tables["model.p.events"], tables["model.p.fct"] = daily(1400, nil), daily(700, nil)
	c := partition.New(partition.Deps{Observer: &held{tables: tables}})
	seoul := specs.Of("model.p.fct").Calendar
	var days []period.Period
	for p := seoul.On(period.Day, 2026, 6, 8); len(days) < 6; p = p.Next() {
		days = append(days, p)
	}
	week := seoul.On(period.Week, 2026, 6, 8)
	troubles, err := c.Upstream(t.Context(), g, specs, "model.p.fct", append(days, week), at(t, "2026-06-20T08:00:00Z"))
	require.NoError(t, err)
	require.Equal(t, []string{
		"raw.app 2026-06-10 missing ▸2026-06-10 ▸2026-06-11 ▸2026-06-08", "stg_app 2026-06-10 missing (consequence) ▸2026-06-10 ▸2026-06-11 ▸2026-06-08",
	}, told(troubles))
}

func TestUpstreamThroughTablesWithoutPartitions(t *testing.T) {
	t.Parallel()
	nodes := []*lineage.Node{source("log"), model("dim", "table"), model("fct", "incremental"), {
		ID: "test.p.unique_dim", Name: "unique_dim", Type: lineage.TypeTest, Test: &lineage.Test{Kind: "generic", Name: "unique", Attached: "model.p.dim"},
	}}
	g := project(nodes, [2]string{"source.p.raw.log", "model.p.dim"}, [2]string{"model.p.dim", "model.p.fct"}, [2]string{"model.p.dim", "test.p.unique_dim"})
	specs := derive(t, g, partition.Override{Node: "raw.log", Grain: "day", Time: "ts", ExpectedBy: "2d"}, partition.Override{Node: "fct", Grain: "day", Time: "ts"})
	three := int64(3)
	c := partition.New(partition.Deps{
		Observer: &held{tables: map[string]table{"source.p.raw.log": daily(100, map[string]int64{"2026-06-10": 0}), "model.p.fct": daily(10, nil)}},
		Ledger: recorded{
			builds: map[string]partition.BuildRecord{"model.p.dim": {Status: "error", CompletedAt: at(t, "2026-06-14T03:00:00Z"), Message: "Database Error\nline two"}},
			tests:  map[string]partition.TestRecord{"test.p.unique_dim": {Status: "fail", Failures: &three}},
		},
	})
	days := []period.Period{day(t, "2026-06-10"), day(t, "2026-06-14"), day(t, "2026-06-15")}
	asOf := at(t, "2026-06-15T08:00:00Z")
	troubles, err := c.Upstream(t.Context(), g, specs, "model.p.fct", days, asOf)
	require.NoError(t, err)
	require.Equal(t, []string{
		"raw.log 2026-06-10 missing ▸2026-06-10",
		"dim failed ▸2026-06-10 ▸2026-06-14 ▸2026-06-15",
		"raw.log 2026-06-14 pending ▸2026-06-14",
		"raw.log 2026-06-15 open ▸2026-06-15",
		"dim test_failed ▸2026-06-10 ▸2026-06-14 ▸2026-06-15",
		"fct 2026-06-15 open ▸2026-06-15",
	}, told(troubles))
	require.Equal(t, `The last run ended as "error" at 2026-06-14T03:00:00Z: Database Error.`, troubles[1].Detail)
	require.Equal(t, "1 of 1 test failed when last run: unique_dim (3 failures).", troubles[4].Detail)

	t.Run("and its readers are not ready", func(t *testing.T) {
		t.Parallel()
		n := check(t, c, g, specs, partition.CheckRequest{Nodes: []string{"model.p.fct"}, First: new("2026-06-10"), Last: new("2026-06-10"), AsOf: asOf})["model.p.fct"]
		require.Len(t, n.Ranges, 1)
		require.Equal(t, "14 rows. Not ready: waits for model.p.dim (failed), source.p.raw.log (missing).", n.Ranges[0].Detail)
	})
	t.Run("nothing is asked of nothing", func(t *testing.T) {
		t.Parallel()
		troubles, err := c.Upstream(t.Context(), g, specs, "model.p.fct", nil, asOf)
		require.NoError(t, err)
		require.Empty(t, troubles)
	})
}

// TestAnOpenPartitionIsReadyOnceItIsLoadedFarEnough: a day in Seoul ends while the UTC day that it needs is still open.
func TestAnOpenPartitionIsReadyOnceItIsLoadedFarEnough(t *testing.T) {
	t.Parallel()
	early, late := at(t, "2026-06-14T14:59:59Z"), at(t, "2026-06-14T15:00:00Z")
	for name, test := range map[string]struct {
		latest time.Time
		good   time.Time
		ready  bool
	}{
		"its newest row is too old":           {early, early, false},
		"a newer row shows that it is loaded": {late, time.Time{}, true},
		"its last good build started since":   {early, late, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, specs := chain(t, "Asia/Seoul")
			tables := chainTables()
			events := daily(100, nil)
			events.latest = &test.latest
			tables["model.p.events"] = events
			c := partition.New(partition.Deps{Observer: &held{tables: tables}, Ledger: recorded{
				builds: map[string]partition.BuildRecord{"model.p.events": {Status: "success", GoodAt: test.good}},
			}})
			n := check(t, c, g, specs, partition.CheckRequest{
				Nodes: []string{"model.p.fct"}, First: new("2026-06-14"), Last: new("2026-06-14"), Only: partition.OnlyAll, AsOf: at(t, "2026-06-14T15:30:00Z"),
			})["model.p.fct"]
			require.Equal(t, partition.Present, n.Ranges[0].Presence)
			require.Equal(t, test.ready, n.Ranges[0].Ready)
			require.Equal(t, test.ready, !strings.Contains(n.Ranges[0].Detail, "waits for source.p.raw.app (open)"))
		})
	}
}

// TestPartitionsByLoadingTimeAreUnknown: what cannot be followed is said, listed, and makes its readers not ready.
func TestPartitionsByLoadingTimeAreUnknown(t *testing.T) {
	t.Parallel()
	loaded := model("loaded", "incremental")
	loaded.Config = map[string]any{"partition_by": map[string]any{"field": "ts", "data_type": "date", "time_ingestion_partitioning": true}}
	g := project([]*lineage.Node{loaded, model("fct", "incremental")}, [2]string{loaded.ID, "model.p.fct"})
	specs := derive(t, g, partition.Override{Node: "fct", Grain: "day", Time: "ts", Begin: "2026-01-01"})
	require.Equal(t, "partition_by", specs.Of(loaded.ID).From)
	c := partition.New(partition.Deps{Observer: &held{tables: map[string]table{"model.p.fct": daily(10, nil)}}})
	asOf := at(t, "2026-06-15T08:00:00Z")
	answer, err := c.Check(t.Context(), g, specs, partition.CheckRequest{Nodes: []string{loaded.ID, "model.p.fct"}, AsOf: asOf})
	require.NoError(t, err)
	require.Equal(t, 15, answer.NotReady)
	require.Equal(t, loaded.ID, answer.Nodes[0].ID)
	require.Equal(t, map[partition.Presence]int{partition.Unknown: 1}, answer.Nodes[0].Counts)
	require.Contains(t, answer.Nodes[0].Note, "time of loading")
	require.Contains(t, answer.Nodes[1].Ranges[0].Detail, "waits for model.p.loaded (unknown)")

	troubles, err := c.Upstream(t.Context(), g, specs, "model.p.fct", []period.Period{day(t, "2026-06-14")}, asOf)
	require.NoError(t, err)
	require.Equal(t, []string{"loaded unknown ▸2026-06-14"}, told(troubles))
	require.Equal(t, "unknown", troubles[0].What())
}

func TestReady(t *testing.T) {
	t.Parallel()
	g, specs := chain(t, "UTC")
	c := partition.New(partition.Deps{Observer: &held{tables: chainTables()}})
	ids := []string{"model.p.fct", "model.p.events", "source.p.raw.app", "source.p.raw.web", "model.p.dim"}
	got := map[string]string{}
	for id, n := range check(t, c, g, specs, partition.CheckRequest{Nodes: ids, Only: partition.OnlyAll, AsOf: at(t, "2026-06-15T08:00:00Z")}) {
		for _, r := range n.Ranges {
			if !r.Ready {
				got[id] += fmt.Sprintf("%s %s %s", r.First, r.Last, r.Detail)
			}
		}
	}
	require.Equal(t, map[string]string{
		"model.p.fct":      "2026-06-10 2026-06-10 Not ready: waits for source.p.raw.app (missing).",
		"model.p.events":   "2026-06-10 2026-06-10 Not ready: waits for source.p.raw.app (missing).",
		"source.p.raw.app": "2026-06-10 2026-06-10 No rows, where 8 other Wednesdays have 1,000 to 1,004.",
	}, got)
}

// witnesses writes each node's last finding and, of a partial one, the second witness.
func witnesses(nodes map[string]partition.NodeReport) map[string]string {
	out := map[string]string{}
	for id, n := range nodes {
		for _, r := range n.Ranges {
			for _, f := range r.Findings {
				out[id] = string(f.Finding)
				if _, witness, ok := strings.Cut(f.Evidence, "; and "); ok {
					out[id] += ": " + witness
				}
			}
		}
	}
	return out
}

// TestPartialNeedsASecondWitness: the same fall is partial or only a low volume by what the neighbours did.
func TestPartialNeedsASecondWitness(t *testing.T) {
	t.Parallel()
	low := map[string]int64{"2026-06-10": 300}
	for name, test := range map[string]struct {
		app, web, events map[string]int64
		want             map[string]string
	}{
		"a source fell and its sibling did not":    {low, nil, nil, map[string]string{"source.p.raw.app": "partial: its sibling source.p.raw.web did not fall."}},
		"both sources fell":                        {low, low, nil, map[string]string{"source.p.raw.app": "low_volume", "source.p.raw.web": "low_volume"}},
		"a model fell and its parents did not":     {nil, nil, low, map[string]string{"model.p.events": "partial: its parent model.p.stg_app did not fall."}},
		"a model fell as its parents did":          {low, low, low, map[string]string{"source.p.raw.app": "low_volume", "source.p.raw.web": "low_volume", "model.p.events": "low_volume"}},
		"a model fell with one of its two parents": {low, nil, low, map[string]string{"source.p.raw.app": "partial: its sibling source.p.raw.web did not fall.", "model.p.events": "partial: source.p.raw.app 2026-06-10 is partial."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, specs := chain(t, "UTC")
			c := partition.New(partition.Deps{Observer: &held{tables: map[string]table{
				"source.p.raw.app": daily(1000, test.app), "model.p.stg_app": daily(900, test.app), "source.p.raw.web": daily(500, test.web),
				"model.p.events": daily(1400, test.events), "model.p.fct": daily(700, nil),
			}}})
			nodes := check(t, c, g, specs, partition.CheckRequest{
				Nodes: []string{"source.p.raw.app", "source.p.raw.web", "model.p.events"}, AsOf: at(t, "2026-06-15T08:00:00Z"),
			})
			require.Equal(t, test.want, witnesses(nodes))
		})
	}
}
