package explain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/period"
)

// village is a town of 50 daily users.
func village(seed uint64, hit incident) *town {
	t := newTown(seed, hit)
	const few = 160
	return &town{users: t.users[:few], active: t.active[:few]}
}

func TestFiftyDailyUsersAreNotOverread(t *testing.T) {
	t.Parallel()
	for _, d := range []int{asked, asked - 5, asked - 9} {
		answer := explained(t, village(1, nothing).question(d))
		require.Less(t, answer.Observed, int64(80))
		require.Equal(t, explain.None, answer.Verdict.Class, answer.Verdict.Summary)
		require.Less(t, answer.Verdict.Confidence, 0.9, "so wide a band hides much")
		require.Empty(t, answer.Segments)
	}
	gone := func(_ user, d int) float64 {
		if d == asked {
			return 0.1
		}
		return 1
	}
	answer := explained(t, village(1, gone).question(asked))
	require.Equal(t, explain.Churn, answer.Verdict.Cause, "what cannot be missed is not missed: %s", answer.Verdict.Summary)
}

func TestAFactOfThreeDaysIsNotJudged(t *testing.T) {
	t.Parallel()
	answer := explained(t, newTown(1, nothing).question(3))
	require.Equal(t, explain.Inconclusive, answer.Verdict.Class)
	require.Zero(t, answer.Verdict.Confidence)
	require.Empty(t, answer.Band)
	require.Nil(t, answer.Expected)
	require.Empty(t, answer.Segments)
	require.Contains(t, answer.Verdict.Summary, "too few comparable periods before it are built")
	require.NotNil(t, answer.Change, "what was counted is said all the same")
}

func TestThreeThousandValuesHideNoCountryAndMakeNoNews(t *testing.T) {
	t.Parallel()
	cities := func(hit incident) explain.Input {
		town := newTown(3, hit)
		for i := range town.users {
			town.users[i].version = fmt.Sprint("city ", i*7919%3000)
		}
		return town.question(asked)
	}
	answer := explained(t, cities(nothing))
	require.Equal(t, explain.None, answer.Verdict.Class, answer.Verdict.Summary)
	answer = explained(t, cities(stay(func(u user) bool { return u.country == "DE" }, 0.4)))
	require.Len(t, answer.Segments, 1)
	require.Equal(t, map[string]any{"country": "DE"}, answer.Segments[0].Where)
}

func TestADimensionThatIsAlwaysNullIsNoPartOfASlice(t *testing.T) {
	t.Parallel()
	in := newTown(1, stay(func(u user) bool { return u.country == "DE" }, 0.4)).question(asked)
	unversioned := strings.NewReplacer(`"version":"5.1"`, `"version":null`, `"version":"5.2"`, `"version":null`)
	for i, leaf := range in.History.Leaves {
		in.History.Leaves[i] = activation.Leaf(unversioned.Replace(string(leaf)))
	}
	answer := explained(t, in)
	require.Equal(t, explain.Churn, answer.Verdict.Cause, answer.Verdict.Summary)
	require.Len(t, answer.Segments, 1)
	require.Equal(t, map[string]any{"country": "DE"}, answer.Segments[0].Where)
}

func TestABaselineLeavesOutWhatIsSuspect(t *testing.T) {
	t.Parallel()
	whole := explained(t, newTown(1, nothing).question(asked))
	holes := map[int]bool{asked - 7: true, asked - 14: true, asked - 21: true}
	in := newTown(1, func(u user, d int) float64 {
		if holes[d] && mobile(u) {
			return 0
		}
		return 1
	}).question(asked)
	in.Suspect = map[period.Period]string{}
	for d := range holes {
		in.Suspect[day(d)] = "raw.app_events is missing"
	}
	answer := explained(t, in)
	require.Equal(t, explain.None, answer.Verdict.Class, answer.Verdict.Summary)
	require.InEpsilon(t, *whole.Expected, *answer.Expected, 0.05)

	for d := range asked {
		in.Suspect[day(d)] = "raw.app_events is missing"
	}
	answer = explained(t, in)
	require.Equal(t, explain.Inconclusive, answer.Verdict.Class)
	require.Contains(t, answer.Verdict.Summary, "trustworthy")
	require.Contains(t, answer.Verdict.Summary, "the last of them "+day(asked-1).String(), "why it cannot be said is said")
}

func TestCensoredStatesAreNoBaseline(t *testing.T) {
	t.Parallel()
	in := newTown(1, nothing).question(asked)
	in.CensoredUntil[activation.New] = day(asked - 8)
	answer := explained(t, in)
	require.Equal(t, explain.Inconclusive, answer.Verdict.Class)
	require.Contains(t, answer.Verdict.Summary, "uncensored")
}
