package lineage_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
)

// bruteDistances relaxes the edges until nothing changes.
func bruteDistances(start string, edges []lineage.Edge, forward bool) map[string]int {
	distance := map[string]int{start: 0}
	for changed := true; changed; {
		changed = false
		for _, e := range edges {
			from, to := e.From, e.To
			if !forward {
				from, to = to, from
			}
			d, ok := distance[from]
			if old, known := distance[to]; ok && (!known || d+1 < old) {
				distance[to], changed = d+1, true
			}
		}
	}
	return distance
}

// bruteTrace joins the distances of the directions that a trace follows.
func bruteTrace(start string, edges []lineage.Edge, direction lineage.Direction, depth int) map[string]int {
	want := map[string]int{start: 0}
	for _, forward := range []bool{true, false} {
		if forward && direction == lineage.Upstream || !forward && direction == lineage.Downstream {
			continue
		}
		for id, d := range bruteDistances(start, edges, forward) {
			if old, ok := want[id]; (!ok || d < old) && (depth == 0 || d <= depth) {
				want[id] = d
			}
		}
	}
	return want
}

func TestTraceEqualsBruteForce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, edges := randomGraph(t, rapid.Bool().Draw(t, "cyclic"))
		start := rapid.SampledFrom(g.Nodes()).Draw(t, "start").ID
		depth := rapid.IntRange(0, 4).Draw(t, "depth")
		direction := rapid.SampledFrom([]lineage.Direction{lineage.Upstream, lineage.Downstream, lineage.Both, ""}).Draw(t, "direction")

		want := bruteTrace(start, edges, direction, depth)
		got, err := g.Trace(lineage.TraceRequest{Node: start, Direction: direction, Depth: depth})
		require.NoError(t, err)
		have := map[string]int{}
		for _, n := range got.Nodes {
			have[n.ID] = n.Distance
		}
		require.Equal(t, want, have)
		require.Equal(t, len(want), got.TotalNodes)
		between := slices.DeleteFunc(g.Edges(), func(e lineage.Edge) bool {
			_, from := want[e.From]
			_, to := want[e.To]
			return !from || !to
		})
		require.Equal(t, between, got.Edges)
	})
}

// brutePaths lists every path of the length from one node to another.
func brutePaths(from, to string, length int, edges []lineage.Edge) [][]string {
	if length == 0 {
		if from == to {
			return [][]string{{to}}
		}
		return nil
	}
	var out [][]string
	for _, e := range edges {
		if e.From == from {
			for _, rest := range brutePaths(e.To, to, length-1, edges) {
				out = append(out, append([]string{from}, rest...))
			}
		}
	}
	return out
}

func TestShortestPathsEqualBruteForce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, edges := randomGraph(t, rapid.Bool().Draw(t, "cyclic"))
		from := rapid.SampledFrom(g.Nodes()).Draw(t, "from").ID
		to := rapid.SampledFrom(g.Nodes()).Draw(t, "to").ID
		want := [][]string{}
		if d, ok := bruteDistances(from, edges, true)[to]; ok {
			want = brutePaths(from, to, d, edges)
			slices.SortFunc(want, slices.Compare[[]string])
		}
		got, err := g.Trace(lineage.TraceRequest{Node: from, To: to, Direction: lineage.Downstream, MaxPaths: 1 << 20})
		require.NoError(t, err)
		require.Equal(t, want, got.Paths)
		require.Equal(t, len(want), got.TotalPaths)
		require.False(t, got.Truncated)

		reverse, err := g.Trace(lineage.TraceRequest{Node: to, To: from, Direction: lineage.Upstream, MaxPaths: 1 << 20})
		require.NoError(t, err)
		require.Equal(t, got.Paths, reverse.Paths, "a path reads from its upstream end, whoever asks")
		if len(want) > 0 {
			require.Equal(t, want[0], g.ShortestPath(from, to))
		} else {
			require.Empty(t, g.ShortestPath(from, to))
		}
	})
}

// lattice is rungs of two nodes, each rung joined to the next in all ways: 2^(rungs-1) paths from a to z.
func lattice(rungs int) *lineage.Graph {
	nodes := []*lineage.Node{node("a"), node("z")}
	var edges []lineage.Edge
	before := []string{"a"}
	for k := range rungs {
		layer := []string{"l" + deepName(k), "r" + deepName(k)}
		for _, to := range layer {
			nodes = append(nodes, node(to))
			for _, from := range before {
				edges = append(edges, edge(from, to))
			}
		}
		before = layer
	}
	for _, from := range before {
		edges = append(edges, edge(from, "z"))
	}
	return lineage.New("shop", nodes, edges)
}

func TestTraceToBoundsExponentiallyManyPaths(t *testing.T) {
	t.Parallel()
	got, err := lattice(40).Trace(lineage.TraceRequest{Node: "model.shop.a", To: "model.shop.z"})
	require.NoError(t, err)
	require.Len(t, got.Paths, lineage.DefaultMaxPaths)
	require.Equal(t, 1<<40, got.TotalPaths)
	require.True(t, got.Truncated)

	huge, err := lattice(80).Trace(lineage.TraceRequest{Node: "model.shop.a", To: "model.shop.z"})
	require.NoError(t, err)
	require.Positive(t, huge.TotalPaths, "a count beyond the largest number stops there")
}

func TestTraceCutsTheFarthestAndSaysSo(t *testing.T) {
	t.Parallel()
	got, err := lattice(5).Trace(lineage.TraceRequest{Node: "model.shop.a", Limit: 3})
	require.NoError(t, err)
	require.Len(t, got.Nodes, 3)
	require.Equal(t, 12, got.TotalNodes)
	require.True(t, got.Truncated)
	require.Equal(t, "model.shop.a", got.Nodes[0].ID)
	require.Equal(t, []lineage.Edge{edge("a", "laaaa"), edge("a", "raaaa")}, got.Edges)
}

func TestTracePassesThroughTypesThatItDoesNotShow(t *testing.T) {
	t.Parallel()
	dash := &lineage.Node{ID: "exposure.shop.dash", Name: "dash", Type: lineage.TypeExposure}
	g := lineage.New("shop", []*lineage.Node{node("a"), node("b"), dash},
		[]lineage.Edge{edge("a", "b"), {From: "model.shop.b", To: dash.ID}})
	got, err := g.Trace(lineage.TraceRequest{Node: "model.shop.a", ResourceTypes: []string{"exposure"}})
	require.NoError(t, err)
	require.Equal(t, []lineage.TraceNode{
		{ID: "model.shop.a", Name: "a", Type: lineage.TypeModel}, {ID: dash.ID, Name: "dash", Type: lineage.TypeExposure, Distance: 2},
	}, got.Nodes)
}

func TestTraceRefuses(t *testing.T) {
	t.Parallel()
	g := lattice(2)
	for name, c := range map[string]struct {
		request lineage.TraceRequest
		kind    fault.Kind
	}{
		"an unknown node":      {lineage.TraceRequest{Node: "model.shop.q"}, fault.NotFound},
		"an unknown end":       {lineage.TraceRequest{Node: "model.shop.a", To: "model.shop.q"}, fault.NotFound},
		"another direction":    {lineage.TraceRequest{Node: "model.shop.a", Direction: "sideways"}, fault.Invalid},
		"a negative depth":     {lineage.TraceRequest{Node: "model.shop.a", Depth: -1}, fault.Invalid},
		"an unknown type":      {lineage.TraceRequest{Node: "model.shop.a", ResourceTypes: []string{"table"}}, fault.Invalid},
		"an unknown type, too": {lineage.TraceRequest{Node: "model.shop.a", To: "model.shop.z", ResourceTypes: []string{"table"}}, fault.Invalid},
	} {
		_, err := g.Trace(c.request)
		require.Error(t, err, name)
		require.Equal(t, c.kind, fault.KindOf(err), name)
	}
}
