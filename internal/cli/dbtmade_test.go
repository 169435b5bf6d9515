package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/activation/dbtpackage/dbttest"
)

const visitModel = `models:
  - name: fct_visit
    config:
      meta: {headwater: {fact: {name: visit, user: user_id, time: visited_at, dimensions: [country], begin: 2026-03-01}}}
`

// dbtMade is a project whose days and weeks dbt makes with the package; months are left to the engine.
func dbtMade(t *testing.T) dbttest.Project {
	t.Helper()
	files := dbttest.Outputs("visit", "fct_visit")
	for name := range files {
		if strings.HasSuffix(name, "_monthly.sql") {
			delete(files, name)
		}
	}
	delete(files, "models/visit.yml")
	files["models/fct_visit.sql"] = "select * from main.visits\n"
	files["models/fct_visit.yml"] = visitModel
	files["headwater.yaml"] = "warehouse: {type: duckdb, path: shop.duckdb}\n"
	p := dbttest.New(t, files)
	activationtest.World{Path: p.Warehouse}.Do(t,
		"create table visits (user_id integer, visited_at timestamp, country varchar)",
		`insert into visits select u, timestamp '2026-03-01' + interval 1 day * d + interval 1 hour * u, case when u % 2 = 0 then 'KR' end
		from range(40) as users(u), range(60) as days(d) where hash(u * 1000 + d) % 3 = 0`)
	p.Run(t, map[string]string{"headwater_as_of": "2026-04-29T12:00:00Z"}, "build")
	return p
}

// TestWhatDBTMakesIsReadAndNotWritten: headwater answers from the package's models as from its own tables, says who builds them, and
// writes none of them; a grain that dbt does not make stays its own.
func TestWhatDBTMakesIsReadAndNotWritten(t *testing.T) {
	t.Parallel()
	p := dbtMade(t)
	headwater := func(code int, args ...string) (out, said string) {
		got, out, said := run(t, append([]string{"--project", p.Dir, "--as-of", "2026-04-29T12:00:00Z"}, args...)...)
		require.Equal(t, code, got, "%v: %s", args, said)
		return out, said
	}
	before := p.Tables(t)

	var builds []struct{ Grain, Why, Last string }
	out, _ := headwater(0, "build", "visit")
	require.NoError(t, json.Unmarshal([]byte(out), &builds))
	require.Len(t, builds, 3)
	require.Equal(t, "made by dbt: dbt build --select visit_activation_daily+", builds[0].Why)
	require.Equal(t, "made by dbt: dbt build --select visit_activation_weekly+", builds[1].Why)
	require.Equal(t, "2026-04-01", builds[2].Last, "months are the engine's")
	for _, name := range p.Tables(t) {
		require.True(t, strings.Contains(name, "monthly") || strings.HasPrefix(name, "headwater_") || name == "activation_transitions" || slices.Contains(before, name),
			"%s was written", name)
	}

	require.Equal(t,
		p.Ask(t, "select count(distinct user_id) from visits group by cast(visited_at as date) order by cast(visited_at as date)")[50:58],
		active(t, func(args ...string) string { text, _ := headwater(0, args...); return text }, "day", "2026-04-20", "2026-04-27"))
	require.Equal(t,
		p.Ask(t, "select count(distinct user_id) from visits group by date_trunc('week', visited_at) order by date_trunc('week', visited_at)")[3:6],
		active(t, func(args ...string) string { text, _ := headwater(0, args...); return text }, "week", "2026-03-16", "2026-03-30"))

	out, _ = headwater(0, "call", "query_activation", "--json",
		`{"fact": "visit", "grain": "day", "metrics": ["l7", "streaks", "cohort_retention", "growth_states", "transition_matrix"]}`)
	require.Contains(t, out, `"name":"streaks"`)
	out, _ = headwater(0, "call", "list_facts")
	require.Contains(t, out, `"built_until":"2026-04-29"`)
	out, _ = headwater(0, "call", "explain_active_users", "--fact", "visit", "--grain", "day")
	require.Contains(t, out, `"period":"2026-04-28"`)

	// The nodes are dbt's; only the months are activation nodes.
	out, _ = headwater(0, "call", "trace_lineage", "--node", "fct_visit", "--direction", "downstream", "--depth", "9")
	require.Contains(t, out, `"model.shop.visit_transitions_daily"`)
	require.NotContains(t, out, `"activation.shop.visit_transitions_daily"`)
	require.Contains(t, out, `"activation.shop.visit_transitions_monthly"`)

	_, said := headwater(5, "build", "--drop", "visit")
	require.Contains(t, said, "dbt makes outputs of visit")
	require.Subset(t, p.Tables(t), before)
}

// TestAnAnswerNamesTheModelThatDBTDoesNotMake: some outputs are dbt's, and one that answers are read from is not.
func TestAnAnswerNamesTheModelThatDBTDoesNotMake(t *testing.T) {
	t.Parallel()
	p := dbtMade(t)
	for _, name := range []string{"visit_transitions_weekly.sql", "visit_periods_weekly.sql"} {
		require.NoError(t, os.Remove(filepath.Join(p.Dir, "models", name)))
	}
	p.Run(t, nil, "parse")
	code, _, said := run(t, "--project", p.Dir, "call", "query_activation", "--fact", "visit", "--grain", "week")
	require.Equal(t, 2, code)
	require.Contains(t, said, "visit_transitions_weekly.sql with {{ headwater.transitions('visit', 'week') }}")
	require.Contains(t, said, "dbt build --select visit_transitions_weekly visit_periods_weekly")

	p.Write(t, "models/visit_periods_weekly.sql", "select 1 as one\n")
	p.Write(t, "models/visit_periods_weekly.yml", "models: [{name: visit_periods_weekly, config: {meta: {headwater: {output: {fact: visit, grain: week, kind: period}}}}}]\n")
	p.Run(t, nil, "parse")
	code, _, said = run(t, "--project", p.Dir, "call", "query_activation", "--fact", "visit", "--grain", "week")
	require.Equal(t, 2, code)
	require.Contains(t, said, `kind "period" is not valid`)
}

// active are the active users that query_activation gives for some periods.
func active(t *testing.T, call func(...string) string, grain, first, last string) []string {
	t.Helper()
	var answer struct {
		Rows []struct{ Active json.Number }
	}
	require.NoError(t, json.Unmarshal([]byte(call("call", "query_activation", "--fact", "visit", "--grain", grain, "--first", first, "--last", last)), &answer))
	counts := []string{}
	for _, row := range answer.Rows {
		counts = append(counts, row.Active.String())
	}
	return counts
}
