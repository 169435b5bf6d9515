package activation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/period"
)

// visited is a random fact and what is built of it: the day grain, which stickiness reads, and the one asked about.
type visited struct {
	engine     *activation.Engine
	definition *activation.Definition
	asOf       time.Time
	visits     []activationtest.Visit
}

// drawVisits draws a few users over eleven weeks: long enough for every growth state, sparse enough for long gaps.
func drawVisits(t *rapid.T) []activationtest.Visit {
	var out []activationtest.Visit
	begin := time.Date(2026, 1, 29, 0, 0, 0, 0, time.UTC)
	for _, user := range []string{"a", "b", "c", "d", "e", "f", ""} {
		day := rapid.IntRange(0, 40).Draw(t, "first day")
		for range rapid.IntRange(1, 14).Draw(t, "visits") {
			out = append(out, activationtest.Visit{
				User: user, At: begin.AddDate(0, 0, day).Add(rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(t, "hour")),
				Country: rapid.SampledFrom([]string{"KR", "US", ""}).Draw(t, "country"), Plan: rapid.IntRange(0, 2).Draw(t, "plan"),
			})
			day += rapid.SampledFrom([]int{0, 1, 1, 1, 2, 3, 6, 7, 8, 29, 30, 31, 32}).Draw(t, "gap")
			if day > 77 {
				break
			}
		}
	}
	return out
}

func buildVisits(t *rapid.T, m *activationtest.Memory, g period.Grain, asOf time.Time) visited {
	v := visited{visits: drawVisits(t), asOf: asOf}
	var err error
	v.engine, err = activation.NewEngine(m, "activation")
	require.NoError(t, err)
	v.definition, err = activation.Define(activation.Fact{
		Name: "visit", Relation: "visits", User: "user_id", Time: "event_at", Dimensions: []string{"country", "plan"},
	}, activation.Defaults{})
	require.NoError(t, err)
	rows := make([]string, len(v.visits))
	for i, x := range v.visits {
		rows[i] = fmt.Sprintf("(nullif('%s', ''), timestamp '%s', nullif('%s', ''), nullif(%d, 0))", x.User, x.At.Format(time.DateTime), x.Country, x.Plan)
	}
	for _, statement := range []string{
		"create table visits (user_id varchar, event_at timestamp, country varchar, plan integer)",
		"insert into visits values " + strings.Join(rows, ", "),
	} {
		_, err = m.DB.ExecContext(context.Background(), statement)
		require.NoError(t, err)
	}
	for _, g := range slices.Compact([]period.Grain{period.Day, g}) {
		_, err = v.engine.Build(context.Background(), v.definition, activation.BuildRequest{Grain: g, AsOf: asOf, Run: "test"})
		require.NoError(t, err)
	}
	return v
}

// history is what the visits mean by a grain over what is built: from the first user's first visit to the open period.
func (v visited) history(g period.Grain) *activationtest.History {
	first := v.asOf
	for _, x := range v.visits {
		if x.User != "" && x.At.Before(first) {
			first = x.At
		}
	}
	return activationtest.NewHistory(v.visits, string(g), first, v.asOf)
}

// names are all metrics and shapes that a grain has.
func names(g period.Grain) (metrics, shapes []string) {
	for _, m := range activation.Metrics() {
		if m != activation.MetricStickinessDayWeek && m != activation.MetricStickinessDayMonth {
			metrics = append(metrics, string(m))
		}
	}
	shapes = []string{"transition_matrix", "cohort_retention", "streaks", "gaps"}
	if g == period.Day {
		return metrics, append(shapes, "l7", "l28", "growth_states")
	}
	if g == period.Week {
		return append(metrics, "stickiness_day_week"), shapes
	}
	return append(metrics, "stickiness_day_month"), shapes
}

// questions are asked of each random fact, since building it costs more than they do.
const questions = 4

// TestEveryAnswerEqualsAFullRecompute asks every metric and shape of random facts, sliced and filtered at random, and compares
// with what the raw rows say by the words of the domain.
func TestEveryAnswerEqualsAFullRecompute(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := activationtest.NewMemory(t)
		defer m.Close()
		g := rapid.SampledFrom([]period.Grain{period.Day, period.Week, period.Month}).Draw(t, "grain")
		v := buildVisits(t, m, g, time.Date(2026, 4, rapid.IntRange(1, 21).Draw(t, "as of"), 9, 0, 0, 0, time.UTC))
		for range questions {
			v.compare(context.Background(), t, g, v.history(period.Day))
		}
	})
}

// TestFoldedSeriesAddUp: whatever top is, the users of the listed series and of "other" are everybody, in every count of every
// table; and a cut by limit loses no row.
func TestFoldedSeriesAddUp(t *testing.T) {
	t.Parallel()
	additive := []string{"users", "new", "current", "reactivated", "resurrected", "at_risk_wau", "at_risk_mau", "dormant", "dau", "wau", "mau"}
	rapid.Check(t, func(t *rapid.T) {
		m := activationtest.NewMemory(t)
		defer m.Close()
		v := buildVisits(t, m, period.Day, time.Date(2026, 4, 15, 9, 0, 0, 0, time.UTC))
		_, shapes := names(period.Day)
		q := activation.Query{Grain: period.Day, Metrics: append(shapes, "active", "inactive"), AsOf: v.asOf, Limit: 1000}
		whole := v.all(context.Background(), t, q)
		q.By, q.Top = []string{"country", "plan"}, rapid.IntRange(1, 4).Draw(t, "top")
		q.Limit = rapid.IntRange(40, 1000).Draw(t, "limit")
		sliced := v.all(context.Background(), t, q)
		require.Equal(t, addUp(whole, additive), addUp(sliced, additive), "%v", v.visits)
	})
}

// addUp sums the counts of an answer, by metric, or by table and column.
func addUp(a activation.Answer, columns []string) map[string]int64 {
	out := map[string]int64{}
	for _, row := range a.Rows {
		out["active"] += row["active"].(int64)
		out["inactive"] += row["inactive"].(int64)
	}
	for _, table := range a.Tables {
		for n, column := range table.Columns {
			for _, row := range table.Rows {
				if slices.Contains(columns, column) {
					out[table.Name+" "+column] += row[n].(int64)
				}
			}
		}
	}
	return out
}

func (v visited) compare(ctx context.Context, t *rapid.T, g period.Grain, days *activationtest.History) {
	h := v.history(g)
	if len(h.Starts) == 0 || len(h.Users) == 0 {
		return
	}
	s := activationtest.Slicing{By: rapid.SampledFrom([][]string{nil, {"country"}, {"plan"}, {"country", "plan"}}).Draw(t, "by")}
	filter := activation.Filter{}
	switch rapid.IntRange(0, 2).Draw(t, "where") {
	case 1:
		s.Where, filter = []string{"KR"}, activation.Filter{"country": "KR"}
	case 2:
		s.Where, filter = []string{"US", ""}, activation.Filter{"Country": []any{"US", nil}}
	}
	first := rapid.IntRange(0, len(h.Starts)-1).Draw(t, "first")
	last := rapid.IntRange(first, len(h.Starts)-1).Draw(t, "last")
	at := func(i int) *period.Period {
		y, m, d := h.Starts[i].Date()
		return new(v.definition.Calendar.On(g, y, m, d))
	}
	metrics, shapes := names(g)
	answer := v.all(ctx, t, activation.Query{
		Grain: g, First: at(first), Last: at(last), Metrics: append(metrics, shapes...), By: s.By, Where: filter, Top: 100, Limit: 1000, AsOf: v.asOf,
	})
	var got, want []string
	for _, row := range answer.Rows {
		for _, m := range metrics {
			got = append(got, m+" "+activationtest.Line(row["period"].(period.Period).String(), seriesOf(row, s.By), row[m]))
		}
	}
	for i := first; i <= last; i++ {
		for _, series := range h.Listed(s, first, last) {
			for _, m := range metrics {
				value := h.Metric(m, s, series, i)
				if strings.HasPrefix(m, "stickiness") {
					value = h.Stickiness(days, s, series, i, v.asOf)
				}
				want = append(want, m+" "+activationtest.Line(h.Starts[i].Format(time.DateOnly), series, value))
			}
		}
	}
	require.Equal(t, want, got, "%s by %v where %v: %v", g, s.By, filter, v.visits)
	for n, shape := range shapes {
		require.Equal(t, h.Table(shape, s, first, last), lines(answer.Tables[n], s.By), "%s %s by %v where %v: %v", g, shape, s.By, filter, v.visits)
	}
}

// all turns the pages of an answer into one.
func (v visited) all(ctx context.Context, t *rapid.T, q activation.Query) activation.Answer {
	answer, err := v.engine.Query(ctx, v.definition, q)
	require.NoError(t, err)
	for next := answer; next.Truncated; {
		q.Cursor = next.NextCursor
		next, err = v.engine.Query(ctx, v.definition, q)
		require.NoError(t, err)
		answer.Rows = append(answer.Rows, next.Rows...)
		for n, table := range next.Tables {
			answer.Tables[n].Rows = append(answer.Tables[n].Rows, table.Rows...)
		}
	}
	return answer
}

func seriesOf(row activation.Row, by []string) string {
	values := []any{}
	for _, dim := range by {
		values = append(values, row[dim])
	}
	return jsonOf(values)
}

func jsonOf(values []any) string {
	text, err := json.Marshal(values)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// lines are the rows of a table as the oracle writes them, sorted; every row must have a cell for every column.
func lines(table activation.Table, by []string) []string {
	out := make([]string, len(table.Rows))
	for i, row := range table.Rows {
		if len(row) != len(table.Columns) {
			return []string{fmt.Sprintf("%v does not fit %v", row, table.Columns)}
		}
		values := jsonOf(row[1 : 1+len(by)])
		cells := slices.Clone(row[1+len(by):])
		for n, cell := range cells {
			if state, ok := cell.(activation.State); ok {
				cells[n] = string(state)
			}
		}
		out[i] = activationtest.Line(row[0].(period.Period).String(), values, cells...)
	}
	slices.Sort(out)
	return out
}
