package activation_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

// TestACrashBetweenAnyTwoStatementsLeavesNothing lets every statement of every kind of build fail, one after the other: nothing of the
// build is left, and the next one writes all of it.
func TestACrashBetweenAnyTwoStatementsLeavesNothing(t *testing.T) {
	t.Parallel()
	first := []string{
		"create table visits (user_id varchar, event_at timestamp, country varchar)",
		"insert into visits values ('a', '2026-03-02 10:00', 'KR'), ('b', '2026-03-03 10:00', null), (null, '2026-03-03 11:00', 'KR'), ('a', '2026-03-05 09:00', 'US')",
	}
	more := "insert into visits values ('a', '2026-03-06 10:00', 'KR'), ('c', '2026-03-07 01:00', 'US')"
	for _, kind := range []struct {
		name    string
		built   time.Time // of what stands before, if anything does
		changes []string
		asOf    time.Time
		begin   string // of another definition
	}{
		{name: "the first build", asOf: time.Date(2026, 3, 7, 12, 0, 0, 0, time.UTC)},
		{name: "one period", built: day(6), changes: []string{more}, asOf: day(7)},
		{name: "several periods", built: day(5), changes: []string{more}, asOf: day(8)},
		{name: "a restatement", built: day(6), changes: []string{"delete from visits where user_id = 'b'", "update visits set country = 'DE' where user_id = 'a'"}, asOf: day(6)},
		{name: "a restatement and more", built: day(6), changes: []string{"delete from visits where country = 'US'", more}, asOf: day(8)},
		{name: "earlier rows", built: day(6), changes: []string{"insert into visits values ('z', '2026-02-27 10:00', 'KR')"}, asOf: day(6)},
		{name: "another definition", built: day(6), asOf: day(6), begin: "2026-03-03"},
	} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			c := newCrashing(t)
			c.world.Do(t, first...)
			if !kind.built.IsZero() {
				require.NoError(t, c.build(kind.built))
			}
			c.world.Do(t, kind.changes...)
			c.define(t, kind.begin)
			before := contents(t, c.memory)
			for c.memory.FailAt = 1; ; c.memory.FailAt++ {
				err := c.build(kind.asOf)
				if c.memory.Statements < c.memory.FailAt {
					require.NoError(t, err)
					break
				}
				require.ErrorIs(t, err, activationtest.ErrFailpoint, "statement %d", c.memory.FailAt)
				require.Equal(t, before, contents(t, c.memory), "statement %d", c.memory.FailAt)
			}
			require.Greater(t, c.memory.FailAt, 20)
			built, err := c.engine.Periods(t.Context(), c.definition, period.Day)
			require.NoError(t, err)
			c.world.RequireEqual(t, activationtest.Case{
				Definition: c.definition, Grain: period.Day, First: built[0].Period, Last: built[len(built)-1].Period,
				Label: activationtest.Label("event_at", "timestamp", "UTC", "monday", period.Day),
			})
		})
	}
}

// day is the start of a day of March 2026.
func day(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }

type crashing struct {
	memory     *activationtest.Memory
	world      activationtest.World
	engine     *activation.Engine
	definition *activation.Definition
}

func newCrashing(t *testing.T) *crashing {
	t.Helper()
	m := activationtest.NewMemory(t)
	t.Cleanup(m.Close)
	c := &crashing{memory: m, world: activationtest.World{Memory: m}}
	var err error
	c.engine, err = activation.NewEngine(m, "activation")
	require.NoError(t, err)
	c.define(t, "")
	return c
}

func (c *crashing) define(t *testing.T, begin string) {
	t.Helper()
	var err error
	c.definition, err = activation.Define(activation.Fact{
		Name: "visit", Relation: "visits", User: "user_id", Time: "event_at", Dimensions: []string{"country"}, Begin: begin,
	}, activation.Defaults{})
	require.NoError(t, err)
}

func (c *crashing) build(asOf time.Time) error {
	_, err := c.engine.Build(context.Background(), c.definition, activation.BuildRequest{Grain: period.Day, AsOf: asOf, Run: "test"})
	return err
}

// TestAFailingForgetLeavesTheUser, whichever statement fails.
func TestAFailingForgetLeavesTheUser(t *testing.T) {
	t.Parallel()
	c := newCrashing(t)
	c.world.Do(t, "create table visits (user_id varchar, event_at timestamp, country varchar)",
		"insert into visits values ('a', '2026-03-02 10:00', 'KR'), ('b', '2026-03-03 10:00', null), ('a', '2026-03-05 09:00', 'US')")
	require.NoError(t, c.build(day(6)))
	before := contents(t, c.memory)
	for c.memory.FailAt = 1; ; c.memory.FailAt++ {
		_, err := c.engine.Forget(t.Context(), c.definition, "a", day(6), "forget")
		if c.memory.Statements < c.memory.FailAt {
			require.NoError(t, err)
			break
		}
		require.ErrorIs(t, err, activationtest.ErrFailpoint)
		require.Equal(t, before, contents(t, c.memory), "statement %d", c.memory.FailAt)
	}
	require.NotEqual(t, before, contents(t, c.memory))
	_, err := c.engine.Forget(t.Context(), c.definition, "a", day(6), "forget")
	require.Equal(t, fault.NotFound, fault.KindOf(err), "%v", err)
}
