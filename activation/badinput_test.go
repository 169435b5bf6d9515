package activation_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// file is a fact in a DuckDB file of its own.
type file struct {
	world  activationtest.World
	engine *activation.Engine
}

func newFile(t *testing.T, schema string, statements ...string) file {
	t.Helper()
	f := file{world: activationtest.World{Path: filepath.Join(t.TempDir(), "w.duckdb")}}
	f.world.Do(t, append([]string{"set timezone = 'UTC'"}, statements...)...)
	w, err := duckdb.New(duckdb.Options{Path: f.world.Path})
	require.NoError(t, err)
	f.engine, err = activation.NewEngine(w, schema)
	require.NoError(t, err)
	return f
}

// TestColumnsThatAreMissingOrOfAWrongType are named with the fact, the field and what there is, and nothing is written.
func TestColumnsThatAreMissingOrOfAWrongType(t *testing.T) {
	t.Parallel()
	f := newFile(t, "activation", "create table visits (user_id varchar, event_at timestamp, country varchar, clock time, said varchar)")
	for _, c := range []struct {
		fact activation.Fact
		says []string
	}{
		{activation.Fact{Relation: "visits", User: "usr_id", Time: "event_at"}, []string{"Fact visit, user:", "usr_id", `Did you mean`, "user_id", "country"}},
		{activation.Fact{Relation: "visits", User: "user_id", Time: "event"}, []string{"Fact visit, time:", "event_at"}},
		{activation.Fact{Relation: "visits", User: "user_id", Time: "said"}, []string{"Fact visit, time:", "said", "VARCHAR", "date or a timestamp"}},
		{activation.Fact{Relation: "visits", User: "user_id", Time: "clock"}, []string{"Fact visit, time:", "TIME", "date or a timestamp"}},
		{activation.Fact{Relation: "visits", User: "user_id", Time: "event_at", Dimensions: []string{"contry"}}, []string{"Fact visit, dimensions:", "country"}},
		{activation.Fact{Relation: "visit", User: "user_id", Time: "event_at"}, []string{"visit", "visits"}},
	} {
		c.fact.Name = "visit"
		d, err := activation.Define(c.fact, activation.Defaults{})
		require.NoError(t, err)
		_, err = f.engine.Update(t.Context(), d, activation.UpdateRequest{AsOf: day(7), Run: "test"})
		require.Equal(t, fault.Invalid, fault.KindOf(err), "%v", err)
		for _, words := range c.says {
			require.ErrorContains(t, err, words)
		}
	}
	f.requireNothingWritten(t)
}

func (f file) requireNothingWritten(t *testing.T) {
	t.Helper()
	w, err := duckdb.New(duckdb.Options{Path: f.world.Path})
	require.NoError(t, err)
	for _, name := range []string{"visit_activation_daily", "headwater_outputs"} {
		_, err := w.Relation(t.Context(), warehouse.Relation{Schema: "activation", Name: warehouse.Ident(name)})
		require.Equal(t, fault.NotFound, fault.KindOf(err), "%s: %v", name, err)
	}
}

// TestBrokenDates: rows in the year 9999, at infinity, before 1970 and in the year 1 neither end a build nor change what others count.
func TestBrokenDates(t *testing.T) {
	t.Parallel()
	const rows = `insert into visits values ('a', '2026-03-02 10:00'), ('b', '2026-03-03 10:00'), ('a', '2026-03-05 09:00'),
		('far', '9999-12-31 23:59:59'), ('never', 'infinity'), (null, '9999-12-31 23:59:59')`
	for _, kind := range []string{"timestamp", "timestamptz", "date"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			build := func(begin string, more ...string) ([]activation.Built, error) {
				f := newFile(t, "activation", append([]string{"create table visits (user_id varchar, event_at " + kind + ")", rows}, more...)...)
				d, err := activation.Define(activation.Fact{
					Name: "visit", Relation: "visits", User: "user_id", Time: "event_at", Begin: begin, Grains: []string{"day", "week"},
				}, activation.Defaults{})
				require.NoError(t, err)
				if _, err := f.engine.Update(t.Context(), d, activation.UpdateRequest{AsOf: day(7), Run: "test"}); err != nil {
					return nil, err
				}
				for _, g := range d.Grains {
					built, err := f.engine.Periods(t.Context(), d, g)
					require.NoError(t, err)
					f.world.RequireEqual(t, activationtest.Case{
						Definition: d, Grain: g, First: built[0].Period, Last: built[len(built)-1].Period,
						Label: activationtest.Label("event_at", kind, "UTC", "monday", g),
					})
				}
				built, err := f.engine.Periods(t.Context(), d, period.Day)
				require.NoError(t, err)
				return built, nil
			}
			built, err := build("")
			require.NoError(t, err)
			require.Equal(t, "2026-03-02", built[0].Period.String())

			built, err = build("", "insert into visits values ('old', '1969-12-31 23:59:59.999999'), ('a', '1970-01-01 00:00:00')")
			require.NoError(t, err)
			require.Equal(t, "1969-12-31", built[0].Period.String())
			require.EqualValues(t, 3, built[len(built)-1].Known)

			built, err = build("2026-03-01", "insert into visits values ('old', '0001-01-01 00:00:00'), ('never', '-infinity')")
			require.NoError(t, err)
			require.EqualValues(t, 2, built[len(built)-1].Known, "what lies before begin does not count")

			for _, row := range []string{"('old', '0001-01-01 00:00:00')", "('never', '-infinity')", "('bc', '0044-03-15 (BC) 12:00:00')"} {
				_, err = build("", "insert into visits values "+row)
				require.Equal(t, fault.Invalid, fault.KindOf(err), "%s: %v", row, err)
				require.ErrorContains(t, err, "Set begin to the first date that can be trusted", row)
			}
		})
	}
}

// TestHostileNames stand in every identifier that a fact can name, and are names.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	const hostile = `"; DROP TABLE x; --`
	name := func(s string) string { return `"` + strings.ReplaceAll(s+hostile, `"`, `""`) + `"` }
	f := newFile(t, "out"+hostile, "create table x (i integer)", "create schema "+name("s"),
		fmt.Sprintf("create table %s.%s (%s varchar, %s timestamp, %s varchar, %s integer)", name("s"), name("t"), name("u"), name("at"), name("d"), name("e'")),
		fmt.Sprintf(`insert into %s.%s values ('''; DROP TABLE x; --', '2026-03-02 10:00', '"; DROP TABLE x; --', 1), ('b', '2026-03-03', null, 2), (null, '2026-03-03', null, 2)`, name("s"), name("t")))
	d, err := activation.Define(activation.Fact{
		Name: "visit", Relation: name("s") + "." + name("t"), User: "u" + hostile, Time: "at" + hostile, Dimensions: []string{"d" + hostile, "e'" + hostile},
	}, activation.Defaults{})
	require.NoError(t, err)
	for _, asOf := range []time.Time{day(3), day(4), day(8)} {
		_, err = f.engine.Update(t.Context(), d, activation.UpdateRequest{AsOf: asOf, Run: `run'; DROP TABLE x; --`})
		require.NoError(t, err)
	}
	_, err = f.engine.Update(t.Context(), d, activation.UpdateRequest{AsOf: day(8), From: day(2), Run: "again"})
	require.NoError(t, err)
	answer, err := f.engine.Query(t.Context(), d, activation.Query{
		Grain: period.Day, AsOf: day(8), First: new(d.Calendar.On(period.Day, 2026, 3, 2)), Last: new(d.Calendar.On(period.Day, 2026, 3, 3)),
		By: []string{"d" + hostile}, Metrics: []string{"active", "known"},
	})
	require.NoError(t, err)
	require.Len(t, answer.Rows, 4)
	forgotten, err := f.engine.Forget(t.Context(), d, "'; DROP TABLE x; --", day(8), "forget")
	require.NoError(t, err)
	require.EqualValues(t, 1, *forgotten.FactRows)
	_, err = activation.Define(activation.Fact{Name: "visit" + hostile, Relation: "x", User: "i", Time: "i"}, activation.Defaults{})
	require.Equal(t, fault.Invalid, fault.KindOf(err))
	_, err = f.engine.Drop(t.Context(), "visit")
	require.NoError(t, err)
	f.world.Do(t, "insert into x values (1)", fmt.Sprintf("insert into %s.%s values ('c', '2026-03-03', null, 2)", name("s"), name("t")))
}

// TestAFactIsFollowedByDayWeekAndMonth: partitions have more grains.
func TestAFactIsFollowedByDayWeekAndMonth(t *testing.T) {
	t.Parallel()
	for _, grain := range []string{"hour", "year", "dya"} {
		_, err := activation.Define(activation.Fact{
			Name: "visit", Relation: "visits", User: "u", Time: "at", Grains: []string{"day", grain},
		}, activation.Defaults{})
		require.Equal(t, fault.Invalid, fault.KindOf(err))
		require.ErrorContains(t, err, fmt.Sprintf("%q is not valid; a fact is followed by day, week and month.", grain))
	}
}
