package activationtest

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
)

//go:embed retail.sql
var retailSQL string

// Retail runs the query of that name over the table purchases and returns its rows as Line writes them, sorted.
func (w World) Retail(t require.TestingT, name string) []string {
	_, query, ok := strings.Cut(retailSQL, "-- name: "+name+"\n")
	require.True(t, ok, "%s", name)
	query, _, _ = strings.Cut(query, ";\n")
	db, err := sql.Open("duckdb", w.Path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	rows, err := db.QueryContext(context.Background(), query)
	require.NoError(t, err, "%s", query)
	defer func() { require.NoError(t, rows.Close()) }()
	columns, err := rows.Columns()
	require.NoError(t, err)
	out := []string{}
	for rows.Next() {
		values, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		require.NoError(t, rows.Scan(to...))
		parts := make([]string, len(values))
		for i, v := range values {
			parts[i] = fmt.Sprint(v)
		}
		out = append(out, strings.Join(parts, "|"))
	}
	require.NoError(t, rows.Err())
	slices.Sort(out)
	return out
}
