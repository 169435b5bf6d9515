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
		n := rapid.IntRange(0, 40).Draw(rt, "n")
		all := make([]judgement, n)
		for i := range all {
			v := &verdict{
				presence: rapid.SampledFrom([]Presence{Present, Missing, Unknown}).Draw(rt, "presence"), observed: true,
				count: Count{Rows: rapid.Int64Range(0, 3).Draw(rt, "rows")}, band: newBand([]int64{1, 2, 3, 4}),
			}
			if v.presence == Unknown {
				v.reason = rapid.SampledFrom([]string{"locked", "no column"}).Draw(rt, "reason")
			}
			for _, f := range rapid.SliceOfNDistinct(rapid.SampledFrom([]Finding{LowVolume, Duplicated, EmptyAsUsual}), 0, 2, rapid.ID[Finding]).Draw(rt, "findings") {
				v.add(f)
			}
			ready := rapid.Bool().Draw(rt, "ready")
			j := judgement{dated: dated{start.Add(i), v}, ready: ready}
			if !ready {
				j.causes = []cause{{rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "cause"), "missing"}}
			}
			all[i] = j
		}
		track := track{spec: Spec{Grain: period.Day, Calendar: period.UTC(), Key: []string{"id"}, KeyFrom: "key"}}
		i := 0
		var before string
		for _, run := range compress(all) {
			r := track.describe(run)
			require.NotEqual(rt, before, run[0].class())
			before = run[0].class()
			for p := r.First; p.Index <= r.Last.Index; p = p.Next() {
				require.Equal(rt, all[i].period, p)
				require.Equal(rt, all[i].presence, r.Presence)
				require.Equal(rt, all[i].ready, r.Ready)
				require.Len(rt, r.Findings, len(all[i].findings))
				for k, f := range all[i].findings {
					require.Equal(rt, f, r.Findings[k].Finding)
					require.NotEmpty(rt, r.Findings[k].Evidence)
				}
				if r.Presence == Unknown {
					require.Contains(rt, r.Detail, all[i].reason)
				}
				for _, c := range all[i].causes {
					require.Contains(rt, r.Detail, c.node+" (missing)")
				}
				i++
			}
		}
		require.Equal(rt, n, i)
	})
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
