package observe_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

func TestTypesAndZones(t *testing.T) {
	t.Parallel()
	s := newShop(t,
		"create table t (d date, naive timestamp, zoned timestamptz, id bigint, text varchar)",
		// 20:00 UTC is 05:00 of the next day in Seoul
		"insert into t values ('2026-06-09', '2026-06-09 20:00:00', '2026-06-09 20:00:00+00', 1, 'a')",
		"insert into t values ('2026-06-10', '2026-06-10 01:00:00', '2026-06-10 01:00:00+00', 1, 'b')",
		"insert into t values ('2026-06-14', '2026-06-14 01:00:00', '2026-06-14 01:00:00+00', null, null)",
		"insert into t (id, text) values (9, 'no time')",
	)
	tests := map[string]struct {
		spec partition.Spec
		want map[string]int64
	}{
		"date is never shifted":       {spec(t, period.Day, "Asia/Seoul", "", "d"), map[string]int64{"2026-06-09": 1, "2026-06-10": 1, "2026-06-14": 1}},
		"timestamp is UTC":            {spec(t, period.Day, "Asia/Seoul", "", "naive"), map[string]int64{"2026-06-10": 2, "2026-06-14": 1}},
		"timestamptz is an instant":   {spec(t, period.Day, "Asia/Seoul", "", "ZONED"), map[string]int64{"2026-06-10": 2, "2026-06-14": 1}},
		"weeks that start on Sunday":  {spec(t, period.Week, "UTC", "sunday", "naive"), map[string]int64{"2026-06-07": 2, "2026-06-14": 1}},
		"weeks that start on Monday":  {spec(t, period.Week, "UTC", "", "d"), map[string]int64{"2026-06-08": 3}},
		"months":                      {spec(t, period.Month, "UTC", "", "naive"), map[string]int64{"2026-06-01": 3}},
		"years":                       {spec(t, period.Year, "America/New_York", "", "zoned"), map[string]int64{"2026-01-01": 3}},
		"a column with another zone":  {columnZone(spec(t, period.Day, "UTC", "", "naive"), "America/New_York"), map[string]int64{"2026-06-10": 2, "2026-06-14": 1}},
		"a column in the zone itself": {columnZone(spec(t, period.Day, "Asia/Seoul", "", "naive"), "Asia/Seoul"), map[string]int64{"2026-06-09": 1, "2026-06-10": 1, "2026-06-14": 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := s.look(t, "shop.main.t", test.spec, "2026-06-01", "2026-06-30")
			require.Empty(t, o.Unobserved)
			got := map[string]int64{}
			for name, count := range named(test.spec, o) {
				got[name] = count.Rows
			}
			require.Equal(t, test.want, got)
		})
	}
	t.Run("bounds are of the whole relation", func(t *testing.T) {
		t.Parallel()
		sp := spec(t, period.Day, "Asia/Seoul", "", "naive")
		o := s.look(t, "t", sp, "2026-06-10", "2026-06-10")
		require.Len(t, o.Counts, 1)
		require.Equal(t, "2026-06-09T20:00:00Z", o.Earliest.UTC().Format(time.RFC3339))
		require.Equal(t, "2026-06-14T01:00:00Z", o.Latest.UTC().Format(time.RFC3339))
		sp.Time = "d"
		o = s.look(t, "t", sp, "2026-06-10", "2026-06-10")
		require.Equal(t, "2026-06-08T15:00:00Z", o.Earliest.UTC().Format(time.RFC3339))
	})
}

func columnZone(s partition.Spec, zone string) partition.Spec {
	s.ColumnZone = zone
	return s
}

func TestKeys(t *testing.T) {
	t.Parallel()
	s := newShop(t, "create table t as select date '2026-06-09' as d, * from (values (1, 'a'), (1, 'a'), (1, 'b'), (2, null), (null, 'a'), (null, 'a')) v (a, b)")
	for name, test := range map[string]struct {
		key  []string
		want partition.Count
		note string
	}{
		"none":           {nil, partition.Count{Rows: 6}, ""},
		"one column":     {[]string{"A"}, partition.Count{Rows: 6, Keyed: 4, Distinct: 2}, ""},
		"two columns":    {[]string{"a", "b"}, partition.Count{Rows: 6, Keyed: 3, Distinct: 2}, ""},
		"no such column": {[]string{"a || b"}, partition.Count{Rows: 6}, "a || b, which is no column"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sp := spec(t, period.Day, "UTC", "", "d", test.key...)
			o := s.look(t, "t", sp, "2026-06-09", "2026-06-09")
			require.Equal(t, map[string]partition.Count{"2026-06-09": test.want}, named(sp, o))
			require.Contains(t, o.KeyNote, test.note)
			require.Equal(t, test.note == "", o.KeyNote == "")
		})
	}
}

func TestWhatCannotBeObserved(t *testing.T) {
	t.Parallel()
	s := newShop(t,
		"create schema raw", "create table raw.events (occurred_at timestamp, name varchar)",
		"create table gone (ts timestamp)", "create view broken as select * from gone", "drop table gone",
	)
	for name, test := range map[string]struct{ relation, column, says string }{
		"no such relation":      {"raw.event", "occurred_at", "has no relation raw.event. Did you mean raw.events?"},
		"no such database":      {"prod.raw.events", "occurred_at", "but it has shop.raw.events"},
		"no such column":        {"raw.events", "occurred", `has no column "occurred", by which its rows would be placed. Did you mean occurred_at? Its columns: occurred_at, name.`},
		"a column of text":      {"raw.events", "name", "is VARCHAR; rows are placed by a date or a timestamp"},
		"a view that is broken": {"broken", "ts", "does not work any more"},
		"no name at all":        {"read_csv('lake/*.csv')", "at", "no table's name"},
		"an injection":          {`x"; drop table raw.events; --`, "at", "no table's name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := s.look(t, test.relation, spec(t, period.Day, "UTC", "", test.column), "2026-06-09", "2026-06-10")
			require.Contains(t, o.Unobserved, test.says)
			require.Empty(t, o.Counts)
		})
	}
}

func TestHostileNames(t *testing.T) {
	t.Parallel()
	const table, column, key = `a"b'; drop table x; --`, `when "it" was ?`, `headwater_period`
	s := newShop(t,
		`create schema "my schema"`,
		`create table "my schema"."a""b'; drop table x; --" ("when ""it"" was ?" timestamp, headwater_period integer, "{{.Grain}}" integer, period integer)`,
		`insert into "my schema"."a""b'; drop table x; --" values ('2026-06-09 10:00:00', 1, 2, 3), ('2026-06-09 11:00:00', 1, 2, 3)`,
	)
	for _, key := range []string{key, "{{.Grain}}", "period"} {
		sp := spec(t, period.Day, "UTC", "", column, key)
		o := s.look(t, `"shop"."my schema"."a""b'; drop table x; --"`, sp, "2026-06-08", "2026-06-10")
		require.Empty(t, o.Unobserved, table)
		require.Equal(t, map[string]partition.Count{"2026-06-09": {Rows: 2, Keyed: 2, Distinct: 1}}, named(sp, o))
	}
}

func TestViewAndTimesWithoutEnd(t *testing.T) {
	t.Parallel()
	s := newShop(t,
		"create table t (ts timestamp)", "insert into t values ('2026-06-09 10:00:00'), ('infinity'), ('-infinity'), ('9999-12-31 00:00:00')",
		"create view v as select ts::date as day from t where isfinite(ts)",
		"create view u as select ts from t",
	)
	sp := spec(t, period.Day, "UTC", "", "day")
	require.Equal(t, map[string]partition.Count{"2026-06-09": {Rows: 1}}, named(sp, s.look(t, "v", sp, "2026-06-01", "2026-06-30")))
	sp.Time = "ts"
	for _, relation := range []string{"t", "u"} {
		o := s.look(t, relation, sp, "2026-06-01", "2026-06-30")
		require.Empty(t, o.Unobserved)
		require.Equal(t, map[string]partition.Count{"2026-06-09": {Rows: 1}}, named(sp, o))
	}
}

func TestOneQueryForFiveThousandPartitions(t *testing.T) {
	t.Parallel()
	s := newShop(t, "create table t as select timestamp '2012-01-01' + to_hours(range * 12) as ts, range as id from range(10000)")
	sp := spec(t, period.Day, "Asia/Seoul", "", "ts", "id")
	o := s.look(t, "t", sp, "2012-01-01", "2025-09-09")
	require.EqualValues(t, 1, s.queries.Load())
	require.True(t, len(o.Counts) == 5000, "%d partitions", len(o.Counts)) //nolint:testifylint // the map is too long to be printed
	for index, count := range o.Counts {
		require.Positive(t, count.Rows, index)
		require.Equal(t, count.Keyed, count.Distinct)
	}
}

// TestForeignLock holds the file as `dbt run` would: the warehouse does not answer, and says who has it.
func TestForeignLock(t *testing.T) {
	t.Parallel()
	s := newShop(t, "create table t (ts timestamp)")
	holder := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHoldLock$")
	holder.Env = append(os.Environ(), "HEADWATER_TEST_HOLD="+s.path)
	stdin, err := holder.StdinPipe()
	require.NoError(t, err)
	stdout, err := holder.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, holder.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "held\n", line)

	sp := spec(t, period.Day, "UTC", "", "ts")
	day := sp.At(time.Date(2026, 6, 9, 0, 0, 0, 0, time.UTC))
	_, err = s.observer.Observe(t.Context(), partition.ObserveRequest{Relation: "t", Spec: sp, First: day, Last: day})
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)

	require.NoError(t, stdin.Close())
	require.NoError(t, holder.Wait())
	_, err = s.observer.Observe(t.Context(), partition.ObserveRequest{Relation: "t", Spec: sp, First: day, Last: day})
	require.NoError(t, err)
}

// TestHoldLock is the other process of TestForeignLock; on its own it does nothing.
func TestHoldLock(t *testing.T) {
	t.Parallel()
	path := os.Getenv("HEADWATER_TEST_HOLD")
	if path == "" {
		return
	}
	hold(t, path)
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	s := newShop(t, "create table t (ts timestamp)")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	sp := spec(t, period.Day, "UTC", "", "ts")
	day := sp.At(time.Date(2026, 6, 9, 0, 0, 0, 0, time.UTC))
	_, err := s.observer.Observe(ctx, partition.ObserveRequest{Relation: "t", Spec: sp, First: day, Last: day})
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
	require.NotEmpty(t, fmt.Sprint(err))
}
