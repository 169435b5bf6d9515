package activation_test

import (
	"context"
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
)

// asked is a small fact that a test asks questions of, at noon of Thursday 2026-03-12.
type asked struct {
	t          *testing.T
	engine     *activation.Engine
	definition *activation.Definition
}

var noon = time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC)

// ask builds the grains of a fact over statements that fill visits.
func ask(t *testing.T, f activation.Fact, build []period.Grain, statements ...string) asked {
	t.Helper()
	w := activationtest.World{Path: filepath.Join(t.TempDir(), "w.duckdb")}
	w.Do(t, statements...)
	f.Name, f.Relation, f.User, f.Time = "visit", "visits", "user_id", "event_at"
	def, err := activation.Define(f, activation.Defaults{})
	require.NoError(t, err)
	a := asked{t: t, engine: open(t, w.Path), definition: def}
	for _, g := range build {
		_, err = a.engine.Build(context.Background(), def, activation.BuildRequest{Grain: g, AsOf: noon, Run: "test"})
		require.NoError(t, err)
	}
	return a
}

func (a asked) on(g period.Grain, day int) *period.Period {
	return new(a.definition.Calendar.On(g, 2026, 3, day))
}

func (a asked) answer(q activation.Query) activation.Answer {
	a.t.Helper()
	if q.AsOf.IsZero() {
		q.AsOf = noon
	}
	answer, err := a.engine.Query(context.Background(), a.definition, q)
	require.NoError(a.t, err)
	return answer
}

// refused is the sentence of an invalid question.
func (a asked) refused(q activation.Query) string {
	a.t.Helper()
	q.AsOf = noon
	_, err := a.engine.Query(context.Background(), a.definition, q)
	require.Error(a.t, err)
	require.Equal(a.t, fault.Invalid, fault.KindOf(err), "%s", err)
	return err.Error()
}

// a week of two users: a on every day from Monday 2026-03-02 to Wednesday 2026-03-11, b on both Mondays.
func twoUsers() []string {
	return []string{
		"create table visits (user_id varchar, event_at date, country varchar, plan decimal(10, 2), vip boolean)",
		"insert into visits select 'a', d, 'KR', 1.5, true from (select unnest(generate_series(date '2026-03-02', date '2026-03-11', interval 1 day)) as d)",
		"insert into visits values ('b', date '2026-03-02', 'US', 100, false), ('b', date '2026-03-09', null, cast(null as decimal), null)",
	}
}

func slicedFact() activation.Fact {
	return activation.Fact{Dimensions: []string{"country", "plan", "vip"}}
}

// TestStickinessIsTheMeanOfTheDaysByTheWeek: a closed week over all its days, an open one over its closed days, and null with the
// reason where days are not built.
func TestStickinessIsTheMeanOfTheDaysByTheWeek(t *testing.T) {
	t.Parallel()
	q := activation.Query{Grain: period.Week, Metrics: []string{"stickiness_day_week"}}
	a := ask(t, slicedFact(), []period.Grain{period.Day, period.Week}, twoUsers()...)
	q.First, q.Last = a.on(period.Week, 2), a.on(period.Week, 9)
	answer := a.answer(q)
	require.InDelta(t, 8.0/7/2, answer.Rows[0]["stickiness_day_week"], 1e-6, "eight user days in seven days, of two users")
	require.InDelta(t, 4.0/3/2, answer.Rows[1]["stickiness_day_week"], 1e-6, "four user days in the three that are closed")
	require.Contains(t, answer.Notes, "Stickiness of 2026-03-09 is of the mean over its 3 closed days so far.")
	require.Contains(t, answer.Notes, "2026-03-09 is open: its numbers still grow.")

	q.By = []string{"country"}
	answer = a.answer(q)
	require.Equal(t, "KR", answer.Rows[0]["country"])
	require.InDelta(t, 1.0, answer.Rows[0]["stickiness_day_week"], 1e-6, "a is there every day")
	require.Nil(t, answer.Rows[5]["country"])
	require.InDelta(t, 1.0/3, answer.Rows[5]["stickiness_day_week"], 1e-6, "b came back without a country")
	require.Equal(t, "US", answer.Rows[4]["country"])
	require.Nil(t, answer.Rows[4]["stickiness_day_week"], "nobody of the US is active: a zero denominator")

	q.Metrics = []string{"stickiness_day_month"}
	require.Contains(t, a.refused(q), "stickiness_day_month needs grain month and is asked by week.")

	q = activation.Query{Grain: period.Week, Metrics: []string{"stickiness_day_week"}}
	a = ask(t, slicedFact(), []period.Grain{period.Week}, twoUsers()...)
	answer = a.answer(q)
	require.Nil(t, answer.Rows[0]["stickiness_day_week"])
	require.Contains(t, answer.Notes, "Stickiness needs the day grain, which is not built: run headwater build visit.")

	_, err := a.engine.Build(context.Background(), a.definition, activation.BuildRequest{
		Grain: period.Day, AsOf: noon, Until: a.on(period.Day, 6), Run: "test",
	})
	require.NoError(t, err)
	answer = a.answer(q)
	require.Nil(t, answer.Rows[0]["stickiness_day_week"])
	require.Contains(t, strings.Join(answer.Notes, "\n"), "by day only days up to 2026-03-06 are built")

	f := slicedFact()
	f.Grains = []string{"week"}
	require.Contains(t, ask(t, f, nil, twoUsers()...).refused(q), "stickiness_day_week needs the day grain too, and visit is not followed by it")
}

// TestFiltersAreWrittenInAnyWayThatLeavesNoDoubt: numbers, booleans, null and lists; what nobody has is said with the near miss.
func TestFiltersAreWrittenInAnyWayThatLeavesNoDoubt(t *testing.T) {
	t.Parallel()
	a := ask(t, slicedFact(), []period.Grain{period.Day}, twoUsers()...)
	for _, c := range []struct {
		where string
		// known users at 2026-03-10: a has (KR, 1.50, true), b has (null, null, null)
		want  int64
		noted string
	}{
		{`{"country": "KR"}`, 1, ""},
		{`{"COUNTRY": ["KR", null]}`, 2, ""},
		{`{"country": null}`, 1, ""},
		{`{"country": "null"}`, 0, `No user has country "null" in these periods.`},
		{`{"plan": 1.5}`, 1, ""},
		{`{"plan": 1.500}`, 1, ""},
		{`{"plan": "1.5"}`, 1, ""},
		{`{"plan": 15e-1}`, 1, ""},
		{`{"plan": [1.5, 7]}`, 1, `No user has plan 7 in these periods.`},
		{`{"vip": true}`, 1, ""},
		{`{"vip": "true"}`, 1, ""},
		{`{"vip": [null, true], "country": "KR"}`, 1, ""},
		{`{"vip": null, "country": "KR"}`, 0, ""},
		{`{"country": "KRR"}`, 0, `No user has country "KRR" in these periods. Did you mean KR?`},
	} {
		var where activation.Filter
		require.NoError(t, where.UnmarshalJSON([]byte(c.where)))
		answer := a.answer(activation.Query{Grain: period.Day, First: a.on(period.Day, 10), Last: a.on(period.Day, 10), Metrics: []string{"known"}, Where: where})
		require.Equal(t, c.want, answer.Rows[0]["known"], c.where)
		said := strings.Join(answer.Notes, "\n")
		if c.noted == "" {
			require.NotContains(t, said, "No user has", c.where)
		} else {
			require.Contains(t, said, c.noted, c.where)
		}
	}
	for where, sentence := range map[string]string{
		`{"country": []}`:            "where.country is an empty list",
		`{"country": {"eq": "KR"}}`:  `where.country holds {"eq":"KR"}; valid is a text, a number, true, false or null`,
		`{"country": [["KR"]]}`:      `where.country holds ["KR"]`,
		`{"contry": "KR"}`:           "Did you mean country?",
		`{"country": "KR", "os": 1}`: `Fact visit has no dimension "os".`,
	} {
		var filter activation.Filter
		require.NoError(t, filter.UnmarshalJSON([]byte(where)))
		require.Contains(t, a.refused(activation.Query{Grain: period.Day, Where: filter}), sentence, where)
	}
}

// TestAFilterAndASliceOfOneDimension: the series are those that the filter keeps.
func TestAFilterAndASliceOfOneDimension(t *testing.T) {
	t.Parallel()
	a := ask(t, slicedFact(), []period.Grain{period.Day}, twoUsers()...)
	answer := a.answer(activation.Query{
		Grain: period.Day, First: a.on(period.Day, 2), Last: a.on(period.Day, 2), Metrics: []string{"active"},
		By: []string{"country", "Country"}, Where: activation.Filter{"country": "US"},
	})
	require.Equal(t, []activation.Row{{"period": *a.on(period.Day, 2), "country": "US", "active": int64(1)}}, answer.Rows)
}

// TestADimensionOfAnyNameIsSliced: quotes and semicolons are part of a name; that of a metric is refused beside the metric.
func TestADimensionOfAnyNameIsSliced(t *testing.T) {
	t.Parallel()
	hostile := `a"'; drop table visits; --`
	a := ask(t, activation.Fact{Dimensions: []string{hostile, "active"}}, []period.Grain{period.Day},
		`create table visits (user_id integer, event_at date, "`+strings.ReplaceAll(hostile, `"`, `""`)+`" varchar, active integer)`,
		"insert into visits select u, date '2026-03-10', 'it''s \"' || u, u % 2 from range(3) as x(u)")
	_, shapes := names(period.Day)
	q := activation.Query{
		Grain: period.Day, First: a.on(period.Day, 10), Last: a.on(period.Day, 10), Metrics: append(shapes, "active"),
		By: []string{hostile}, Where: activation.Filter{hostile: []any{`it's "1`, `it's "2`}, "active": 1}, Limit: 1000,
	}
	answer := a.answer(q)
	require.Equal(t, []activation.Row{{"period": *a.on(period.Day, 10), hostile: `it's "1`, "active": int64(1)}}, answer.Rows)
	for _, table := range answer.Tables {
		require.NotEmpty(t, table.Rows, table.Name)
		require.Equal(t, []string{hostile, `it's "1`}, []string{table.Columns[1], table.Rows[0][1].(string)})
	}
	q.By, q.Top = []string{"active"}, 1
	require.Contains(t, a.refused(q), "visit has a dimension and a metric named active, and a row has room for one of them.")
	q.Metrics = []string{"new"}
	require.Len(t, a.answer(q).Rows, 1)
}

// TestPeriodsOutsideWhatIsBuilt: empty with the reason; first without last ends at the last closed period.
func TestPeriodsOutsideWhatIsBuilt(t *testing.T) {
	t.Parallel()
	a := ask(t, slicedFact(), []period.Grain{period.Day}, twoUsers()...)
	q := activation.Query{Grain: period.Day, Metrics: []string{"active", "l7"}, Last: new(a.definition.Calendar.On(period.Day, 2026, 2, 1))}
	answer := a.answer(q)
	require.Empty(t, answer.Rows)
	require.Equal(t, []activation.Table{{Name: "l7", Columns: []string{"period", "active_days", "users", "share"}, Rows: [][]any{}}}, answer.Tables)
	require.Contains(t, answer.Notes, "Built are 2026-03-02 to 2026-03-12; periods outside have no rows.")

	q = activation.Query{Grain: period.Day, Metrics: []string{"active", "l28"}, First: a.on(period.Day, 9)}
	answer = a.answer(q)
	require.Len(t, answer.Rows, 3, "the 9th to the 11th, the last that is closed")
	require.Equal(t, *a.on(period.Day, 11), answer.Tables[0].Rows[0][0])
	require.Contains(t, answer.Notes, "l28 ends at 2026-03-11 and begins before the first built day (2026-03-02): it covers 10 days.")
	q.Last = a.on(period.Day, 8)
	require.Contains(t, a.refused(q), "first (2026-03-09) is after last (2026-03-08).")

	q = activation.Query{Grain: period.Day, By: []string{"vip"}, AsOf: noon}
	before := slicedFact()
	before.Dimensions = []string{"country"}
	older := ask(t, before, []period.Grain{period.Day}, twoUsers()...)
	_, err := older.engine.Query(t.Context(), a.definition, q)
	require.Equal(t, fault.Conflict, fault.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "The outputs were built before the fact had the dimension vip: run headwater build.")

	empty := ask(t, slicedFact(), nil, twoUsers()...)
	answer = empty.answer(activation.Query{Grain: period.Day, Metrics: []string{"growth_states"}})
	require.Empty(t, answer.Tables[0].Rows)
	require.Contains(t, answer.Notes, "Nothing is built for visit by day: run headwater build visit.")
}

// TestManyValuesFoldAndAddUp: ten thousand values of a dimension stay exact in the outputs, and an answer lists the largest, adds
// up the rest and says so.
func TestManyValuesFoldAndAddUp(t *testing.T) {
	t.Parallel()
	const values, periods = 10_000, 14
	a := ask(t, activation.Fact{Dimensions: []string{"sku"}, Begin: "2026-02-26", History: "complete"}, []period.Grain{period.Day},
		"create table visits (user_id bigint, event_at date, sku varchar)",
		// Every value has users on every day; sku_0 has the most.
		fmt.Sprintf(`insert into visits
			select v * 4 + d %% 4, cast(date '2026-02-26' + cast(d as integer) as date), 'sku_' || v
			from range(%d) as x(v), range(%d) as y(d)
			union all
			select 1000000 + u, cast(date '2026-02-26' + cast(d as integer) as date), 'sku_0' from range(50) as x(u), range(%d) as y(d)`, values, periods, periods))
	metrics := []string{"active", "new", "retained", "reactivated", "inactive", "churned", "known"}
	whole := a.answer(activation.Query{Grain: period.Day, Metrics: metrics})
	q := activation.Query{Grain: period.Day, Metrics: append(metrics, "transition_matrix", "streaks"), By: []string{"sku"}, Top: 3, Limit: 1000}
	sliced := a.answer(q)
	require.Len(t, sliced.Rows, 4*periods)
	require.Contains(t, strings.Join(sliced.Notes, "\n"),
		`3 of 10000 series are listed, the largest by active users; the other 9997 are added up as "other".`)
	require.Equal(t, "sku_0", sliced.Rows[0]["sku"])
	for n, row := range whole.Rows {
		for _, m := range metrics {
			var sum int64
			for _, slice := range sliced.Rows[4*n : 4*n+4] {
				sum += slice[m].(int64)
			}
			require.Equal(t, row[m], sum, "%s on %s", m, row["period"])
		}
	}
	q.Where, q.Metrics = activation.Filter{"sku": []any{"sku_9999", "sku_0"}}, []string{"active"}
	named := a.answer(q)
	require.Len(t, named.Rows, 2*periods)
	require.NotContains(t, strings.Join(named.Notes, "\n"), "added up")
	last := named.Rows[2*periods-1]
	require.Equal(t, "sku_9999", last["sku"])
	require.Equal(t, int64(1), last["active"])
}
