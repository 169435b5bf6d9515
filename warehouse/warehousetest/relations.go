package warehousetest

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/warehouse"
)

// hostileNames makes a table and a column of each name; what gets out of its quotes is a syntax error at best.
func hostileNames(t *testing.T, b bench) {
	t.Helper()
	for i, name := range []warehouse.Ident{
		`a"b`, `"; DROP TABLE victim; --`, "select", "a b", "a.b", "été", "a'b", "a`b", `a\b`, "a--b", "1st", "%s{{.}}",
	} {
		t.Run(string(name), func(t *testing.T) {
			data := map[string]any{"Table": warehouse.Relation{Name: name}, "Column": name, "N": i}
			b.write(t, b.expand(t, `CREATE TABLE {{relation .Table}} AS SELECT {{.N}} AS {{ident .Column}}`, data))
			table, err := b.Relation(t.Context(), warehouse.Relation{Name: name})
			require.NoError(t, err)
			require.Equal(t, name, table.Relation.Name)
			require.Equal(t, string(name), table.Columns[0].Name)
			data["Table"] = table.Relation
			require.Equal(t, []int64{int64(i)}, b.mustNumbers(t, b.expand(t, `SELECT {{ident .Column}} FROM {{relation .Table}}`, data)))
		})
	}
}

func describe(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE Visits (user_id BIGINT, Day DATE, moment TIMESTAMP, instant TIMESTAMP WITH TIME ZONE, country VARCHAR)",
		"CREATE VIEW recent AS SELECT day, country FROM visits")
	want := []warehouse.Column{
		{Name: "user_id", Type: ""},
		{Name: "Day", Time: warehouse.Date},
		{Name: "moment", Time: warehouse.Timestamp},
		{Name: "instant", Time: warehouse.TimestampTZ},
		{Name: "country"},
	}
	for _, spelling := range []warehouse.Ident{"Visits", "visits", "VISITS"} {
		table, err := b.Relation(t.Context(), warehouse.Relation{Name: spelling})
		require.NoError(t, err, spelling)
		require.Equal(t, warehouse.BaseTable, table.Kind)
		require.True(t, strings.EqualFold("visits", string(table.Relation.Name)))
		require.NotEmpty(t, table.Relation.Schema, "the answer says where the relation was found")
		for i := range table.Columns {
			require.NotEmpty(t, table.Columns[i].Type)
			table.Columns[i].Type = ""
		}
		require.Empty(t, cmp.Diff(want, table.Columns))
		again, err := b.Relation(t.Context(), table.Relation)
		require.NoError(t, err, "a described relation can be asked for by all its parts")
		require.Equal(t, table.Relation, again.Relation)
		_, ok := again.Column("DAY")
		require.True(t, ok)
	}
	view, err := b.Relation(t.Context(), warehouse.Relation{Name: "recent"})
	require.NoError(t, err)
	require.Equal(t, warehouse.View, view.Kind)
	require.Len(t, view.Columns, 2)
}

func missingRelation(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE fct_app_visit (i BIGINT)")
	for _, r := range []warehouse.Relation{
		{Name: "fct_app_visits"}, {Schema: "nowhere", Name: "fct_app_visit"}, {Database: "nowhere", Schema: "main", Name: "fct_app_visit"},
	} {
		_, err := b.Relation(t.Context(), r)
		require.Equal(t, fault.NotFound, fault.KindOf(err), "%v", r)
		require.ErrorContains(t, err, "fct_app_visit", "the message says what is there instead")
		require.ErrorContains(t, err, r.String())
	}
}

func missingParts(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (country VARCHAR)")
	for _, c := range []struct {
		query string
		kind  fault.Kind
		says  string
	}{
		{"SELECT * FROM nowhere", fault.NotFound, "nowhere"},
		{"SELECT contry FROM t", fault.Invalid, "contry"},
		{"SELECT t.contry FROM t", fault.Invalid, "contry"},
		{"SELEC 1", fault.Internal, ""},
	} {
		_, err := b.numbers(t.Context(), c.query)
		require.Equal(t, c.kind, fault.KindOf(err), "%s: %v", c.query, err)
		require.ErrorContains(t, err, c.says)
		require.NotContains(t, err.Error(), "SELE", "the statement is not shown")
		require.NotContains(t, err.Error(), "\n")
	}
	require.Equal(t, []int64{0}, b.mustNumbers(t, "SELECT count(*) FROM t"))
	require.NoError(t, b.Write(t.Context(), func(ctx context.Context, w warehouse.Writer) error {
		require.Equal(t, fault.NotFound, fault.KindOf(w.Exec(ctx, "INSERT INTO nowhere VALUES (1)")))
		return nil
	}))
}

func health(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (i BIGINT)")
	line, err := b.Health(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, line)
	require.NotContains(t, line, "\n")
}
