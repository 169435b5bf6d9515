package activation_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/period"
)

// TestWhatIsDueIsWhatABuildWrites: after any changes, the periods that are said to be due are those that carry the next build's mark,
// each with a reason, and asking changes nothing. Only of a week or month that was built before days of it were can nobody say, until
// these are built, whether they make it another one: such a one may be due and be left as it is.
func TestWhatIsDueIsWhatABuildWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newSequence(t)
		defer s.memory.Close()
		s.world.Do(t, s.rows(t, 30))
		for range rapid.IntRange(1, 4).Draw(t, "builds") {
			for range rapid.IntRange(0, 2).Draw(t, "changes") {
				s.change(t)
			}
			s.asOf = s.asOf.Add(time.Duration(rapid.IntRange(0, 4*24).Draw(t, "hours")) * time.Hour)
			s.requireDue(t)
		}
	})
}

func (s *sequence) requireDue(t *rapid.T) {
	s.run++
	q := activation.UpdateRequest{AsOf: s.asOf, Run: fmt.Sprint("run-", s.run)}
	if rapid.IntRange(0, 3).Draw(t, "from") == 0 {
		q.From = s.start.AddDate(0, 0, rapid.IntRange(-2, 16).Draw(t, "from day"))
	}
	if rapid.IntRange(0, 3).Draw(t, "until") == 0 {
		q.Until = s.start.AddDate(0, 0, rapid.IntRange(-2, 20).Draw(t, "until day"))
	}
	before := contents(t, s.memory)
	due, err := s.engine.Due(context.Background(), s.definition, activation.DueRequest{AsOf: q.AsOf, From: q.From, Until: q.Until})
	require.NoError(t, err)
	require.Equal(t, before, contents(t, s.memory))
	days, err := s.engine.Periods(context.Background(), s.definition, period.Day)
	require.NoError(t, err)
	results, err := s.engine.Update(context.Background(), s.definition, q)
	require.NoError(t, err)
	require.Len(t, due, len(results))
	for i, d := range due {
		require.Equal(t, results[i].Grain, d.Result.Grain)
		built, err := s.engine.Periods(context.Background(), s.definition, d.Result.Grain)
		require.NoError(t, err)
		built = slices.DeleteFunc(built, func(b activation.Built) bool { return b.Run != q.Run })
		written := map[period.Period]bool{}
		for _, b := range built {
			written[b.Period] = true
			require.Contains(t, d.Periods, b.Period, "%s: due %v, written %v", d.Result.Grain, d.Periods, built)
		}
		require.Len(t, d.Reasons, len(d.Periods))
		for k, p := range d.Periods {
			require.True(t, written[p] || s.firstDays(p, due[0], days), "%s: due %v, written %v", d.Result.Grain, d.Periods, built)
			require.NotEmpty(t, d.Reasons[k])
		}
	}
}

// firstDays reports whether days of a week or month are due that were never built.
func (s *sequence) firstDays(p period.Period, due activation.Due, built []activation.Built) bool {
	return due.Result.Grain == period.Day && p.Grain != period.Day && slices.ContainsFunc(due.Periods, func(day period.Period) bool {
		known := slices.ContainsFunc(built, func(b activation.Built) bool { return b.Period == day })
		y, m, d := day.UTCDate().Date()
		return !known && s.definition.Calendar.On(p.Grain, y, m, d) == p
	})
}

// TestAFrozenWeekIsNotDueThoughItsDaysAre: it was built before they were, and its rows are gone since. A month of which some rows are
// there is due with its days, which keep the others.
func TestAFrozenWeekIsNotDueThoughItsDaysAre(t *testing.T) {
	t.Parallel()
	m := activationtest.NewMemory(t)
	t.Cleanup(m.Close)
	world := activationtest.World{Memory: m}
	world.Do(t, "create table visits (user_id varchar, event_at timestamp)",
		"insert into visits values ('a', '2026-03-04 10:00'), ('b', '2026-03-10 10:00')")
	engine, err := activation.NewEngine(m, "activation")
	require.NoError(t, err)
	d, err := activation.Define(activation.Fact{
		Name: "visit", Relation: "visits", User: "user_id", Time: "event_at", Grains: []string{"day", "week", "month"}, ExpiresAfter: "3d",
	}, activation.Defaults{})
	require.NoError(t, err)
	_, err = engine.Update(t.Context(), d, activation.UpdateRequest{AsOf: day(9), Until: day(3), Run: "until a day before the rows"})
	require.NoError(t, err)
	due, err := engine.Due(t.Context(), d, activation.DueRequest{AsOf: day(14)})
	require.NoError(t, err)
	require.Equal(t, "2026-03-04", due[0].Periods[0].String())
	_, err = engine.Update(t.Context(), d, activation.UpdateRequest{AsOf: day(14), Run: "all"})
	require.NoError(t, err)
	built, err := engine.Periods(t.Context(), d, period.Week)
	require.NoError(t, err)
	require.Equal(t, "until a day before the rows", built[0].Run)
	require.Len(t, due[1].Periods, len(built)-1)
	require.Equal(t, built[1].Period, due[1].Periods[0])
	months, err := engine.Periods(t.Context(), d, period.Month)
	require.NoError(t, err)
	require.Equal(t, "all", months[0].Run)
	require.Equal(t, []period.Period{months[0].Period}, due[2].Periods)
}

// TestDaysOfASiblingAreDueWithIt: a fact that reads the days of another is due where those are, before they are written.
func TestDaysOfASiblingAreDueWithIt(t *testing.T) {
	t.Parallel()
	m := activationtest.NewMemory(t)
	t.Cleanup(m.Close)
	world := activationtest.World{Memory: m}
	world.Do(t, "create table visits (user_id varchar, event_at timestamp, country varchar)",
		"insert into visits values ('a', '2026-03-02 10:00', 'KR'), ('b', '2026-03-03 10:00', null), ('a', '2026-03-05 09:00', 'US')")
	engine, err := activation.NewEngine(m, "activation")
	require.NoError(t, err)
	var facts []*activation.Definition
	for name, dimensions := range map[string][]string{"narrow": nil, "wide": {"country"}} {
		d, err := activation.Define(activation.Fact{Name: name, Relation: "visits", User: "user_id", Time: "event_at", Dimensions: dimensions, Grains: []string{"day", "week"}}, activation.Defaults{})
		require.NoError(t, err)
		facts = append(facts, d)
	}
	slices.SortFunc(facts, func(a, b *activation.Definition) int { return len(b.Fact.Dimensions) - len(a.Fact.Dimensions) })
	wide, narrow := facts[0], facts[1]
	ask := func() [][]string {
		q := activation.DueRequest{AsOf: day(7)}
		first, err := engine.Due(t.Context(), wide, q)
		require.NoError(t, err)
		q.Days, q.DaysDue = wide, first[0].Periods
		second, err := engine.Due(t.Context(), narrow, q)
		require.NoError(t, err)
		var out [][]string
		for _, due := range append(first, second...) {
			names := []string{}
			for _, p := range due.Periods {
				names = append(names, p.String())
			}
			out = append(out, names)
		}
		return out
	}
	build := func(run string) {
		q := activation.UpdateRequest{AsOf: day(7), Run: run}
		_, err := engine.Update(t.Context(), wide, q)
		require.NoError(t, err)
		q.Days = wide
		_, err = engine.Update(t.Context(), narrow, q)
		require.NoError(t, err)
	}
	all := []string{"2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06", "2026-03-07"}
	require.Equal(t, [][]string{all, {"2026-03-02"}, all, {"2026-03-02"}}, ask())
	build("one")
	require.Equal(t, [][]string{{}, {}, {}, {}}, ask())
	world.Do(t, "update visits set user_id = 'c' where user_id = 'b'")
	require.Equal(t, [][]string{{"2026-03-03"}, {"2026-03-02"}, {"2026-03-03"}, {"2026-03-02"}}, ask())
	build("two")
	require.Equal(t, [][]string{{}, {}, {}, {}}, ask())
}
