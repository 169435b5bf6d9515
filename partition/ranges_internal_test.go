package partition

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/period"
)

// TestRangesLoseNothing: expanding the ranges of a list of judgements gives the list again, and no two neighbours could be
// one range.
func TestRangesLoseNothing(t *testing.T) {
	t.Parallel()
	start := period.Period{Grain: period.Day, Calendar: period.UTC(), Index: 20_000}
	rapid.Check(t, func(rt *rapid.T) {
		all := make([]judgement, rapid.IntRange(0, 40).Draw(rt, "n"))
		for i := range all {
			all[i] = drawJudgement(rt, start.Add(i))
		}
		days := track{spec: Spec{Grain: period.Day, Calendar: period.UTC(), Key: []string{"id"}, KeyFrom: "key"}}
		i := 0
		var before *judgement
		for _, run := range compress(all) {
			r := days.describe(run)
			require.False(rt, before != nil && before.sameAs(run[0]))
			before = &run[0]
			for p := r.First; p.Index <= r.Last.Index; p = p.Next() {
				require.Equal(rt, all[i].period, p)
				requireSays(rt, r, all[i])
				i++
			}
		}
		require.Len(rt, all, i)
	})
}

func drawJudgement(rt *rapid.T, p period.Period) judgement {
	v := &verdict{
		presence: rapid.SampledFrom([]Presence{Present, Missing, Unknown}).Draw(rt, "presence"), observed: true,
		count: Count{Rows: rapid.Int64Range(0, 3).Draw(rt, "rows")}, band: newBand([]int64{1, 2, 3, 4}),
	}
	if v.presence == Unknown {
		v.reason = rapid.SampledFrom([]string{"locked", "no column"}).Draw(rt, "reason")
	}
	findings := rapid.SliceOfNDistinct(rapid.SampledFrom([]Finding{LowVolume, Duplicated, EmptyAsUsual}), 0, 2, rapid.ID[Finding])
	for _, f := range findings.Draw(rt, "findings") {
		v.add(f)
	}
	j := judgement{dated: dated{p, v}, ready: rapid.Bool().Draw(rt, "ready")}
	if !j.ready {
		j.causes = []cause{{rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "cause"), "missing"}}
	}
	return j
}

// requireSays holds a range against one of the judgements that it stands for.
func requireSays(rt *rapid.T, r Range, j judgement) {
	require.Equal(rt, j.presence, r.Presence)
	require.Equal(rt, j.ready, r.Ready)
	require.Len(rt, r.Findings, len(j.findings))
	for k, f := range j.findings {
		require.Equal(rt, f, r.Findings[k].Finding)
		require.NotEmpty(rt, r.Findings[k].Evidence)
	}
	if r.Presence == Unknown {
		require.Contains(rt, r.Detail, j.reason)
	}
	for _, c := range j.causes {
		require.Contains(rt, r.Detail, c.node+" (missing)")
	}
}

func TestBand(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		peers        []int64
		lower, upper int64
	}{
		"three are too few":        {[]int64{1, 2, 3}, 0, 0},
		"equal peers leave 20 %":   {[]int64{1000, 1000, 1000, 1000}, 800, 1200},
		"few rows leave the root":  {[]int64{16, 16, 16, 16, 16}, 0, 32},
		"one outlier does nothing": {[]int64{1000, 1000, 10, 1000, 1000, 1000}, 800, 1200},
		"spread peers widen it":    {[]int64{600, 800, 1000, 1200, 1400}, 0, 2186},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBand(test.peers)
			require.Equal(t, test.lower, b.lower)
			require.Equal(t, test.upper, b.upper)
			require.Equal(t, len(test.peers) >= minPeers, b.proven())
		})
	}
}
