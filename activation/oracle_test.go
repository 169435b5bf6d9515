package activation_test

import (
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

//go:embed testdata/oracle.sql
var oracleSQL string

// world is a warehouse file that a test writes and the engine builds in.
type world struct {
	path string
}

// do runs statements on a connection of its own, as a user would between two builds.
func (w world) do(t require.TestingT, statements ...string) {
	db, err := sql.Open("duckdb", w.path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	for _, s := range statements {
		_, err := db.ExecContext(context.Background(), s)
		require.NoError(t, err, "%s", s)
	}
}

// oracleCase says what the oracle recomputes; first and last are the built range.
type oracleCase struct {
	def         *activation.Definition
	grain       period.Grain
	first, last period.Period
	// label is the SQL of a row's period, written apart from the engine.
	label string
}

// labelOf writes how PostgreSQL-style SQL names the period of a UTC timestamp column.
func labelOf(column, kind, zone, weekStart string, g period.Grain) string {
	local := column
	switch kind {
	case "timestamp":
		local = fmt.Sprintf("((%s at time zone 'UTC') at time zone '%s')", column, zone)
	case "timestamptz":
		local = fmt.Sprintf("(%s at time zone '%s')", column, zone)
	}
	if g == period.Week && weekStart == "sunday" {
		return fmt.Sprintf("cast(date_trunc('week', %s + interval 1 day) - interval 1 day as date)", local)
	}
	return fmt.Sprintf("cast(date_trunc('%s', %s) as date)", g, local)
}

// requireEqualsOracle compares every output row for row, both ways.
func (w world) requireEqualsOracle(t require.TestingT, c oracleCase) {
	db, err := sql.Open("duckdb", w.path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	conn, err := db.Conn(context.Background())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	_, err = conn.ExecContext(context.Background(), c.text())
	require.NoError(t, err)

	dims := quoted(c.def.Fact.Dimensions)
	leaf := leafSQL(c.def.Fact.Dimensions)
	name := func(kind string) string {
		return fmt.Sprintf("activation.%s_%s_%s", c.def.Fact.Name, kind, c.grain.Adverb())
	}
	for _, pair := range []struct{ what, engine, oracle string }{
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
	} {
		for _, direction := range []struct{ says, a, b string }{
			{"rows of the engine that the oracle does not have", pair.engine, pair.oracle},
			{"rows of the oracle that the engine does not have", pair.oracle, pair.engine},
		} {
			rows := dump(t, conn, fmt.Sprintf("(%s) except all (%s) order by all limit 5", direction.a, direction.b))
			require.Empty(t, rows, "%s %s: %s (%s)", c.grain, pair.what, direction.says, dims)
		}
	}
}

func (c oracleCase) text() string {
	order := make([]string, len(c.def.Fact.Dimensions))
	for i, d := range c.def.Fact.Dimensions {
		order[i] = sqlName(d) + " desc nulls last"
	}
	pairs := make([]string, len(c.def.Fact.Dimensions))
	for i, d := range c.def.Fact.Dimensions {
		pairs[i] = "'" + d + "', " + sqlName(d)
	}
	text := oracleSQL
	if len(order) == 0 {
		text = strings.NewReplacer("json_object(LEAF)", "cast('{}' as json)", ", DIMS", "", ", ORDERDIMS", "").Replace(text)
	}
	return strings.NewReplacer(
		"USERCOL", c.def.Fact.User, "TIMECOL", c.def.Fact.Time, "LABEL", c.label, "FACT", c.def.Fact.Relation, "ORDERDIMS", strings.Join(order, ", "),
		"DIMS", quoted(c.def.Fact.Dimensions), "LEAF", strings.Join(pairs, ", "), "FIRST", c.first.String(), "LAST", c.last.String(),
		"GRAIN", string(c.grain),
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
	defer rows.Close() //nolint:errcheck // read to its end below
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
