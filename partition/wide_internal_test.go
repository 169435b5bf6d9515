package partition

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/period"
)

// plainly follows every single way up from a node, as the definition of what a partition needs has it, and gives fn whatever a way
// comes to, with the interval that is needed of it there.
func plainly(g *lineage.Graph, specs Specs, through func(*lineage.Node) bool, id string, at interval, fn func(id string, at interval)) {
	if s := specs.Of(id); s.Partitioned() {
		first, last := s.Calendar.At(s.Grain, at.start), s.Calendar.At(s.Grain, at.end.Add(-1))
		at = interval{first.Add(-s.Window).Start(), last.End()}
	}
	for _, parent := range g.Parents(id) {
		fn(parent.ID, at)
		if through(parent) {
			plainly(g, specs, through, parent.ID, at, fn)
		}
	}
}

// ways is a random project of sources, tables with periods of several grains, zones and windows, tables without, and views of both
// kinds, and a survey of its last node for some days.
type ways struct {
	graph *lineage.Graph
	specs Specs
	nodes []*lineage.Node
	last  *lineage.Node
	asked []period.Period
	*walk
}

func drawWays(t *rapid.T) ways {
	var w ways
	var edges []lineage.Edge
	var overrides []Override
	for i := range rapid.IntRange(2, 9).Draw(t, "nodes") {
		n := &lineage.Node{ID: fmt.Sprintf("model.p.n%d", i), Name: fmt.Sprintf("n%d", i), Type: lineage.TypeModel, Materialized: rapid.SampledFrom([]string{"view", "table", "incremental"}).Draw(t, "kind")}
		for k := range i {
			if rapid.IntRange(0, 2).Draw(t, "edge") > 0 {
				edges = append(edges, lineage.Edge{From: w.nodes[k].ID, To: n.ID})
			}
		}
		if rapid.IntRange(0, 2).Draw(t, "spec") > 0 {
			overrides = append(overrides, Override{
				Node: n.Name, Time: "ts", Grain: rapid.SampledFrom([]string{"hour", "day", "day", "day", "week"}).Draw(t, "grain"),
				Timezone: rapid.SampledFrom([]string{"UTC", "UTC", "Asia/Seoul", "America/New_York"}).Draw(t, "zone"), Window: rapid.SampledFrom([]int{0, 0, 0, 1, 3}).Draw(t, "window"),
			})
		}
		w.nodes = append(w.nodes, n)
	}
	w.graph = lineage.New("p", w.nodes, edges)
	var err error
	w.specs, err = Derive(w.graph, overrides, nil)
	require.NoError(t, err)
	for range rapid.IntRange(1, 5).Draw(t, "periods") {
		w.asked = append(w.asked, period.UTC().On(period.Day, 2026, time.March, 5+rapid.IntRange(0, 8).Draw(t, "day"))) // over the change of New York's clocks
	}
	w.last = w.nodes[len(w.nodes)-1]
	w.walk, err = New(Deps{}).walk(context.Background(), w.graph, w.specs, w.last.ID, w.asked, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	return w
}

func of(p period.Period) interval { return interval{p.Start(), p.End()} }

// equal compares instants, whatever zone they are written in.
func (i interval) equal(j interval) bool { return i.start.Equal(j.start) && i.end.Equal(j.end) }

// TestDemandIsTheHullOfAllWays: what is carried up once for all periods is what each way, gone for each period, comes to.
func TestDemandIsTheHullOfAllWays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWays(t)
		scope := of(w.asked[0])
		for _, p := range w.asked {
			scope = scope.union(of(p))
		}
		want := map[string]interval{w.last.ID: scope}
		plainly(w.graph, w.specs, everything, w.last.ID, scope, func(id string, at interval) { join(want, id, at) })
		require.Len(t, w.scope, len(want))
		for id, at := range want {
			require.True(t, w.scope[id].equal(at), "%s: %v instead of %v", id, w.scope[id], at)
		}
		for i, p := range w.walk.asked {
			need := map[string]interval{w.last.ID: of(p)}
			plainly(w.graph, w.specs, everything, w.last.ID, of(p), func(id string, at interval) { join(need, id, at) })
			require.Len(t, w.needed, len(need))
			for id, at := range need {
				require.True(t, w.needed[id].at[i].equal(at), "%s for %s: %v instead of %v", id, p, w.needed[id].at[i], at)
			}
		}
		part := of(period.UTC().On(period.Day, 2026, time.March, 5+rapid.IntRange(-3, 9).Draw(t, "part")))
		for id, d := range w.needed {
			want := []period.Period{}
			for i, p := range w.walk.asked {
				if d.at[i].start.Before(part.end) && part.start.Before(d.at[i].end) {
					want = append(want, p)
				}
			}
			require.Equal(t, want, w.affected(id, &part))
		}
	})
}

func join(into map[string]interval, id string, at interval) {
	if known, ok := into[id]; ok {
		at = at.union(known)
	}
	into[id] = at
}

// TestWhatIsCarriedDownIsWhatIsReached: an interval of a node meets what was found of nodes upstream exactly where one of its ways
// up comes to it.
func TestWhatIsCarriedDownIsWhatIsReached(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWays(t)
		found := map[string][]interval{}
		for _, n := range w.nodes {
			for range rapid.IntRange(0, 2).Draw(t, "found") {
				start := time.Date(2026, 3, 2, rapid.IntRange(0, 14*24).Draw(t, "from"), 0, 0, 0, time.UTC)
				found[n.ID] = append(found[n.ID], interval{start, start.Add(time.Duration(rapid.IntRange(1, 50).Draw(t, "hours")) * time.Hour)})
			}
		}
		through := rapid.SampledFrom([]func(*lineage.Node) bool{everything, w.goesThrough}).Draw(t, "through")
		down := w.flow(through, func(_ context.Context, n *lineage.Node) merged { return merge(found[n.ID]) })
		for _, n := range w.nodes {
			at := of(period.UTC().On(period.Day, 2026, time.March, 5+rapid.IntRange(-3, 9).Draw(t, "day")))
			want := false
			plainly(w.graph, w.specs, through, n.ID, at, func(id string, at interval) {
				for _, f := range found[id] {
					want = want || f.start.Before(at.end) && at.start.Before(f.end)
				}
			})
			require.Equal(t, want, down.reaches(context.Background(), n.ID, at), "%s in %v", n.ID, at)
		}
	})
}

// TestInputsAreThoseOfAllWays: what is told of the inputs through views and whole tables is what each way comes to.
func TestInputsAreThoseOfAllWays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWays(t)
		p := w.asked[0]
		at := of(p)
		if s := w.specs.Of(w.last.ID); s.Partitioned() {
			at = s.reads(at)
		}
		want := map[string]interval{}
		plainly(w.graph, w.specs, w.goesThrough, w.last.ID, of(p), func(id string, at interval) {
			if w.specs.Of(id).Partitioned() {
				join(want, id, at)
			}
		})
		got := w.inputs.of(w.last.ID, at)
		require.Len(t, got, len(want))
		needed := w.inputs.needed(w.last.ID, at)
		for id, at := range want {
			require.True(t, got[id].equal(at), "%s: %v instead of %v", id, got[id], at)
			alone, ok := needed(id)
			require.True(t, ok && alone.equal(at), "%s: %v instead of %v", id, alone, at)
		}
	})
}
