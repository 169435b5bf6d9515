package partition_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

func TestSpecsOfHours(t *testing.T) {
	t.Parallel()
	batches := model("batches", "incremental")
	batches.Build = lineage.Build{IncrementalStrategy: "microbatch", BatchSize: "hour", EventTime: "ts", Begin: "2026-03-04 05:06:07"}
	table := model("table", "incremental")
	table.Config = map[string]any{"partition_by": map[string]any{"field": "at", "data_type": "timestamp", "granularity": "HOUR"}}
	log, daily := source("log"), model("daily", "incremental")
	log.Build.EventTime = "occurred_at"
	g := project([]*lineage.Node{batches, table, log, daily}, [2]string{log.ID, batches.ID}, [2]string{log.ID, daily.ID})
	specs := derive(t, g, partition.Override{Node: "daily", Grain: "day", Time: "ts"})
	require.Equal(t, partition.Override{Grain: "hour", Time: "ts", Timezone: "UTC", Begin: "2026-03-04T05:00:00Z"}, specs.Of(batches.ID).Override())
	require.Equal(t, "dbt microbatch", specs.Of(batches.ID).From)
	require.Equal(t, partition.Override{Grain: "hour", Time: "at", Timezone: "UTC"}, specs.Of(table.ID).Override())
	require.Equal(t, "partition_by", specs.Of(table.ID).From)
	require.Equal(t, period.Hour, specs.Of(log.ID).Grain, "the finest among those who read it")
	require.Equal(t, "event_time (inferred)", specs.Of(log.ID).From)
	require.Empty(t, specs.Problems())
}

// hourly is a table that has so many rows an hour, except in those listed by name, and none at night, from two o'clock to five.
func hourly(rows int64, except map[string]int64) table {
	return table{rows: func(p period.Period) partition.Count {
		if n, ok := except[p.String()]; ok {
			return partition.Count{Rows: n}
		}
		if p.Clock() >= 2 && p.Clock() < 5 {
			return partition.Count{}
		}
		return partition.Count{Rows: rows + int64(p.UTCDate().Day()%5)}
	}}
}

func hours(t *testing.T, zone string) (*lineage.Graph, partition.Specs) {
	t.Helper()
	g := project([]*lineage.Node{source("a"), model("b", "incremental"), model("years", "incremental")},
		[2]string{sourceA, "model.p.b"}, [2]string{sourceA, "model.p.years"})
	return g, derive(t, g, partition.Override{Node: "years", Grain: "year", Time: "ts", Timezone: zone},
		partition.Override{Node: "raw.a", Grain: "hour", Time: "ts", Timezone: zone, Begin: "2026-01-01"},
		partition.Override{Node: "b", Grain: "day", Time: "ts", Timezone: zone, Begin: "2026-01-01"})
}

// lines writes the ranges of a node.
func lines(n partition.NodeReport) []string {
	var out []string
	for _, r := range n.Ranges {
		said := []string{fmt.Sprintf("%s..%s %s %t", r.First, r.Last, r.Presence, r.Ready)}
		for _, f := range r.Findings {
			said = append(said, string(f.Finding)+": "+f.Evidence)
		}
		out = append(out, strings.Join(said, " ")+" | "+r.Detail)
	}
	return out
}

// TestHoursAreComparedByWeekdayAndClock: through a change of clocks, and where the night is empty as always.
func TestHoursAreComparedByWeekdayAndClock(t *testing.T) {
	t.Parallel()
	g, specs := hours(t, "America/New_York")
	c := partition.New(partition.Deps{Observer: &held{tables: map[string]table{
		sourceA: hourly(1000, map[string]int64{"2026-11-01T01:00-05:00": 0, "2026-11-01T09:00-05:00": 0, "2026-11-01T10:00-05:00": 300}), "model.p.b": daily(10, nil),
	}}})
	n := check(t, c, g, specs, partition.CheckRequest{
		Nodes: []string{sourceA}, First: new("2026-11-01"), Last: new("2026-11-01"), Only: partition.OnlyAll, AsOf: at(t, "2026-11-03T08:00:00Z"),
	})[sourceA]
	require.Equal(t, map[partition.Presence]int{partition.Present: 23, partition.Missing: 2}, n.Counts)
	require.Equal(t, []string{
		"2026-11-01T01:00-05:00..2026-11-01T01:00-05:00 missing false | No rows, where 8 other Sundays at 01:00 have 1,000 to 1,004.",
		"2026-11-01T09:00-05:00..2026-11-01T09:00-05:00 missing false | No rows, where 8 other Sundays at 09:00 have 1,000 to 1,004.",
		"2026-11-01T10:00-05:00..2026-11-01T10:00-05:00 present true low_volume: 300 rows; 8 other Sundays at 10:00 have 1,000 to 1,004, median 1,002: " +
			"under 802 is low (4 robust deviations, at least 20 %) | ",
		"2026-11-01T00:00-04:00..2026-11-01T01:00-04:00 present true | 1,001 rows an hour.",
		"2026-11-01T02:00-05:00..2026-11-01T04:00-05:00 present true empty_as_usual: " +
			"No rows, and none in the 4 nearest hours of the same weekday and time outside this gap either. | ",
		"2026-11-01T05:00-05:00..2026-11-01T08:00-05:00 present true | 1,001 rows an hour.",
		"2026-11-01T11:00-05:00..2026-11-01T23:00-05:00 present true | 1,001 rows an hour.",
	}, lines(n))
}

// TestAClosedDateExplainsItsHours, and no others.
func TestAClosedDateExplainsItsHours(t *testing.T) {
	t.Parallel()
	g, specs := hours(t, "Asia/Seoul")
	c := partition.New(partition.Deps{
		Observer: &held{tables: map[string]table{sourceA: hourly(1000, map[string]int64{
			"2026-06-09T23:00+09:00": 0, "2026-06-10T00:00+09:00": 0, "2026-06-10T23:00+09:00": 0, "2026-06-11T00:00+09:00": 0,
		})}},
		Closures: func(date string) bool { return date == "2026-06-10" },
	})
	n := check(t, c, g, specs, partition.CheckRequest{
		Nodes: []string{sourceA}, First: new("2026-06-09T20:00+09:00"), Last: new("2026-06-11"), AsOf: at(t, "2026-06-15T08:00:00Z"),
	})[sourceA]
	require.Equal(t, 4+24+24, n.Counts[partition.Present]+n.Counts[partition.Missing])
	require.Equal(t, []string{
		"2026-06-09T23:00+09:00..2026-06-09T23:00+09:00 missing false | No rows, where 8 other Tuesdays at 23:00 have 1,000 to 1,004.",
		"2026-06-11T00:00+09:00..2026-06-11T00:00+09:00 missing false | No rows, where 8 other Thursdays at 00:00 have 1,000 to 1,004.",
	}, lines(n))
}

// TestADayWaitsForItsHours: one lost hour of 24, 23 or 25 makes the day not ready, and no other.
func TestADayWaitsForItsHours(t *testing.T) {
	t.Parallel()
	for zone, test := range map[string]struct{ lost, day string }{
		"Asia/Seoul":          {"2026-06-09T23:00+09:00", "2026-06-09"},
		"America/New_York":    {"2026-03-08T00:00-05:00", "2026-03-08"},
		"America/Havana":      {"2025-11-02T00:00-04:00", "2025-11-02"},
		"Australia/Lord_Howe": {"2026-10-04T23:00+11:00", "2026-10-04"},
	} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			g := project([]*lineage.Node{source("a"), model("b", "incremental")}, [2]string{sourceA, "model.p.b"})
			specs := derive(t, g, partition.Override{Node: "raw.a", Grain: "hour", Time: "ts", Timezone: zone, Begin: "2025-01-01"},
				partition.Override{Node: "b", Grain: "day", Time: "ts", Timezone: zone, Begin: "2025-01-01"})
			held := &held{tables: map[string]table{sourceA: hourly(1000, map[string]int64{test.lost: 0}), "model.p.b": daily(10, nil)}}
			day, err := specs.Of("model.p.b").Calendar.Parse(period.Day, test.day)
			require.NoError(t, err)
			// a range by the names of hours is one of days, too
			first, last := day.Prev().Start().UTC().Format(time.RFC3339), day.Next().Start().UTC().Format("2006-01-02T15:04Z07:00")
			n := check(t, partition.New(partition.Deps{Observer: held}), g, specs, partition.CheckRequest{
				Nodes: []string{"model.p.b"}, First: &first, Last: &last, Only: partition.OnlyAll, AsOf: at(t, "2026-12-15T08:00:00Z"),
			})["model.p.b"]
			require.Equal(t, 3, n.Counts[partition.Present])
			for _, r := range n.Ranges {
				require.Equal(t, r.First != day, r.Ready)
			}
			require.Len(t, n.Ranges, 3)
			require.Contains(t, lines(n)[0], "Not ready: waits for "+sourceA+" (missing).")
			require.Equal(t, map[string]int{sourceA: 1, "model.p.b": 1}, held.asked)
		})
	}
}

func TestRangesOfHours(t *testing.T) {
	t.Parallel()
	g, specs := hours(t, "America/New_York")
	c := partition.New(partition.Deps{Observer: &held{tables: map[string]table{sourceA: hourly(10, nil), "model.p.b": daily(10, nil)}}})
	ask := func(node, first, last string) (partition.CheckAnswer, error) {
		r := partition.CheckRequest{Nodes: []string{node}, AsOf: at(t, "2026-06-15T08:30:00Z")}
		if first != "" {
			r.First, r.Last = &first, &last
		}
		return c.Check(t.Context(), g, specs, r)
	}
	answer, err := ask(sourceA, "", "")
	require.NoError(t, err)
	require.Equal(t, "1 node without anything wrong, 0 with. 14 partitions: 14 present. Findings: empty_as_usual 2.", answer.Summary)
	for name, test := range map[string]struct{ node, first, last, says string }{
		"no hour":             {sourceA, "2026-06-09T03:00", "2026-06-10", "first: \"2026-06-09T03:00\" is neither a date nor an hour"},
		"no date":             {"model.p.b", "yesterday", "2026-06-10", "first: \"yesterday\" is not a date"},
		"the wrong way round": {sourceA, "2026-06-10", "2026-06-09T23:00-04:00", "first (2026-06-10) is after last (2026-06-09T23:00-04:00)"},
		"more than a year":    {sourceA, "2025-01-01", "2026-06-10", "are 12623 periods; ask for at most 10000"},
		"years of many hours": {"model.p.years", "1980-01-01", "2025-12-31", "That needs 403,248 hours of " + sourceA + ", 1980-01-01T00:00-05:00 to "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ask(test.node, test.first, test.last)
			require.Equal(t, fault.Invalid, fault.KindOf(err), "%v", err)
			require.ErrorContains(t, err, test.says)
		})
	}
}

// TestHoursThatCannotBeToldApartAreUnknown, are no peers of others, and make their readers not ready.
func TestHoursThatCannotBeToldApartAreUnknown(t *testing.T) {
	t.Parallel()
	g, specs := hours(t, "America/New_York")
	source := hourly(1000, nil)
	source.untold = map[string]string{"2026-11-01T01:00-04:00": "Told twice.", "2026-11-01T01:00-05:00": "Told twice."}
	c := partition.New(partition.Deps{Observer: &held{tables: map[string]table{sourceA: source, "model.p.b": daily(10, nil)}}})
	nodes := check(t, c, g, specs, partition.CheckRequest{
		Nodes: []string{sourceA, "model.p.b"}, First: new("2026-11-01"), Last: new("2026-11-01"), AsOf: at(t, "2026-11-03T08:00:00Z"),
	})
	require.Equal(t, map[partition.Presence]int{partition.Unknown: 2, partition.Present: 23}, nodes[sourceA].Counts)
	require.Equal(t, []string{"2026-11-01T01:00-04:00..2026-11-01T01:00-05:00 unknown false | Told twice."}, lines(nodes[sourceA]))
	require.Equal(t, []string{"2026-11-01..2026-11-01 present false | 13 rows. Not ready: waits for " + sourceA + " (unknown)."}, lines(nodes["model.p.b"]))
}
