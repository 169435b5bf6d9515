package activation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/period"
)

// TestARowWithoutAUserBeforeTheFirstDayCountsInItsMonth: without begin the first day is that of the first row of a user. Rows without one
// may come late for days before it; they are of no built day, and of the week and the month that hold the first one all the same.
func TestARowWithoutAUserBeforeTheFirstDayCountsInItsMonth(t *testing.T) {
	t.Parallel()
	m := activationtest.NewMemory(t)
	t.Cleanup(m.Close)
	world := activationtest.World{Memory: m}
	world.Do(t, "create table visits (user_id varchar, event_at timestamp)", "insert into visits values ('a', '2026-03-05 10:00')")
	engine, err := activation.NewEngine(m, "activation")
	require.NoError(t, err)
	d, err := activation.Define(activation.Fact{Name: "visit", Relation: "visits", User: "user_id", Time: "event_at"}, activation.Defaults{})
	require.NoError(t, err)
	rowsWithout := func(run string) map[period.Grain]int64 {
		_, err := engine.Update(t.Context(), d, activation.UpdateRequest{AsOf: day(7), Run: run})
		require.NoError(t, err)
		out := map[period.Grain]int64{}
		for _, g := range d.Grains {
			built, err := engine.Periods(t.Context(), d, g)
			require.NoError(t, err)
			out[g] = built[0].NullUserRows
		}
		return out
	}
	require.Equal(t, map[period.Grain]int64{period.Day: 0, period.Week: 0, period.Month: 0}, rowsWithout("first"))
	world.Do(t, "insert into visits values (null, '2026-03-03 10:00'), (null, '2026-03-01 10:00')")
	require.Equal(t, map[period.Grain]int64{period.Day: 0, period.Week: 1, period.Month: 2}, rowsWithout("late"))
	world.Do(t, "delete from visits where event_at < '2026-03-02'")
	require.Equal(t, map[period.Grain]int64{period.Day: 0, period.Week: 1, period.Month: 1}, rowsWithout("gone"))
}
