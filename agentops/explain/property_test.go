package explain_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/period"
)

// requireWhole checks what holds for every answer: the arithmetic, and that no list is null.
func requireWhole(t require.TestingT, a explain.Answer) {
	text, err := json.Marshal(a)
	require.NoError(t, err)
	var lists map[string]any
	require.NoError(t, json.Unmarshal(text, &lists))
	for _, list := range []string{"causes", "band", "bridge", "segments", "evidence", "calendar", "next"} {
		require.NotNil(t, lists[list], list)
	}
	require.GreaterOrEqual(t, a.Verdict.Confidence, 0.0)
	require.LessOrEqual(t, a.Verdict.Confidence, 1.0)
	require.Regexp(t, `\d{4}-\d\d-\d\d`, a.Verdict.Summary)
	if len(a.Bridge) == 0 {
		return
	}
	var deltas, observed int64
	for _, row := range a.Bridge {
		if row.InSum {
			deltas += row.Delta
		}
		if row.Transition != "churned" {
			observed += row.Observed
		}
	}
	require.Equal(t, *a.Change, deltas, "the deltas add up to the change")
	require.Equal(t, a.Observed, observed, "new + retained + reactivated = active")
	if a.Expected == nil {
		require.Equal(t, explain.Inconclusive, a.Verdict.Class)
		return
	}
	require.Equal(t, *a.Expected, *a.Bridge[0].Expected+*a.Bridge[1].Expected+*a.Bridge[2].Expected)
	require.Equal(t, *a.Unexpected, a.Observed-*a.Expected)
	bound := 1 + a.Observed + *a.Expected + a.Bridge[3].Observed + *a.Bridge[3].Expected
	for _, s := range a.Segments {
		bound -= abs(s.Effect)
	}
	require.GreaterOrEqual(t, bound, int64(-len(a.Segments)), "effects of slices count nobody twice")
}

func abs(n int64) int64 { return max(n, -n) }

// drawHistory is any history that the outputs could hold: a few users with leaves that come, go and move between slices.
func drawHistory(t *rapid.T) []activation.Transition {
	leaves := []activation.Leaf{`{"a":"x","b":1}`, `{"a":"y","b":2}`, `{"a":null,"b":1}`, `{"a":"y","b":true}`}
	users := rapid.IntRange(0, 40).Draw(t, "users")
	const days = 90
	seed := rapid.Uint64().Draw(t, "seed")
	r := rand.New(rand.NewPCG(seed, 1))
	var rows []activation.Transition
	for range users {
		state, leaf := activation.None, leaves[r.IntN(len(leaves))]
		eager, weight := r.Float64(), 1+r.Int64N(50)
		for d := range days {
			row := activation.Transition{Period: day(d), From: state, Users: weight}
			state = step(state, r.Float64() < eager)
			if row.To = state; state == activation.None {
				continue
			}
			if row.From != activation.None {
				row.FromLeaf = leaf
			}
			if state.Active() && r.IntN(20) == 0 {
				leaf = leaves[r.IntN(len(leaves))]
			}
			row.Leaf = leaf
			rows = append(rows, row)
		}
	}
	return rows
}

func TestBridgeReconcilesOnAnyHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := drawHistory(t)
		last := rapid.IntRange(0, 89).Draw(t, "period")
		to := rapid.IntRange(0, last).Draw(t, "compared")
		in := explain.Input{
			Fact: "f", Dimensions: []string{"a", "b", "absent"}, Period: day(last), CompareTo: day(to), AsOf: day(200).Start(),
			First: day(0), BuiltUntil: day(100), History: bridges(rows, day(last)), MinUsers: 1,
		}
		if to == last {
			in.CompareTo = day(last - 1)
		}
		if rapid.Bool().Draw(t, "suspect") {
			in.Suspect = map[period.Period]string{day(last - 7): "late"}
		}
		a, err := explain.Explain(in)
		require.NoError(t, err)
		requireWhole(t, a)
		want := map[string]int64{}
		for _, row := range rows {
			if row.Period != in.Period {
				continue
			}
			switch {
			case row.To.Active():
				want[string(row.To)] += row.Users
			case row.From.Active():
				want["churned"] += row.Users
			}
		}
		for _, row := range a.Bridge {
			require.Equal(t, want[row.Transition], row.Observed, row.Transition)
		}
		rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		in.History = bridges(rows, in.Period)
		again, err := explain.Explain(in)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(a, again), "the order of rows leaves no trace")
	})
}

func TestWeeksAndMonthsReconcile(t *testing.T) {
	t.Parallel()
	for _, grain := range []period.Grain{period.Week, period.Month} {
		base := period.UTC().On(grain, 2022, time.January, 3)
		rows := newTown(5, nothing).history()
		for i := range rows {
			rows[i].Period = base.Add(rows[i].Period.Index - day(0).Index)
		}
		in := explain.Input{
			Fact: "f", Dimensions: simDims, Period: base.Add(50), CompareTo: base.Add(49), AsOf: base.Add(51).Start(), First: base, BuiltUntil: base.Add(60), History: bridges(rows, base.Add(50)),
		}
		a, err := explain.Explain(in)
		require.NoError(t, err)
		requireWhole(t, a)
		require.NotNil(t, a.Expected, "%s: %s", grain, a.Verdict.Summary)
	}
}

// TestAbstainsOnOrdinaryDays asks about days on which nothing happened. It prints how often a slice or anything else is
// blamed all the same.
func TestAbstainsOnOrdinaryDays(t *testing.T) {
	t.Parallel()
	var asking, blamed, moved int
	for seed := range uint64(12) {
		town := newTown(100+seed, nothing)
		base, rows := town.question(asked), town.history()
		for d := 70; d < simDays; d++ {
			in := base
			in.Period, in.CompareTo, in.AsOf = day(d), day(d-1), day(d+2).Start()
			in.History = bridges(rows, in.Period)
			a, err := explain.Explain(in)
			require.NoError(t, err)
			requireWhole(t, a)
			asking++
			if len(a.Segments) > 0 {
				blamed++
				t.Logf("seed %d day %d: %s", seed, d, a.Verdict.Summary)
			}
			if a.Verdict.Class != explain.None {
				moved++
			}
		}
	}
	t.Logf("%d ordinary days: a slice blamed on %d (%.1f %%), anything but none on %d (%.1f %%)",
		asking, blamed, 100*float64(blamed)/float64(asking), moved, 100*float64(moved)/float64(asking))
	require.LessOrEqual(t, blamed*100, asking*2, "slices blamed for nothing")
	require.LessOrEqual(t, moved*100, asking*5, "days called unusual for nothing")
}
