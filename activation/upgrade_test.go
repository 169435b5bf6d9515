package activation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

// TestOutputsOfAnotherVersion: those of the version before are used as they are and get what they lack, those of a later one are
// left alone.
func TestOutputsOfAnotherVersion(t *testing.T) {
	t.Parallel()
	c := newCrashing(t)
	c.world.Do(t, "create table visits (user_id varchar, event_at timestamp, country varchar)",
		"insert into visits values ('a', '2026-03-02 10:00', 'KR'), ('b', '2026-03-03 10:00', null), ('a', '2026-03-05 09:00', 'US')")
	require.NoError(t, c.build(day(5)))
	// What version 1 left: no table of what was read.
	c.world.Do(t, "update activation.headwater_outputs set version = 1", "drop table activation.visit_headwater_reads_daily",
		"delete from visits where user_id = 'b'")
	result, err := c.engine.Build(t.Context(), c.definition, activation.BuildRequest{Grain: period.Day, AsOf: day(6), Run: "upgrade"})
	require.NoError(t, err)
	require.EqualValues(t, 1, result.ChangedUsers, "only the user who changed is rewritten: nothing was built anew")
	c.world.RequireEqual(t, activationtest.Case{
		Definition: c.definition, Grain: period.Day, First: c.definition.Calendar.On(period.Day, 2026, 3, 2), Last: c.definition.Calendar.On(period.Day, 2026, 3, 6),
		Label: activationtest.Label("event_at", "timestamp", "UTC", "monday", period.Day),
	})
	result, err = c.engine.Build(t.Context(), c.definition, activation.BuildRequest{Grain: period.Day, AsOf: day(6), Run: "again"})
	require.NoError(t, err)
	require.Equal(t, "up to date", result.Why)

	c.world.Do(t, "update activation.headwater_outputs set version = 99")
	before := contents(t, c.memory)
	err = c.build(day(8))
	require.Equal(t, fault.Conflict, fault.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "Upgrade headwater")
	require.Equal(t, before, contents(t, c.memory))
}
