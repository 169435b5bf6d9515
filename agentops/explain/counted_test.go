package explain_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/period"
)

func onWeb(u user) bool { return u.platform == "web" }

// counted is a fault that was counted: as many users of some leaves as a share of those who were active a week before.
func counted(town *town, problem explain.Problem, among func(user) bool, share float64) explain.Health {
	h := lost(problem, asked, asked)
	h.Leaves = map[activation.Leaf]int64{}
	sums := map[activation.Leaf]float64{}
	for i, u := range town.users {
		if among(u) && town.active[i][asked-7] {
			sums[u.leaf()] += share
		}
	}
	for leaf, n := range sums {
		h.Leaves[leaf] = -int64(n + 0.5)
	}
	return h
}

// TestLateUsersAreAFaultThoughNothingMoved: they were counted, and that is more than statistics say of so few.
func TestLateUsersAreAFaultThoughNothingMoved(t *testing.T) {
	t.Parallel()
	town := newTown(1, nothing)
	in := town.question(asked)
	late := counted(town, explain.Late, onWeb, 0.1)
	in.Health = []explain.Health{late}
	answer := explained(t, in)
	require.Equal(t, explain.LateData, answer.Verdict.Cause, answer.Verdict.Summary)
	require.Len(t, answer.Segments, 1)
	require.Equal(t, map[string]any{"platform": "web"}, answer.Segments[0].Where)
	require.Equal(t, answer.Causes[0].Users, answer.Segments[0].Effect)
	require.Contains(t, answer.Verdict.Summary, "which counts for")

	few := counted(town, explain.Late, onWeb, 0.01)
	in.Health = []explain.Health{few}
	require.Equal(t, explain.None, explained(t, in).Verdict.Class, "less than a hundredth is no cause")
}

// TestALostPartitionThatWasCountedIsNoCauseWithoutAMove: it was counted on another day, and may have cost nobody.
func TestALostPartitionThatWasCountedIsNoCauseWithoutAMove(t *testing.T) {
	t.Parallel()
	town := newTown(1, nothing)
	in := town.question(asked)
	in.Health = []explain.Health{counted(town, explain.Missing, onWeb, 1)}
	require.Equal(t, explain.None, explained(t, in).Verdict.Class)
}

// TestAFaultExplainsItsOwnSlicesOnly: churn beside it is another cause, with its own users.
func TestAFaultExplainsItsOwnSlicesOnly(t *testing.T) {
	t.Parallel()
	german := func(u user) bool { return u.country == "DE" && u.platform != "web" }
	town := newTown(1, together(missed(onWeb), stay(german, 0.4)))
	in := town.question(asked)
	in.Health = []explain.Health{counted(town, explain.Missing, onWeb, 1)}
	answer := explained(t, in)
	require.Len(t, answer.Causes, 2, answer.Verdict.Summary)
	require.Equal(t, explain.MissingPartition, answer.Causes[0].Cause)
	require.Equal(t, explain.Churn, answer.Causes[1].Cause)
	require.Equal(t, map[string]any{"platform": "web"}, answer.Segments[0].Where)
	require.Equal(t, "DE", answer.Segments[1].Where["country"])
	require.Negative(t, answer.Causes[1].Users)
	require.InEpsilon(t, *answer.Unexpected, answer.Causes[0].Users+answer.Causes[1].Users, 0.2)
}

// TestRepeatedRowsAreBlamedForWhomTheyBrought: those are counted, so that rows which brought nobody are no reason why more came.
func TestRepeatedRowsAreBlamedForWhomTheyBrought(t *testing.T) {
	t.Parallel()
	town := newTown(1, stay(onWeb, 1.5))
	in := town.question(asked)
	twice := lost(explain.Duplicated, asked, asked)
	in.Health = []explain.Health{twice}
	require.Equal(t, explain.DuplicateLoad, explained(t, in).Verdict.Cause, "not counted, they are what fits")
	twice.Leaves = map[activation.Leaf]int64{}
	in.Health = []explain.Health{twice}
	answer := explained(t, in)
	require.Equal(t, explain.Behaviour, answer.Verdict.Class, answer.Verdict.Summary)

	brought := counted(newTown(1, nothing), explain.Duplicated, onWeb, 0.3)
	for leaf, n := range brought.Leaves {
		brought.Leaves[leaf] = -n
	}
	in = newTown(1, nothing).question(asked)
	in.Health = []explain.Health{brought}
	answer = explained(t, in)
	require.Equal(t, explain.DuplicateLoad, answer.Verdict.Cause, answer.Verdict.Summary)
	require.Positive(t, answer.Causes[0].Users)
	require.Equal(t, map[string]any{"platform": "web"}, answer.Segments[0].Where)
}

// TestAnEchoMovesNobody: those who were lost the day before are active as ever, and the slices are those that came back.
func TestAnEchoMovesNobody(t *testing.T) {
	t.Parallel()
	town := newTown(1, func(u user, d int) float64 {
		if d == asked-1 && onWeb(u) {
			return 0
		}
		return 1
	})
	in := town.question(asked)
	echo := counted(town, explain.Missing, onWeb, 1)
	echo.Periods = []period.Period{day(asked - 1)}
	in.Health = []explain.Health{echo}
	in.Suspect = map[period.Period]string{day(asked - 1): "raw.app_events is missing"}
	answer := explained(t, in)
	require.Equal(t, explain.MissingPartition, answer.Verdict.Cause, answer.Verdict.Summary)
	require.Contains(t, answer.Verdict.Summary, "echo")
	require.Zero(t, answer.Causes[0].Users)
	require.Len(t, answer.Segments, 1)
	require.Equal(t, map[string]any{"platform": "web"}, answer.Segments[0].Where)
	require.Equal(t, "reactivated", answer.Segments[0].Transition)
}

// TestEvidenceThatIsLeftOutIsCounted: the first pieces carry the verdict.
func TestEvidenceThatIsLeftOutIsCounted(t *testing.T) {
	t.Parallel()
	in := newTown(1, nothing).question(asked)
	for n := range 13 {
		h := lost(explain.Failed, asked, asked)
		h.Node = fmt.Sprintf("node_%02d", n)
		in.Health = append(in.Health, h)
	}
	answer := explained(t, in)
	require.Len(t, answer.Evidence, 10)
	require.Equal(t, 3, answer.EvidenceLeftOut)
}

// TestWhatAFaultSparedIsNotNamed: where a source brings two of three platforms, those two are.
func TestWhatAFaultSparedIsNotNamed(t *testing.T) {
	t.Parallel()
	town := newTown(2, missed(mobile))
	in := town.question(asked)
	in.Health = []explain.Health{counted(town, explain.Missing, mobile, 1)}
	answer := explained(t, in)
	require.Len(t, answer.Segments, 2)
	for _, s := range answer.Segments {
		require.NotEqual(t, "web", s.Where["platform"])
	}
}

// TestALossThatSparedWhatTheNodeBringsIsSizedByTheSlices: where one version stopped reporting its source is partial, and the other
// versions are there.
func TestALossThatSparedWhatTheNodeBringsIsSizedByTheSlices(t *testing.T) {
	t.Parallel()
	android := func(u user) bool { return u.platform == "android" && u.version == "5.2" }
	town := newTown(1, missed(android))
	in := town.question(asked)
	in.Health = []explain.Health{counted(town, explain.Partial, mobile, 0.4)}
	answer := explained(t, in)
	require.Equal(t, explain.DataFault, answer.Verdict.Class, answer.Verdict.Summary)
	require.Len(t, answer.Causes, 1)
	require.Len(t, answer.Segments, 1)
	require.Equal(t, map[string]any{"platform": "android", "version": "5.2"}, answer.Segments[0].Where)

	in.Calendar = []explain.CalendarEntry{{Date: day(asked), Type: explain.Release, Name: "5.2", Dimension: "version", Value: "5.2"}}
	answer = explained(t, in)
	require.Equal(t, explain.TrackingLoss, answer.Verdict.Cause, answer.Verdict.Summary)
}

// TestAThinPartitionIsBlamedForJustWhatItBrings and for nothing else: not for the churn of one country, not where the calendar
// speaks of the slice, and not without a move.
func TestAThinPartitionIsBlamedForJustWhatItBrings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hit   incident
		entry explain.CalendarEntry
		cause explain.Cause
	}{
		"just that":  {missed(onWeb, 0.8), explain.CalendarEntry{}, explain.PartialPartition},
		"a country":  {stay(func(u user) bool { return u.country == "BR" }, 0.6), explain.CalendarEntry{}, explain.Churn},
		"a holiday":  {missed(onWeb, 0.8), explain.CalendarEntry{Date: day(asked), Type: explain.Holiday, Name: "New year"}, explain.Churn},
		"a closure":  {missed(onWeb, 0.8), explain.CalendarEntry{Date: day(asked), Type: explain.Closure, Name: "Desks", Dimension: "platform", Value: "web"}, explain.HolidayCause},
		"not a soul": {nothing, explain.CalendarEntry{}, explain.NoCause},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			town := newTown(3, c.hit)
			in := town.question(asked)
			if c.entry.Name != "" {
				in.Calendar = []explain.CalendarEntry{c.entry}
			}
			in.Health = []explain.Health{counted(town, explain.Thin, onWeb, 0.2)}
			answer := explained(t, in)
			require.Equal(t, c.cause, answer.Verdict.Cause, answer.Verdict.Summary)
			if c.cause == explain.PartialPartition {
				require.InDelta(t, 0.75, answer.Verdict.Confidence, 0.01, "it may be people after all")
				require.Contains(t, answer.Verdict.Summary, "fewer rows than any of its peers")
			}
		})
	}
}

// missed keeps some from being seen on the day asked, all or the rest of a share.
func missed(among func(user) bool, kept ...float64) incident {
	return func(u user, d int) float64 {
		switch {
		case d != asked || !among(u):
			return 1
		case len(kept) > 0:
			return kept[0]
		}
		return 0
	}
}
