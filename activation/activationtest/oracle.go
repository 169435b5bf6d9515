// Package activationtest holds the oracle of the activation engine: a full recompute of every output in plain SQL, which shares
// no code with the engine. It runs on a connection of its own to the DuckDB file that the engine wrote.
package activationtest

import (
	"cmp"
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"strings"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the oracle runs on a connection of its own
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/period"
)

//go:embed oracle.sql
var oracleSQL string

// World is a DuckDB file, or one in memory, that a test writes and the engine builds in.
type World struct {
	Path   string
	Memory *Memory
}

func (w World) open(t require.TestingT) (db *sql.DB, done func()) {
	if w.Memory != nil {
		return w.Memory.DB, func() {}
	}
	db, err := sql.Open("duckdb", w.Path)
	require.NoError(t, err)
	return db, func() { require.NoError(t, db.Close()) }
}

// Do runs statements on a connection of its own, as a user would between two builds.
func (w World) Do(t require.TestingT, statements ...string) {
	db, done := w.open(t)
	defer done()
	for _, s := range statements {
		_, err := db.ExecContext(context.Background(), s)
		require.NoError(t, err, "%s", s)
	}
}

// Case says what the oracle recomputes.
type Case struct {
	Definition *activation.Definition
	Grain      period.Grain
	// First and Last are the built range.
	First, Last period.Period
	// Label is the SQL of a row's period, written apart from the engine: see Label.
	Label string
	// Fact is what the oracle reads; default: the fact's relation. A fact that drops old rows needs another.
	Fact string
}

// Label writes how plain SQL names the period of a row; kind is date, timestamp (in UTC) or timestamptz.
func Label(column, kind, zone, weekStart string, g period.Grain) string {
	local := column
	switch kind {
	case "timestamp":
		local = fmt.Sprintf("((%s at time zone 'UTC') at time zone '%s')", column, zone)
	case "timestamptz":
		local = fmt.Sprintf("(%s at time zone '%s')", column, zone)
	}
	if shift := shifts[weekStart]; g == period.Week && shift > 0 {
		return fmt.Sprintf("cast(date_trunc('week', %[1]s - interval %[2]d day) + interval %[2]d day as date)", local, shift)
	}
	return fmt.Sprintf("cast(date_trunc('%s', %s) as date)", g, local)
}

// shifts are how many days after Monday a week starts.
var shifts = map[string]int{"wednesday": 2, "saturday": 5, "sunday": 6}

// skipped are local dates that a zone never had: Samoa went from 29 to 31 December 2011.
func (c Case) skipped() string {
	if c.Definition.Fact.Timezone == "Pacific/Apia" && c.Grain == period.Day {
		return "date '2011-12-30'"
	}
	return "date '0001-01-01'"
}

// RequireEqual compares every output row for row, both ways.
func (w World) RequireEqual(t require.TestingT, c Case) {
	db, done := w.open(t)
	defer done()
	conn, err := db.Conn(context.Background())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	_, err = conn.ExecContext(context.Background(), c.text())
	require.NoError(t, err)

	dims := quoted(c.Definition.Fact.Dimensions)
	leaf := leafSQL(c.Definition.Fact.Dimensions)
	name := func(kind string) string {
		return fmt.Sprintf("activation.%s_%s_%s", c.Definition.Fact.Name, kind, c.Grain.Adverb())
	}
	pairs := []struct{ what, engine, oracle string }{
		{
			"activation",
			"select user_id, period, state, from_state, first_period, previous_period, gap, streak, active_periods, " + leaf + " from " + name("activation"),
			"select user_id, period, state, from_state, first_period, previous_period, gap, streak, active_periods, cast(leaf as varchar) from o_activation",
		},
		{
			"transitions",
			"select period, from_state, to_state, cast(from_dimensions as varchar), cast(dimensions as varchar), users from " + name("transitions"),
			"select period, from_state, to_state, cast(from_dimensions as varchar), cast(dimensions as varchar), users from o_transitions",
		},
		{
			"first_last",
			"select user_id, first_period, last_period, previous_period, streak, active_periods, " + leaf + " from " + name("first_last"),
			"select user_id, first_period, last_period, previous_period, streak, active_periods, cast(leaf as varchar) from o_first_last",
		},
		{
			"activation_status",
			"select user_id, period, state, inactive_for, first_period, last_period, streak, active_periods, " + leaf + " from " + name("activation_status"),
			"select user_id, period, state, inactive_for, first_period, last_period, streak, active_periods, cast(leaf as varchar) from o_status",
		},
		{
			"periods",
			"select period, active, known, null_user_rows from " + name("periods"),
			"select period, active, known, null_user_rows from o_counts",
		},
	}
	// One query for all, since most of the time nothing differs; which one it was is asked afterwards.
	var differences []string
	for _, pair := range pairs {
		differences = append(differences,
			fmt.Sprintf("select 1 from ((%s) except all (%s))", pair.engine, pair.oracle), fmt.Sprintf("select 1 from ((%s) except all (%s))", pair.oracle, pair.engine))
	}
	if len(dump(t, conn, strings.Join(differences, " union all ")+" limit 1")) == 0 {
		return
	}
	for _, pair := range pairs {
		for _, direction := range []struct{ says, a, b string }{
			{"rows of the engine that the oracle does not have", pair.engine, pair.oracle},
			{"rows of the oracle that the engine does not have", pair.oracle, pair.engine},
		} {
			rows := dump(t, conn, fmt.Sprintf("(%s) except all (%s) order by all limit 5", direction.a, direction.b))
			require.Empty(t, rows, "%s %s: %s (%s)", c.Grain, pair.what, direction.says, dims)
		}
	}
}

func (c Case) text() string {
	order := make([]string, len(c.Definition.Fact.Dimensions))
	for i, d := range c.Definition.Fact.Dimensions {
		order[i] = sqlName(d) + " desc nulls last"
	}
	pairs := make([]string, len(c.Definition.Fact.Dimensions))
	for i, d := range c.Definition.Fact.Dimensions {
		pairs[i] = "'" + d + "', " + sqlName(d)
	}
	text := oracleSQL
	if len(order) == 0 {
		text = strings.NewReplacer("json_object(LEAF)", "cast('{}' as json)", ", DIMS", "", ", ORDERDIMS", "").Replace(text)
	}
	return strings.NewReplacer(
		"USERCOL", c.Definition.Fact.User, "TIMECOL", c.Definition.Fact.Time, "LABEL", c.Label, "FACT", cmp.Or(c.Fact, c.Definition.Fact.Relation), "ORDERDIMS", strings.Join(order, ", "),
		"DIMS", quoted(c.Definition.Fact.Dimensions), "LEAF", strings.Join(pairs, ", "), "FIRST", c.First.String(), "LAST", c.Last.String(),
		"GRAIN", string(c.Grain), "SKIPPED", c.skipped(),
	).Replace(text)
}

func quoted(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = sqlName(n)
	}
	return strings.Join(out, ", ")
}

// leafSQL rebuilds the leaf from the dimension columns of an output.
func leafSQL(dims []string) string {
	if len(dims) == 0 {
		return "'{}'"
	}
	pairs := make([]string, len(dims))
	for i, d := range dims {
		pairs[i] = "'" + d + "', " + sqlName(d)
	}
	return "cast(json_object(" + strings.Join(pairs, ", ") + ") as varchar)"
}

func dump(t require.TestingT, conn *sql.Conn, query string) []string {
	rows, err := conn.QueryContext(context.Background(), query)
	require.NoError(t, err, "%s", query)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	out := []string{}
	for rows.Next() {
		values, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		require.NoError(t, rows.Scan(to...))
		for i, v := range values {
			if at, ok := v.(time.Time); ok {
				values[i] = at.Format(time.DateOnly)
			}
		}
		out = append(out, fmt.Sprint(values...))
	}
	require.NoError(t, rows.Err())
	return out
}

func sqlName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
