package partition_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// one is a project of one source with days from 1 January 2026.
func one(t *testing.T, more partition.Override) (*lineage.Graph, partition.Specs) {
	t.Helper()
	g := project([]*lineage.Node{source("a")})
	more.Node, more.Grain, more.Time = "raw.a", "day", "ts"
	if more.Begin == "" {
		more.Begin = "2026-01-01"
	}
	return g, derive(t, g, more)
}

const sourceA = "source.p.raw.a"

func TestPresence(t *testing.T) {
	t.Parallel()
	g, specs := one(t, partition.Override{ExpiresAfter: "30d", Settle: "1h", ExpectedBy: "6h"})
	c := partition.New(partition.Deps{Observer: &held{tables: map[string]table{sourceA: daily(1000, map[string]int64{"2026-06-10": 0, "2026-04-01": 0})}}})
	for name, test := range map[string]struct {
		period, asOf string
		want         partition.Presence
		ready        bool
	}{
		"before begin":                    {"2025-12-31", "2026-01-05T00:00:00Z", partition.NotExpected, true},
		"begin":                           {"2026-01-01", "2026-01-05T00:00:00Z", partition.Present, true},
		"older than the retention":        {"2026-04-01", "2026-05-02T00:00:00Z", partition.Expired, false},
		"within the retention":            {"2026-04-01", "2026-05-01T23:59:59Z", partition.Missing, false},
		"not ended":                       {"2026-06-09", "2026-06-09T23:59:59Z", partition.Open, false},
		"ended, not settled":              {"2026-06-09", "2026-06-10T00:59:59Z", partition.Open, false},
		"settled, not expected yet":       {"2026-06-10", "2026-06-11T01:00:00Z", partition.Pending, false},
		"there before it is expected":     {"2026-06-09", "2026-06-10T05:59:59Z", partition.Pending, false},
		"there":                           {"2026-06-09", "2026-06-10T06:00:00Z", partition.Present, true},
		"expected and not there":          {"2026-06-10", "2026-06-11T06:00:00Z", partition.Missing, false},
		"in the future, and so not there": {"2027-01-01", "2026-06-11T06:00:00Z", partition.Open, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := check(t, c, g, specs, partition.CheckRequest{Nodes: []string{sourceA}, First: &test.period, Last: &test.period, Only: partition.OnlyAll, AsOf: at(t, test.asOf)})[sourceA]
			require.Len(t, n.Ranges, 1)
			require.Equal(t, test.want, n.Ranges[0].Presence)
			require.Equal(t, test.ready, n.Ranges[0].Ready)
			require.Equal(t, map[partition.Presence]int{test.want: 1}, n.Counts)
		})
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	g, specs := one(t, partition.Override{})
	bare := source("a")
	bare.Relation = ""
	for name, test := range map[string]struct {
		observer partition.Observer
		graph    *lineage.Graph
		says     string
	}{
		"no warehouse":              {nil, g, "No warehouse is configured."},
		"a locked warehouse":        {&held{err: fault.New(fault.Unavailable, "The warehouse is locked by dbt (pid 7).")}, g, "locked by dbt (pid 7)"},
		"an error of somebody else": {&held{err: errors.New("secret")}, g, "an error that headwater did not expect"},
		"no relation":               {&held{}, g, "has no relation raw.a"},
		"no name of the relation":   {&held{}, project([]*lineage.Node{bare}), "do not say which relation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := partition.New(partition.Deps{Observer: test.observer})
			n := check(t, c, test.graph, specs, partition.CheckRequest{Nodes: []string{sourceA}, AsOf: at(t, "2026-06-15T08:00:00Z")})[sourceA]
			require.Equal(t, map[partition.Presence]int{partition.Unknown: 14}, n.Counts)
			require.Len(t, n.Ranges, 1)
			require.Equal(t, "2026-06-01 2026-06-14", n.Ranges[0].First.String()+" "+n.Ranges[0].Last.String())
			require.Contains(t, n.Ranges[0].Detail, test.says)
			require.False(t, n.Ranges[0].Ready)
		})
	}
}

// TestAWarehouseThatDoesNotAnswerIsAskedOnce, because each time may take the whole wait for a lock.
func TestAWarehouseThatDoesNotAnswerIsAskedOnce(t *testing.T) {
	t.Parallel()
	nodes := []*lineage.Node{source("a"), source("b"), source("c")}
	g := project(nodes)
	var overrides []partition.Override
	for _, n := range nodes {
		overrides = append(overrides, partition.Override{Node: n.ID, Grain: "day", Time: "ts"})
	}
	h := &held{err: fault.New(fault.Unavailable, "locked")}
	check(t, partition.New(partition.Deps{Observer: h}), g, derive(t, g, overrides...), partition.CheckRequest{
		Nodes: []string{nodes[0].ID, nodes[1].ID, nodes[2].ID}, AsOf: at(t, "2026-06-15T08:00:00Z"),
	})
	require.Len(t, h.asked, 1)
}

func TestVolume(t *testing.T) {
	t.Parallel()
	g, specs := one(t, partition.Override{Key: "id"})
	rows := daily(1000, map[string]int64{"2026-06-10": 300, "2026-06-11": 2000})
	keyed := table{rows: func(p period.Period) partition.Count {
		c := rows.rows(p)
		c.Keyed, c.Distinct = c.Rows, c.Rows
		if p.String() == "2026-06-12" {
			c.Distinct = c.Rows - 40
		}
		return c
	}}
	c := partition.New(partition.Deps{Observer: &held{tables: map[string]table{sourceA: keyed}}})
	n := check(t, c, g, specs, partition.CheckRequest{Nodes: []string{sourceA}, AsOf: at(t, "2026-06-15T08:00:00Z")})[sourceA]
	require.Equal(t, map[partition.Finding]int{partition.LowVolume: 1, partition.HighVolume: 1, partition.Duplicated: 1}, n.Findings)
	require.Equal(t, map[partition.Presence]int{partition.Present: 14}, n.Counts)
	var got []string
	for _, r := range n.Ranges {
		got = append(got, fmt.Sprintf("%s %s %t %s", r.First, r.Findings[0].Finding, r.Ready, r.Findings[0].Evidence))
	}
	require.Equal(t, []string{
		"2026-06-12 duplicated false 40 of 1,001 rows repeat the key id; none may.",
		"2026-06-10 low_volume true 300 rows; 8 other Wednesdays have 1,000 to 1,004, median 1,002: under 802 is low (4 robust deviations, at least 20 %)",
		"2026-06-11 high_volume true 2,000 rows; 8 other Thursdays have 1,000 to 1,004, median 1,003: over 1,203 is high (4 robust deviations, at least 20 %)",
	}, got)
	t.Run("is unproven where there are too few to compare with", func(t *testing.T) {
		t.Parallel()
		g, specs := one(t, partition.Override{Begin: "2026-05-25"})
		n := check(t, c, g, specs, partition.CheckRequest{Nodes: []string{sourceA}, AsOf: at(t, "2026-06-15T08:00:00Z"), Only: partition.OnlyAll})[sourceA]
		require.Equal(t, map[partition.Finding]int{partition.Duplicated: 1}, n.Findings)
		require.Contains(t, n.Note, "Volume is unproven in 14 partitions: fewer than 4 comparable ones.")
	})
}

func TestEmptyAsUsual(t *testing.T) {
	t.Parallel()
	g, specs := one(t, partition.Override{})
	week := func(except ...string) table { // nothing on Sundays and on the days listed
		return table{rows: func(p period.Period) partition.Count {
			for _, name := range except {
				if from, to, ok := strings.Cut(name, ".."); p.String() == name || ok && p.String() >= from && p.String() <= to {
					return partition.Count{}
				}
			}
			if p.UTCDate().Weekday() == 0 {
				return partition.Count{}
			}
			return partition.Count{Rows: 100}
		}}
	}
	for name, test := range map[string]struct {
		rows             table
		closed           string
		missing, asUsual int
	}{
		"Sundays":                               {week(), "", 0, 2},
		"a day lost":                            {week("2026-06-10"), "", 1, 2},
		"a day closed":                          {week("2026-06-10"), "2026-06-10", 0, 3},
		"two weeks lost, Sundays are as always": {week("2026-06-01..2026-06-14"), "", 12, 2},
		"half a year lost":                      {week("2026-01-01..2026-06-14"), "", 14, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := partition.New(partition.Deps{Observer: &held{tables: map[string]table{sourceA: test.rows}}, Closures: func(d string) bool { return d == test.closed }})
			n := check(t, c, g, specs, partition.CheckRequest{Nodes: []string{sourceA}, AsOf: at(t, "2026-06-15T08:00:00Z")})[sourceA]
			require.Equal(t, test.missing, n.Counts[partition.Missing])
			require.Equal(t, test.asUsual, n.Findings[partition.EmptyAsUsual])
		})
	}
}

func TestBeginIsTheFirstObservedPartition(t *testing.T) {
	t.Parallel()
	g := project([]*lineage.Node{source("a")})
	specs := derive(t, g, partition.Override{Node: "raw.a", Grain: "day", Time: "ts"})
	first := at(t, "2026-06-10T13:00:00Z")
	h := &held{tables: map[string]table{sourceA: {earliest: &first, rows: func(p period.Period) partition.Count {
		if p.Start().Before(first.Add(-14 * time.Hour)) {
			return partition.Count{}
		}
		return partition.Count{Rows: 5}
	}}}}
	n := check(t, partition.New(partition.Deps{Observer: h}), g, specs, partition.CheckRequest{Nodes: []string{sourceA}, AsOf: at(t, "2026-06-15T08:00:00Z")})[sourceA]
	require.Equal(t, map[partition.Presence]int{partition.NotExpected: 9, partition.Present: 5}, n.Counts)
	require.Contains(t, n.Note, "the first observed partition, 2026-06-10, counts as begin")
}

// expanded says of each partition of an answer what its range says.
func expanded(answer partition.CheckAnswer) map[string]string {
	said := map[string]string{}
	for _, n := range answer.Nodes {
		for _, r := range n.Ranges {
			words := []string{string(r.Presence), strconv.FormatBool(r.Ready)}
			for _, f := range r.Findings {
				words = append(words, string(f.Finding))
			}
			for p := r.First; p.Index <= r.Last.Index; p = p.Next() {
				said[n.ID+" "+p.String()] = strings.Join(words, " ")
			}
		}
	}
	return said
}

// TestAVerdictDoesNotDependOnTheQuestion: a range says of each of its partitions what is said of it alone.
func TestAVerdictDoesNotDependOnTheQuestion(t *testing.T) {
	t.Parallel()
	nodes := []*lineage.Node{source("a"), source("b"), model("v", "view"), model("m", "incremental")}
	g := project(nodes, [2]string{sourceA, "model.p.v"}, [2]string{"model.p.v", "model.p.m"}, [2]string{"source.p.raw.b", "model.p.m"})
	rapid.Check(t, func(rt *rapid.T) {
		tables := map[string]table{}
		var overrides []partition.Override
		for _, n := range nodes {
			if n.Materialized == "view" {
				continue
			}
			overrides = append(overrides, partition.Override{Node: n.ID, Grain: "day", Time: "ts", Begin: "2026-04-20"})
			except := map[string]int64{}
			for _, i := range rapid.SliceOfN(rapid.IntRange(0, 69), 0, 12).Draw(rt, n.ID) {
				except[day(rt, "2026-04-06").Add(i).String()] = rapid.SampledFrom([]int64{0, 0, 300, 5000}).Draw(rt, "rows")
			}
			tables[n.ID] = daily(1000, except)
		}
		specs := derive(rt, g, overrides...)
		c := partition.New(partition.Deps{Observer: &held{tables: tables}})
		ask := func(first, last string) map[string]string {
			answer, err := c.Check(t.Context(), g, specs, partition.CheckRequest{
				Nodes: []string{sourceA, "source.p.raw.b", "model.p.m"}, First: &first, Last: &last,
				Only: partition.OnlyAll, Limit: 1000, AsOf: at(rt, "2026-06-15T08:00:00Z"),
			})
			require.NoError(rt, err)
			return expanded(answer)
		}
		all := ask("2026-04-15", "2026-06-15")
		p := day(rt, "2026-04-15").Add(rapid.IntRange(0, 61).Draw(rt, "day"))
		for key, line := range ask(p.String(), p.String()) {
			require.Equal(rt, all[key], line, key)
		}
	})
}
