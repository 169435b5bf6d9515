package activation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/period"
)

// TestDaysOfOneFactStandForThoseOfAnother: a fact over the same rows, with the first of the other's dimensions, is built without its
// relation being read, and its outputs are the same as if it were; also after a correction.
func TestDaysOfOneFactStandForThoseOfAnother(t *testing.T) {
	t.Parallel()
	m := activationtest.NewMemory(t)
	t.Cleanup(m.Close)
	world := activationtest.World{Memory: m}
	world.Do(t, "create table visits (user_id varchar, event_at timestamp, country varchar, plan integer)",
		`insert into visits values ('a', '2026-03-02 10:00', 'KR', 1), ('a', '2026-03-02 10:00', 'KR', 2), ('a', '2026-03-02 10:00', null, 9),
			('b', '2026-03-03 10:00', null, 1), (null, '2026-03-03 11:00', 'KR', 1), ('a', '2026-03-05 09:00', 'US', null)`)
	engine, err := activation.NewEngine(m, "activation")
	require.NoError(t, err)
	define := func(name string, dimensions ...string) *activation.Definition {
		d, err := activation.Define(activation.Fact{Name: name, Relation: "visits", User: "user_id", Time: "event_at", Dimensions: dimensions}, activation.Defaults{})
		require.NoError(t, err)
		return d
	}
	wide, narrow := define("wide", "country", "plan"), define("narrow", "country")
	require.True(t, wide.StandsFor(narrow))
	require.False(t, narrow.StandsFor(wide))
	require.False(t, wide.StandsFor(define("other", "plan")), "another row may be the last by other dimensions")

	for _, change := range []string{
		"select 1", "update visits set country = 'DE' where user_id = 'a' and plan = 2", "insert into visits values ('c', '2026-03-06 10:00', 'US', 3)",
		"delete from visits where user_id = 'b'",
	} {
		world.Do(t, change)
		run := activation.UpdateRequest{AsOf: day(7), Run: change}
		_, err := engine.Update(t.Context(), wide, run)
		require.NoError(t, err)
		world.Do(t, "alter table visits rename to hidden", "create view visits as select user_id, event_at, country, plan from hidden where error('the fact was read')")
		run.Days = wide
		_, err = engine.Update(t.Context(), narrow, run)
		require.NoError(t, err)
		world.Do(t, "drop view visits", "alter table hidden rename to visits")
		for _, g := range narrow.Grains {
			built, err := engine.Periods(t.Context(), narrow, g)
			require.NoError(t, err)
			world.RequireEqual(t, activationtest.Case{
				Definition: narrow, Grain: g, First: built[0].Period, Last: built[len(built)-1].Period,
				Label: activationtest.Label("event_at", "timestamp", "UTC", "monday", g),
			})
		}
	}
	for _, g := range []period.Grain{period.Day, period.Week, period.Month} {
		built, err := engine.Periods(t.Context(), narrow, g)
		require.NoError(t, err)
		require.NotEmpty(t, built)
	}
}
