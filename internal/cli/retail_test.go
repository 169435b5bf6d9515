package cli_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2" // the test writes the warehouse as a user would
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/sharedtest"
)

// retail is UCI Online Retail as a project without dbt: a warehouse file and a headwater.yaml.
func retail(t *testing.T) string {
	t.Helper()
	csv := filepath.Join(sharedtest.Dir(t, "events/online_retail"), "invoices.csv")
	dir := t.TempDir()
	db, err := sql.Open("duckdb", filepath.Join(dir, "retail.duckdb"))
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), fmt.Sprintf("create table purchases as select * from read_csv('%s')", csv))
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "headwater.yaml"), []byte(`
warehouse: {type: duckdb, path: retail.duckdb}
policy: {writes: activation}
facts:
  - {name: purchase, relation: purchases, user: user_id, time: ts, dimensions: [country], begin: 2010-12-01}
`), 0o600))
	return dir
}

// ask runs a tool as of the day after the data ends.
func ask[T any](t *testing.T, dir string, args ...string) T {
	t.Helper()
	code, out, said := run(t, append([]string{"--project", dir, "--as-of", "2011-12-10"}, args...)...)
	require.Zero(t, code, said)
	var answer T
	require.NoError(t, json.Unmarshal([]byte(out), &answer))
	return answer
}

type partitions struct {
	Nodes []struct {
		Counts   map[string]int `json:"counts"`
		Findings map[string]int `json:"findings"`
		Ranges   []struct{ First, Presence string }
	}
}

// TestOnlineRetailFromTheTerminal: published counts of new customers by month, the open month, and the days without rows, which are
// no fault where every Saturday is one of them, nor where the calendar says closure.
func TestOnlineRetailFromTheTerminal(t *testing.T) {
	t.Parallel()
	dir := retail(t)
	ask[[]any](t, dir, "build")

	months := ask[struct {
		Rows  []struct{ New int64 }
		Notes []string
	}](t, dir, "call", "query_activation", "--fact", "purchase", "--grain", "month", "--first", "2010-12-01", "--last", "2011-12-01", "--metrics", "new")
	var got []int64
	for _, row := range months.Rows {
		got = append(got, row.New)
	}
	require.Equal(t, []int64{948, 421, 380, 440, 299, 279, 235, 191, 167, 298, 352, 321, 41}, got)
	require.Contains(t, strings.Join(months.Notes, " "), "2011-12-01 is open")

	verdict := ask[struct{ Verdict struct{ Class string } }](t, dir, "call", "explain_active_users", "--fact", "purchase", "--grain", "month", "--period", "2011-12-05")
	require.Equal(t, "not_closed", verdict.Verdict.Class)

	check := []string{"call", "check_partitions", "--nodes", "purchases", "--first", "2010-12-01", "--last", "2011-12-09", "--only", "all", "--limit", "1000"}
	before := ask[partitions](t, dir, check...).Nodes[0]
	require.Equal(t, map[string]int{"present": 358, "missing": 16}, before.Counts)
	require.Equal(t, 53, before.Findings["empty_as_usual"])

	lines := []string{"date,type,name,dimension,value"}
	for _, day := range missingDays(t, dir) {
		lines = append(lines, day+",closure,closed,,")
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "calendar.csv"), []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	yaml := filepath.Join(dir, "headwater.yaml")
	text, err := os.ReadFile(yaml)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(yaml, append(text, []byte("calendar: calendar.csv\n")...), 0o600))
	after := ask[partitions](t, dir, check...).Nodes[0]
	require.Equal(t, map[string]int{"present": 374}, after.Counts)
	require.Equal(t, 69, after.Findings["empty_as_usual"])
}

// missingDays are the days without rows that are no Saturdays, by plain SQL.
func missingDays(t *testing.T, dir string) []string {
	t.Helper()
	db, err := sql.Open("duckdb", filepath.Join(dir, "retail.duckdb"))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	rows, err := db.QueryContext(t.Context(), `
		select strftime(d, '%Y-%m-%d') from (select unnest(generate_series(date '2010-12-01', date '2011-12-09', interval 1 day)) as d)
		where dayofweek(d) <> 6 and cast(d as date) not in (select cast(ts as date) from purchases) order by 1`)
	require.NoError(t, err)
	defer rows.Close()
	var days []string
	for rows.Next() {
		var day string
		require.NoError(t, rows.Scan(&day))
		days = append(days, day)
	}
	require.NoError(t, rows.Err())
	return days
}
