package activation_test

import (
	"cmp"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/period"
)

// counted is what the outputs of a random fact count, at one grain, after random loads.
type counted struct {
	built   []activation.Built
	moves   map[int][]activation.Transition // by the period's index
	bridges activation.Bridges
}

// everyFact checks an identity on the outputs of random facts, at each grain and for each built period p and the one before it.
func everyFact(t *testing.T, holds func(t *rapid.T, c counted, p, before activation.Built)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		s := newSequence(t)
		defer s.memory.Close()
		s.world.Do(t, s.rows(t, 12), s.rows(t, 12))
		require.NoError(t, s.update(t))
		s.change(t)
		s.asOf = s.asOf.Add(time.Duration(rapid.IntRange(0, 120).Draw(t, "hours later")) * time.Hour)
		require.NoError(t, s.update(t))
		for _, g := range s.definition.Grains {
			c := s.counted(t, g)
			for n := range c.built {
				before := activation.Built{Period: c.built[n].Period.Prev()}
				if n > 0 {
					before = c.built[n-1]
				}
				holds(t, c, c.built[n], before)
			}
		}
	})
}

func (s *sequence) counted(t *rapid.T, g period.Grain) counted {
	c := counted{moves: map[int][]activation.Transition{}}
	var err error
	c.built, err = s.engine.Periods(context.Background(), s.definition, g)
	require.NoError(t, err)
	if len(c.built) == 0 {
		return c
	}
	rows, err := s.memory.DB.QueryContext(context.Background(), "select period, from_state, to_state, coalesce(cast(from_dimensions as varchar), ''), cast(dimensions as varchar), users from activation.activation_transitions where grain = ?", string(g))
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var x activation.Transition
		var date time.Time
		require.NoError(t, rows.Scan(&date, &x.From, &x.To, &x.FromLeaf, &x.Leaf, &x.Users))
		x.Period = s.definition.Calendar.On(g, date.Year(), date.Month(), date.Day())
		c.moves[x.Period.Index] = append(c.moves[x.Period.Index], x)
	}
	require.NoError(t, rows.Err())
	last := c.built[len(c.built)-1].Period
	c.bridges, err = s.engine.Bridges(context.Background(), s.definition, c.built[0].Period, last)
	require.NoError(t, err)
	return c
}

// bridged adds up bridges by leaf.
func bridged(all activation.Bridges, rows []activation.Bridge, p period.Period) map[activation.Leaf]activation.Bridge {
	out := map[activation.Leaf]activation.Bridge{}
	for _, b := range rows {
		if b.Period == p {
			leaf := all.Leaves[b.Leaf]
			out[leaf] = added(out[leaf], b)
		}
	}
	return out
}

func added(a, b activation.Bridge) activation.Bridge {
	return activation.Bridge{
		New: a.New + b.New, Retained: a.Retained + b.Retained, Reactivated: a.Reactivated + b.Reactivated, Churned: a.Churned + b.Churned,
	}
}

// TestBridgesAddUpTransitions by the leaf that users come from, and those of the last period by the one that they are in.
func TestBridgesAddUpTransitions(t *testing.T) {
	t.Parallel()
	everyFact(t, func(t *rapid.T, c counted, p, _ activation.Built) {
		origins, leaves := map[activation.Leaf]activation.Bridge{}, map[activation.Leaf]activation.Bridge{}
		for _, x := range c.moves[p.Period.Index] {
			var b activation.Bridge
			switch {
			case x.To == activation.New:
				b.New = x.Users
			case x.To == activation.Retained:
				b.Retained = x.Users
			case x.To == activation.Reactivated:
				b.Reactivated = x.Users
			case churned(x):
				b.Churned = x.Users
			default:
				continue
			}
			origin := cmp.Or(x.FromLeaf, x.Leaf)
			origins[origin], leaves[x.Leaf] = added(origins[origin], b), added(leaves[x.Leaf], b)
		}
		require.Equal(t, origins, bridged(c.bridges, c.bridges.ByOrigin, p.Period))
		if p.Period == c.built[len(c.built)-1].Period {
			require.Equal(t, leaves, bridged(c.bridges, c.bridges.Last, p.Period))
		}
	})
}

// in counts the users of a period's transitions that meet a condition.
func (c counted) in(p activation.Built, meets func(activation.Transition) bool) int64 {
	var n int64
	for _, x := range c.moves[p.Period.Index] {
		if meets(x) {
			n += x.Users
		}
	}
	return n
}

func to(states ...activation.State) func(activation.Transition) bool {
	return func(x activation.Transition) bool { return slices.Contains(states, x.To) }
}

func churned(x activation.Transition) bool { return x.From.Active() && x.To == activation.Inactive }

func active(x activation.Transition) bool { return x.To.Active() }

func known(activation.Transition) bool { return true }

func TestActiveIsNewPlusRetainedPlusReactivated(t *testing.T) {
	t.Parallel()
	everyFact(t, func(t *rapid.T, c counted, p, _ activation.Built) {
		require.Equal(t, p.Active, c.in(p, to(activation.New))+c.in(p, to(activation.Retained))+c.in(p, to(activation.Reactivated)))
	})
}

func TestRetainedIsActiveBeforeMinusChurned(t *testing.T) {
	t.Parallel()
	everyFact(t, func(t *rapid.T, c counted, p, before activation.Built) {
		require.Equal(t, c.in(p, to(activation.Retained)), before.Active-c.in(p, churned))
	})
}

func TestActiveChangesByNewPlusReactivatedMinusChurned(t *testing.T) {
	t.Parallel()
	everyFact(t, func(t *rapid.T, c counted, p, before activation.Built) {
		require.Equal(t, p.Active-before.Active, c.in(p, to(activation.New, activation.Reactivated))-c.in(p, churned))
	})
}

func TestKnownIsActivePlusInactiveAndGrowsByNew(t *testing.T) {
	t.Parallel()
	everyFact(t, func(t *rapid.T, c counted, p, before activation.Built) {
		require.Equal(t, p.Known, p.Active+c.in(p, to(activation.Inactive)))
		require.Equal(t, p.Known, before.Known+c.in(p, to(activation.New)))
		require.Equal(t, p.Known, c.in(p, known))
	})
}

func TestOnlyNineTransitionsAreLegal(t *testing.T) {
	t.Parallel()
	legal := map[activation.State][]activation.State{
		activation.None: {activation.New}, activation.New: {activation.Retained, activation.Inactive},
		activation.Retained: {activation.Retained, activation.Inactive}, activation.Reactivated: {activation.Retained, activation.Inactive},
		activation.Inactive: {activation.Reactivated, activation.Inactive},
	}
	everyFact(t, func(t *rapid.T, c counted, p, _ activation.Built) {
		for _, x := range c.moves[p.Period.Index] {
			require.Contains(t, legal[x.From], x.To, "%s: from %s", p.Period, x.From)
			require.Positive(t, x.Users)
			require.Equal(t, x.From == activation.None, x.FromLeaf == "", "only new users come from no leaf")
		}
	})
}

// slice draws some of the leaves of two periods.
func (c counted) slice(t *rapid.T, p, before activation.Built) func(activation.Leaf) bool {
	var leaves []activation.Leaf
	for _, x := range append(slices.Clone(c.moves[p.Period.Index]), c.moves[before.Period.Index]...) {
		if !slices.Contains(leaves, x.Leaf) {
			leaves = append(leaves, x.Leaf)
		}
	}
	if len(leaves) == 0 {
		return func(activation.Leaf) bool { return false }
	}
	chosen := rapid.SliceOfDistinct(rapid.SampledFrom(leaves), func(l activation.Leaf) activation.Leaf { return l }).Draw(t, "slice")
	return func(l activation.Leaf) bool { return slices.Contains(chosen, l) }
}

// of narrows a condition to users whose leaf is in a slice.
func of(in func(activation.Leaf) bool, meets func(activation.Transition) bool) func(activation.Transition) bool {
	return func(x activation.Transition) bool { return meets(x) && in(x.Leaf) }
}

func TestActiveOfASliceChangesAlsoByMoves(t *testing.T) {
	t.Parallel()
	everyFact(t, func(t *rapid.T, c counted, p, before activation.Built) {
		s := c.slice(t, p, before)
		movedIn := c.in(p, func(x activation.Transition) bool { return x.To == activation.Retained && s(x.Leaf) && !s(x.FromLeaf) })
		movedOut := c.in(p, func(x activation.Transition) bool { return x.To == activation.Retained && !s(x.Leaf) && s(x.FromLeaf) })
		require.Equal(t, c.in(p, of(s, active))-c.in(before, of(s, active)),
			c.in(p, of(s, to(activation.New, activation.Reactivated)))-c.in(p, of(s, churned))+movedIn-movedOut)
	})
}

func TestInactiveOfASliceChangesByChurnedMinusReactivatedFromIt(t *testing.T) {
	t.Parallel()
	everyFact(t, func(t *rapid.T, c counted, p, before activation.Built) {
		s := c.slice(t, p, before)
		returned := c.in(p, func(x activation.Transition) bool { return x.To == activation.Reactivated && s(x.FromLeaf) })
		require.Equal(t, c.in(p, of(s, to(activation.Inactive))),
			c.in(before, of(s, to(activation.Inactive)))+c.in(p, of(s, churned))-returned)
	})
}

func TestMovesBetweenSlicesCancel(t *testing.T) {
	t.Parallel()
	everyFact(t, func(t *rapid.T, c counted, p, before activation.Built) {
		s := c.slice(t, p, before)
		net := func(in func(activation.Leaf) bool) int64 {
			return c.in(p, func(x activation.Transition) bool {
				return x.To == activation.Retained && in(x.Leaf) && !in(x.FromLeaf)
			}) -
				c.in(p, func(x activation.Transition) bool {
					return x.To == activation.Retained && !in(x.Leaf) && in(x.FromLeaf)
				})
		}
		require.Zero(t, net(s)+net(func(l activation.Leaf) bool { return !s(l) }))
	})
}
