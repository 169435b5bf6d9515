package observe_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// ask checks the first ten days of June 2026 of one relation on the eleventh at noon.
func (s shopWarehouse) ask(t *testing.T, relation string, o partition.Override, source *lineage.Source) partition.NodeReport {
	t.Helper()
	const id = "source.shop.raw.t"
	if source == nil {
		source = &lineage.Source{Name: "raw"}
	}
	graph := lineage.New("shop", []*lineage.Node{{ID: id, Name: "t", Type: lineage.TypeSource, Relation: relation, Source: source}}, nil)
	o.Node, o.Grain = id, "day"
	specs, err := partition.Derive(graph, []partition.Override{o}, nil)
	require.NoError(t, err)
	answer, err := partition.New(partition.Deps{Observer: s.observer, AtOnce: s.observer.AtOnce}).Check(t.Context(), graph, specs, partition.CheckRequest{
		Nodes: []string{id}, Only: partition.OnlyAll, AsOf: time.Date(2026, 6, 11, 12, 0, 0, 0, time.UTC), First: new("2026-06-01"), Last: new("2026-06-11"),
	})
	require.NoError(t, err)
	require.Len(t, answer.Nodes, 1)
	return answer.Nodes[0]
}

// TestTimesThatAreNone: ten days of five rows each, and rows without a time, of the year 1 and of the year 9999, as a date, as a
// timestamp and as an instant. The ten days are what they are, and the rest is said.
func TestTimesThatAreNone(t *testing.T) {
	t.Parallel()
	s := newShop(t,
		"create table stamps as select timestamp '2026-06-01 12:00' + to_days((range // 5)::integer) as ts from range(50)",
		"insert into stamps values (null), (null), (null), ('0001-01-01'), ('9999-12-31 23:59:59'), ('infinity'), ('2026-06-12 00:00:00')",
		"create table dates as select ts::date as ts from stamps where ts is null or isfinite(ts)", "insert into dates values ('infinity')",
		"create table instants as select ts::timestamptz as ts from stamps",
		"create view behind as select * from stamps",
		"create table bare (ts timestamp)", "insert into bare values (null)",
	)
	days := map[partition.Presence]int{partition.Present: 10, partition.Open: 1}
	const stray = "3 rows have no time (ts is NULL), so no partition counts them. 3 rows have a time in periods that begin after the question"
	for _, relation := range []string{"stamps", "dates", "instants"} {
		t.Run(relation, func(t *testing.T) {
			t.Parallel()
			n := s.ask(t, relation, partition.Override{Time: "ts", Begin: "2026-06-01"}, nil)
			require.Equal(t, days, n.Counts)
			require.Contains(t, n.Note, stray)
			require.Equal(t, "5 rows a day.", n.Ranges[1].Detail)
			n = s.ask(t, relation, partition.Override{Time: "ts"}, nil)
			require.Equal(t, days, n.Counts)
			require.Contains(t, n.Note, "0001-01-01, counts as begin. Such a time mostly stands for none: declare begin")
		})
	}
	t.Run("a view is not scanned for them", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, days, s.ask(t, "behind", partition.Override{Time: "ts", Begin: "2026-06-01"}, nil).Counts)
	})
	t.Run("no row has a time", func(t *testing.T) {
		t.Parallel()
		n := s.ask(t, "bare", partition.Override{Time: "ts"}, nil)
		require.Equal(t, map[partition.Presence]int{partition.Missing: 10, partition.Open: 1}, n.Counts)
		require.Contains(t, n.Note, "1 row has no time")
	})
}

// TestTextInTheTimeColumn: a column of text is refused with what to do, one that a view casts says what cannot be cast, and either
// leaves other relations of the same check as they are.
func TestTextInTheTimeColumn(t *testing.T) {
	t.Parallel()
	s := newShop(t, "create table t as select '2026-06-01' as day union all select 'garbage'", "create view v as select day::date as day from t",
		"create view w as select try_cast(day as date) as day from t")
	n := s.ask(t, "t", partition.Override{Time: "day"}, nil)
	require.Equal(t, map[partition.Presence]int{partition.Unknown: 10, partition.Open: 1}, n.Counts)
	require.Contains(t, n.Ranges[0].Detail, "day of shop.main.t is VARCHAR; rows are placed by a date or a timestamp. Name one as its time, or cast it in the model.")
	n = s.ask(t, "v", partition.Override{Time: "day"}, nil)
	require.Equal(t, map[partition.Presence]int{partition.Unknown: 10, partition.Open: 1}, n.Counts)
	require.Contains(t, n.Ranges[0].Detail, "garbage")
	require.Contains(t, n.Ranges[0].Detail, "Mend the rows, or the cast in the view.")
	n = s.ask(t, "w", partition.Override{Time: "day"}, nil)
	require.Equal(t, map[partition.Presence]int{partition.Present: 1, partition.Missing: 9, partition.Open: 1}, n.Counts)
	require.Contains(t, n.Note, "1 row has no time")
}

// TestOneBrokenRelationLeavesTheOthers in the same view of the warehouse.
func TestOneBrokenRelationLeavesTheOthers(t *testing.T) {
	t.Parallel()
	s := newShop(t, "create table t as select 'garbage' as day", "create view a as select day::date as day from t",
		"create table b as select date '2026-06-01' + range::integer as day from range(10)")
	nodes := []*lineage.Node{}
	var overrides []partition.Override
	for _, name := range []string{"a", "b"} {
		id := "source.shop.raw." + name
		nodes = append(nodes, &lineage.Node{ID: id, Name: name, Type: lineage.TypeSource, Relation: "main." + name, Source: &lineage.Source{Name: "raw"}})
		overrides = append(overrides, partition.Override{Node: id, Grain: "day", Time: "day"})
	}
	graph := lineage.New("shop", nodes, nil)
	specs, err := partition.Derive(graph, overrides, nil)
	require.NoError(t, err)
	answer, err := partition.New(partition.Deps{Observer: s.observer, AtOnce: s.observer.AtOnce}).Check(t.Context(), graph, specs, partition.CheckRequest{
		Nodes: []string{nodes[0].ID, nodes[1].ID}, Only: partition.OnlyAll, AsOf: time.Date(2026, 6, 11, 0, 0, 0, 0, time.UTC), First: new("2026-06-01"),
	})
	require.NoError(t, err)
	got := map[string]map[partition.Presence]int{}
	for _, n := range answer.Nodes {
		got[n.ID] = n.Counts
	}
	require.Equal(t, map[string]map[partition.Presence]int{
		nodes[0].ID: {partition.Unknown: 10}, nodes[1].ID: {partition.Present: 10},
	}, got)
}

// TestAClockThatIsAhead: rows that say they were loaded tomorrow are not late, an open day that a row of next week is in is not
// loaded, and both are said.
func TestAClockThatIsAhead(t *testing.T) {
	t.Parallel()
	s := newShop(t,
		"create table t as select timestamp '2026-06-01 12:00' + to_days((range // 5)::integer) as ts, timestamp '2026-06-12 00:00' as loaded from range(50)",
		"insert into t values ('2026-06-18 00:00', '2026-06-12 00:00')")
	n := s.ask(t, "t", partition.Override{Time: "ts", Begin: "2026-06-01", ExpectedBy: "1h"}, &lineage.Source{Name: "raw", LoadedAtField: "loaded"})
	require.Equal(t, map[partition.Presence]int{partition.Present: 10, partition.Open: 1}, n.Counts)
	require.NotContains(t, n.Findings, partition.Late)
	require.Contains(t, n.Note, "1 row has a time in periods that begin after the question: a clock that is ahead")
	require.Contains(t, n.Note, "Rows of 10 partitions were loaded after the question, says loaded: its clock is ahead, or the question is of the past")
	run(t, s.path, "update t set loaded = '2026-06-11 12:00'")
	n = s.ask(t, "t", partition.Override{Time: "ts", Begin: "2026-06-01", ExpectedBy: "1h"}, &lineage.Source{Name: "raw", LoadedAtField: "loaded"})
	require.Equal(t, 10, n.Findings[partition.Late])
	require.NotContains(t, n.Note, "were loaded after the question")
}
