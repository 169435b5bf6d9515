package partition_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// TestNeedsAreTheOverlappingIntervals compares with instants, one by one: q is needed exactly when it shares an instant with p
// or its window.
func TestNeedsAreTheOverlappingIntervals(t *testing.T) {
	t.Parallel()
	g := project([]*lineage.Node{source("a"), model("v", "view"), model("e", "ephemeral"), model("b", "incremental")},
		[2]string{"source.p.raw.a", "model.p.v"}, [2]string{"model.p.v", "model.p.e"}, [2]string{"model.p.e", "model.p.b"})
	zones := []string{"UTC", "Asia/Seoul", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "Asia/Kathmandu", "Asia/Kolkata"}
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(node, label string) partition.Override {
			return partition.Override{
				Node: node, Time: "ts",
				Grain:     string(rapid.SampledFrom(period.Grains()[:4]).Draw(rt, label+" grain")),
				Timezone:  rapid.SampledFrom(zones).Draw(rt, label+" zone"),
				WeekStart: rapid.SampledFrom([]string{"monday", "sunday", "wednesday"}).Draw(rt, label+" week"),
			}
		}
		parent, child := draw("raw.a", "parent"), draw("b", "child")
		child.Window = rapid.IntRange(0, 3).Draw(rt, "window")
		specs := derive(rt, g, parent, child)
		instant := time.Unix(rapid.Int64Range(1_262_304_000, 1_767_225_600).Draw(rt, "instant"), 0)
		if _, change := instant.In(specs.Of("model.p.b").Calendar.Location()).ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(rt, "at a change") {
			instant = change.Add(time.Duration(rapid.IntRange(-8, 8).Draw(rt, "quarters after")) * 15 * time.Minute)
		}
		p := specs.Of("model.p.b").At(instant)

		needs := partition.Needs(g, specs, "model.p.b", p)
		require.Len(rt, needs, 1)
		require.Equal(rt, "source.p.raw.a", needs[0].Node)

		from, to := p.Add(-child.Window).Start(), p.End()
		inside := map[int]bool{}
		const step = 15 * time.Minute // every zone's offset is a multiple
		for i := from; i.Before(to); i = i.Add(step) {
			inside[specs.Of("source.p.raw.a").At(i).Index] = true
		}
		for q := needs[0].First.Index - 2; q <= needs[0].Last.Index+2; q++ {
			require.Equal(rt, inside[q], q >= needs[0].First.Index && q <= needs[0].Last.Index, "%d", q)
		}
	})
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	nodes := []*lineage.Node{source("log"), source("users"), source("hours"), model("stg_log", "view"), model("stg_users", "view"), model("dim", "table"), model("fct", "incremental"), model("hourly", "incremental"), model("loaded", "incremental")}
	nodes[8].Config = map[string]any{"partition_by": map[string]any{"field": "ts", "time_ingestion_partitioning": true}}
	nodes[7].Build = lineage.Build{IncrementalStrategy: "microbatch", BatchSize: "hour", EventTime: "ts", Begin: "2026-01-01"}
	g := project(nodes,
		[2]string{"source.p.raw.log", "model.p.stg_log"}, [2]string{"source.p.raw.users", "model.p.stg_users"}, [2]string{"model.p.stg_users", "model.p.dim"},
		[2]string{"model.p.stg_log", "model.p.fct"}, [2]string{"model.p.dim", "model.p.fct"}, [2]string{"model.p.hourly", "model.p.fct"}, [2]string{"model.p.loaded", "model.p.fct"})
	specs := derive(t, g,
		partition.Override{Node: "raw.log", Grain: "day", Time: "ts"},
		partition.Override{Node: "stg_log", Grain: "month", Time: "ts"},
		partition.Override{Node: "raw.users", Grain: "day", Time: "ts"},
		partition.Override{Node: "fct", Grain: "day", Time: "ts", Timezone: "Asia/Seoul", Window: 1})
	p, err := specs.Of("model.p.fct").Calendar.Parse(period.Day, "2026-06-01")
	require.NoError(t, err)
	type need struct{ node, first, last string }
	var got []need
	for _, n := range partition.Needs(g, specs, "model.p.fct", p) {
		one := need{node: n.Node}
		switch {
		case n.Unpartitioned:
			one.first = "whole"
		case n.First == (period.Period{}):
			one.first = n.Reason
		default:
			one.first, one.last = n.First.String(), n.Last.String()
		}
		got = append(got, one)
	}
	require.Equal(t, []need{
		{"model.p.dim", "whole", ""},
		// 31 May and 1 June in Seoul are 30 May 15:00 to 1 June 15:00 UTC
		{"model.p.hourly", "2026-05-30T15:00Z", "2026-06-01T14:00Z"},
		{"model.p.loaded", specs.Of("model.p.loaded").Reason, ""},
		{"model.p.stg_log", "2026-05-01", "2026-06-01"},
		// and a month of a view needs that month of what it reads
		{"source.p.raw.log", "2026-05-01", "2026-06-30"},
	}, got)
	require.Contains(t, specs.Of("model.p.loaded").Reason, "time of loading")
	require.Empty(t, partition.Needs(g, specs, "source.p.raw.log", p))
}

// TestADayNeedsItsHours: as many as it has, by whatever clock the hours go.
func TestADayNeedsItsHours(t *testing.T) {
	t.Parallel()
	g := project([]*lineage.Node{source("a"), model("b", "incremental")}, [2]string{"source.p.raw.a", "model.p.b"})
	for name, test := range map[string]struct {
		hours, days string
		date        string
		window      int
		want        int
		first, last string
	}{
		"of 24":                          {"America/New_York", "America/New_York", "2026-06-09", 0, 24, "2026-06-09T00:00-04:00", "2026-06-09T23:00-04:00"},
		"of 23":                          {"America/New_York", "America/New_York", "2026-03-08", 0, 23, "2026-03-08T00:00-05:00", "2026-03-08T23:00-04:00"},
		"of 25":                          {"America/New_York", "America/New_York", "2026-11-01", 0, 25, "2026-11-01T00:00-04:00", "2026-11-01T23:00-05:00"},
		"of 25, in UTC":                  {"UTC", "America/New_York", "2026-11-01", 0, 25, "2026-11-01T04:00Z", "2026-11-02T04:00Z"},
		"with a window over the change":  {"UTC", "America/New_York", "2026-11-02", 1, 49, "2026-11-01T04:00Z", "2026-11-03T04:00Z"},
		"of Seoul, in UTC":               {"UTC", "Asia/Seoul", "2026-06-09", 0, 24, "2026-06-08T15:00Z", "2026-06-09T14:00Z"},
		"of Kolkata, in UTC: one more":   {"UTC", "Asia/Kolkata", "2026-06-09", 0, 25, "2026-06-08T18:00Z", "2026-06-09T18:00Z"},
		"of UTC, in Kolkata: one more":   {"Asia/Kolkata", "UTC", "2026-06-09", 0, 25, "2026-06-09T05:00+05:30", "2026-06-10T05:00+05:30"},
		"with an hour of half an hour":   {"Australia/Lord_Howe", "Australia/Lord_Howe", "2026-10-04", 0, 24, "2026-10-04T00:00+10:30", "2026-10-04T23:00+11:00"},
		"with an hour and a half in one": {"Australia/Lord_Howe", "Australia/Lord_Howe", "2026-04-05", 0, 24, "2026-04-05T00:00+11:00", "2026-04-05T23:00+10:30"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			specs := derive(t, g, partition.Override{Node: "raw.a", Grain: "hour", Time: "ts", Timezone: test.hours},
				partition.Override{Node: "b", Grain: "day", Time: "ts", Timezone: test.days, Window: test.window})
			p, err := specs.Of("model.p.b").Calendar.Parse(period.Day, test.date)
			require.NoError(t, err)
			needs := partition.Needs(g, specs, "model.p.b", p)
			require.Len(t, needs, 1)
			require.Equal(t, test.want, needs[0].Last.Index-needs[0].First.Index+1)
			require.Equal(t, test.first, needs[0].First.String())
			require.Equal(t, test.last, needs[0].Last.String())
		})
	}
}
