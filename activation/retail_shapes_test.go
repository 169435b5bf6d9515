package activation_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/period"
)

// firstCohort are the published counts of the customers of 2010-12 who bought again, month by month.
var firstCohort = []int64{948, 362, 317, 367, 341, 376, 360, 336, 336, 374, 354, 474, 260}

// TestShapesOfOnlineRetailEqualPlainSQL asks for the shapes of a year of real purchases.
func TestShapesOfOnlineRetailEqualPlainSQL(t *testing.T) {
	t.Parallel()
	w, e, def := retail(t)
	asOf := time.Date(2011, 12, 10, 0, 0, 0, 0, time.UTC)
	for _, g := range []period.Grain{period.Day, period.Month} {
		_, err := e.Build(t.Context(), def, activation.BuildRequest{Grain: g, AsOf: asOf, Run: "test"})
		require.NoError(t, err)
	}
	ask := func(q activation.Query) activation.Answer {
		q.AsOf, q.Limit = asOf, 1000
		answer, err := e.Query(context.Background(), def, q)
		require.NoError(t, err)
		require.False(t, answer.Truncated)
		return answer
	}
	year := activation.Query{
		Grain: period.Month, First: new(def.Calendar.On(period.Month, 2010, 12, 1)), Last: new(def.Calendar.On(period.Month, 2011, 12, 1)),
		Metrics: []string{"stickiness_day_month", "cohort_retention", "streaks"},
	}
	answer := ask(year)
	var stickiness []string
	for _, row := range answer.Rows {
		stickiness = append(stickiness, activationtest.Line(row["period"].(period.Period).String(), "[]", row["stickiness_day_month"]))
	}
	require.Equal(t, w.Retail(t, "stickiness"), stickiness)
	require.Equal(t, w.Retail(t, "cohorts"), lines(answer.Tables[0], nil))
	require.Equal(t, w.Retail(t, "streaks"), lines(answer.Tables[1], nil))
	var cohort []int64
	for _, row := range answer.Tables[0].Rows[:len(firstCohort)] {
		cohort = append(cohort, row[2].(int64))
	}
	require.Equal(t, firstCohort, cohort)

	year.By, year.Where, year.Metrics = []string{"country"}, activation.Filter{"country": "France"}, []string{"cohort_retention"}
	require.Equal(t, w.Retail(t, "cohorts of France"), lines(ask(year).Tables[0], year.By))

	last := def.Calendar.On(period.Day, 2011, 12, 9)
	daily := ask(activation.Query{Grain: period.Day, First: &last, Last: &last, Metrics: []string{"l28", "growth_states"}})
	require.Equal(t, w.Retail(t, "l28"), lines(daily.Tables[0], nil))
	growth, at := daily.Tables[1], func(column string) any {
		return daily.Tables[1].Rows[0][slices.Index(daily.Tables[1].Columns, column)]
	}
	require.Len(t, growth.Rows, 1)
	sizes := fmt.Sprintf("%v|%v|%v|%v", at("dau"), at("wau"), at("mau"), at("dormant"))
	require.Equal(t, w.Retail(t, "growth")[0], sizes)
}
