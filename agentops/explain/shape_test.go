package explain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

// relabel moves a share of the users of one day into other leaves, as a changed dimension does.
func relabel(rows []activation.Transition, d int, share float64, from, to string) []activation.Transition {
	var out []activation.Transition
	for _, row := range rows {
		if moved := int64(share * float64(row.Users)); row.Period == day(d) && row.To.Active() && strings.Contains(string(row.Leaf), from) && moved > 0 {
			other := row
			other.Leaf, other.Users = activation.Leaf(strings.Replace(string(row.Leaf), from, to, 1)), moved
			row.Users -= moved
			out = append(out, other)
		}
		out = append(out, row)
	}
	return out
}

func explained(t *testing.T, in explain.Input) explain.Answer {
	t.Helper()
	answer, err := explain.Explain(in)
	require.NoError(t, err)
	requireWhole(t, answer)
	return answer
}

func TestUsersWhoLoseAValueAreADataFault(t *testing.T) {
	t.Parallel()
	town := newTown(1, nothing)
	rows := town.history()
	for _, country := range []string{`"US"`, `"BR"`, `"DE"`, `"JP"`} {
		rows = relabel(rows, asked, 0.4, country, "null")
	}
	in := town.question(asked)
	in.History = bridges(rows, in.Period)
	answer := explained(t, in)
	require.Equal(t, explain.NullExplosion, answer.Verdict.Cause, answer.Verdict.Summary)
	require.Equal(t, map[string]any{"country": nil}, answer.Segments[0].Where)
	require.Len(t, answer.Segments, 1, "the slices that they left are no news")
}

func TestUsersWhoChangeAValueAreNoMove(t *testing.T) {
	t.Parallel()
	town := newTown(1, nothing)
	in := town.question(asked)
	in.History = bridges(relabel(town.history(), asked, 0.3, `"BR"`, `"JP"`), in.Period)
	answer := explained(t, in)
	require.Equal(t, explain.None, answer.Verdict.Class, answer.Verdict.Summary)
}

func TestEverythingButOneValueFell(t *testing.T) {
	t.Parallel()
	in := newTown(1, func(u user, d int) float64 {
		if mobile(u) && d == asked {
			return 0.8
		}
		return 1
	}).question(asked)
	in.Health = []explain.Health{lost(explain.Partial, asked, asked)}
	answer := explained(t, in)
	require.Equal(t, explain.PartialPartition, answer.Verdict.Cause)
	for _, s := range answer.Segments {
		require.Negative(t, s.Effect, "%v", s.Where)
		require.NotEqual(t, "web", s.Where["platform"])
	}
}

func TestTrackingThatStopsTakesNewUsersToo(t *testing.T) {
	t.Parallel()
	release := explain.CalendarEntry{Date: day(asked), Type: explain.Release, Name: "ios 5.2", Dimension: "platform", Value: "ios"}
	for name, c := range map[string]struct {
		newToo bool
		cause  explain.Cause
	}{"new users too": {true, explain.TrackingLoss}, "only those who were there": {false, explain.Churn}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newTown(2, func(u user, d int) float64 {
				if u.platform == "ios" && d == asked && (c.newToo || u.since < d) {
					return 0.2
				}
				return 1
			}).question(asked)
			in.Calendar = []explain.CalendarEntry{release}
			answer := explained(t, in)
			require.Equal(t, c.cause, answer.Verdict.Cause, answer.Verdict.Summary)
			require.Len(t, answer.Calendar, 1)
		})
	}
}

func TestACrowdOutOfNowhere(t *testing.T) {
	t.Parallel()
	campaign := explain.CalendarEntry{Date: day(asked), Type: explain.Campaign, Name: "push", Dimension: "country", Value: "JP"}
	for name, c := range map[string]struct {
		calendar []explain.CalendarEntry
		class    explain.Class
	}{"bots": {nil, explain.SuspiciousTraffic}, "campaign": {[]explain.CalendarEntry{campaign}, explain.CalendarEvent}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			town := newTown(2, nothing)
			in := town.question(asked)
			leaf := user{country: "JP", platform: "web", version: "5.1"}.leaf()
			in.History = bridges(append(town.history(), activation.Transition{Period: day(asked), From: activation.None, To: activation.New, Leaf: leaf, Users: 400}), in.Period)
			in.Calendar = c.calendar
			answer := explained(t, in)
			require.Equal(t, c.class, answer.Verdict.Class, answer.Verdict.Summary)
			require.InDelta(t, 400, answer.Causes[0].Users, 30)
		})
	}
}

func TestACountedFaultLeavesTheRestToBehaviour(t *testing.T) {
	t.Parallel()
	in := newTown(1, scenarios()["churn on one version"].hit).question(asked)
	const small = -40
	counted := lost(explain.Partial, asked, asked)
	counted.Leaves = map[activation.Leaf]int64{"": small}
	in.Health = []explain.Health{counted}
	answer := explained(t, in)
	require.Len(t, answer.Causes, 2)
	require.Equal(t, explain.Churn, answer.Verdict.Cause, "the larger cause comes first")
	require.EqualValues(t, small, answer.Causes[1].Users)

	counted.Leaves = map[activation.Leaf]int64{}
	in.Health = []explain.Health{counted}
	answer = explained(t, in)
	require.Equal(t, explain.Churn, answer.Verdict.Cause)
	require.Len(t, answer.Causes, 1, "a fault that moved nobody is no cause")
}

func TestOnlyTheFirstFaultOfAChainIsTheCause(t *testing.T) {
	t.Parallel()
	s := scenarios()["missing partition"]
	in := newTown(1, s.hit).question(asked)
	raw := lost(explain.Missing, asked, asked)
	child := raw
	child.Node, child.Path = "int_user_days", raw.Path[2:]
	in.Health = []explain.Health{child, raw}
	answer := explained(t, in)
	require.Equal(t, "raw.app_events", answer.Causes[0].Node)
	require.Len(t, answer.Causes, 1)
	require.Len(t, answer.Evidence, 2)
}

func TestSmallSlicesAreNeverNamed(t *testing.T) {
	t.Parallel()
	in := newTown(1, scenarios()["acquisition drop in one country"].hit).question(asked)
	in.MinUsers = 2000
	require.Empty(t, explained(t, in).Segments)
}

func TestParseCompare(t *testing.T) {
	t.Parallel()
	week := period.UTC().On(period.Week, 2026, time.June, 9)
	for text, want := range map[string]period.Period{"": day(94), explain.Previous: day(94), explain.SameWeekday: day(88), "2026-03-02": day(0)} {
		got, err := explain.ParseCompare(text, day(95))
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	got, err := explain.ParseCompare("2026-06-03", week)
	require.NoError(t, err)
	require.Equal(t, "2026-06-01", got.String(), "a date inside a period names it")
	for _, text := range []string{"yesterday", "same_weekdya", day(95).String(), day(99).String()} {
		_, err = explain.ParseCompare(text, day(95))
		require.Equal(t, fault.Invalid, fault.KindOf(err), text)
	}
	_, err = explain.ParseCompare(explain.SameWeekday, week)
	require.ErrorContains(t, err, "compares days")
	_, err = explain.ParseCompare("same_weekdya", day(95))
	require.ErrorContains(t, err, "Did you mean same_weekday?")
}

func TestASlowShiftOfTheMix(t *testing.T) {
	t.Parallel()
	town := newTown(4, nothing)
	for i := range town.users {
		// For four weeks those who would have come from the US and BR come from JP.
		if u := &town.users[i]; u.since > asked-28 && u.country != "DE" {
			u.country = "JP"
		}
	}
	answer := explained(t, town.question(asked))
	require.Equal(t, explain.MixShift, answer.Verdict.Cause, answer.Verdict.Summary)
	effects := map[any]bool{}
	for _, s := range answer.Segments {
		effects[s.Where["country"]] = s.Effect > 0
	}
	require.Equal(t, map[any]bool{"BR": false, "US": false, "JP": true}, effects)
}

func TestChurnOfAWholeValueIsDoubtedWhereItsRowsMayBeShort(t *testing.T) {
	t.Parallel()
	android := func(u user) bool { return u.platform == "android" }
	sure := func(hit incident) float64 {
		answer := explained(t, newTown(1, hit).question(asked))
		require.Equal(t, explain.Churn, answer.Verdict.Cause, answer.Verdict.Summary)
		require.Equal(t, map[string]any{"platform": "android"}, answer.Segments[0].Where)
		return answer.Verdict.Confidence
	}
	short := func(u user, d int) float64 {
		if d == asked && android(u) {
			return 0.85
		}
		return 1
	}
	require.LessOrEqual(t, sure(short), 0.75, "a source that lost a seventh of its rows looks the same")
	require.Greater(t, sure(stay(android, 0.6)), 0.85, "which would be seen had it lost so many, and new ones come as ever")
}
