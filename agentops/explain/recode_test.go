package explain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/period"
)

// recoded is a change of code on the path that the day asked is the first to show.
func recoded(in *explain.Input) {
	in.Health = []explain.Health{{
		Kind: explain.CodeEvidence, Problem: explain.CodeChanged, Node: "int_user_days", Partition: day(asked).String(),
		Start: day(asked).Start(), End: day(asked).End(), Path: []string{"int_user_days", "fct_app_visit"},
		Detail: "Its code is another than the day before.", Base: "the run before", Periods: []period.Period{day(asked)},
	}}
}

func TestChangedCodeIsBlamedForWhatIsGoneAndForNothingElse(t *testing.T) {
	t.Parallel()
	old := func(u user) bool { return u.platform == "android" && u.version == "5.1" }
	keeps := func(share float64, among func(user) bool) incident {
		return func(u user, d int) float64 {
			if d >= asked && among(u) {
				return share
			}
			return 1
		}
	}
	left := func(u user) bool { return u.country == "BR" }
	for name, c := range map[string]struct {
		hit    incident
		change func(*explain.Input)
		cause  explain.Cause
		rest   explain.Cause
	}{
		"a slice is gone":           {hit: keeps(0, old), cause: explain.CodeChange},
		"a slice fell, as by churn": {hit: stay(old, 0.5), cause: explain.Churn},
		"nothing moved":             {hit: nothing, cause: explain.NoCause},
		"everybody fell":            {hit: keeps(0.75, func(user) bool { return true }), cause: explain.CodeChange},
		"everybody fell, and nobody was kept out": {
			hit:    keeps(0.75, func(user) bool { return true }),
			change: func(in *explain.Input) { in.Health[0].Leaves = map[activation.Leaf]int64{} },
			cause:  explain.Churn,
		},
		"a slice is gone and another fell": {hit: together(keeps(0, old), stay(left, 0.6)), cause: explain.CodeChange, rest: explain.Churn},
		"the last third of the day was built by it": {
			hit:    keeps(0.6, old),
			change: func(in *explain.Input) { in.Health[0].Start = in.Period.Start().Add(16 * time.Hour) },
			cause:  explain.CodeChange,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newTown(2, c.hit).question(asked)
			recoded(&in)
			if c.change != nil {
				c.change(&in)
			}
			answer := explained(t, in)
			require.Equal(t, c.cause, answer.Verdict.Cause, answer.Verdict.Summary)
			require.Equal(t, "int_user_days", answer.Evidence[0].Node, "what was looked at is shown, blamed or not")
			if c.cause == explain.CodeChange {
				require.Equal(t, "int_user_days", answer.Causes[0].Node)
				require.Equal(t, day(asked).String(), answer.Causes[0].Partition)
			}
			if c.cause == explain.CodeChange {
				require.Equal(t, "compare_artifacts", answer.Next[0].Tool)
				require.Equal(t, map[string]any{"base": "the run before", "select": "int_user_days"}, answer.Next[0].Arguments)
			}
			if c.rest != "" {
				require.Len(t, answer.Causes, 2)
				require.Equal(t, c.rest, answer.Causes[1].Cause)
				require.InDelta(t, float64(*answer.Unexpected), float64(answer.Causes[0].Users+answer.Causes[1].Users), 150, "each user counts once")
			}
		})
	}
}

// stay keeps a share of those who were there before, and all who are new.
func stay(among func(user) bool, share float64) incident {
	return func(u user, d int) float64 {
		if d >= asked && u.since < d && among(u) {
			return share
		}
		return 1
	}
}

func together(a, b incident) incident {
	return func(u user, d int) float64 { return a(u, d) * b(u, d) }
}
