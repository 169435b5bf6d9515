package lineage_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
)

// node makes a model of package shop.
func node(name string) *lineage.Node {
	return &lineage.Node{
		ID: "model.shop." + name, Name: name, Type: lineage.TypeModel, Package: "shop", FQN: []string{"shop", name},
	}
}

func edge(from, to string) lineage.Edge {
	return lineage.Edge{From: "model.shop." + from, To: "model.shop." + to}
}

func names(nodes []*lineage.Node) []string {
	out := []string{}
	for _, n := range nodes {
		out = append(out, n.Name)
	}
	return out
}

func TestGraphDropsAndReportsWhatCannotBe(t *testing.T) {
	t.Parallel()
	twice := node("b")
	twice.Description = "the second definition"
	g := lineage.New("shop", []*lineage.Node{node("b"), node("a"), twice},
		[]lineage.Edge{edge("a", "b"), edge("a", "b"), edge("gone", "b"), edge("a", "gone"), edge("b", "b")})

	require.Equal(t, []string{"a", "b"}, names(g.Nodes()))
	require.Equal(t, []lineage.Edge{edge("a", "b")}, g.Edges())
	require.Equal(t, []string{
		"model.shop.a is said to be used by model.shop.gone, which is not in the project: the edge is dropped",
		"model.shop.b depends on itself: the edge is dropped",
		"model.shop.b depends on model.shop.gone, which is not in the project: the edge is dropped",
		"model.shop.b is defined twice: the first definition is kept",
	}, g.Problems())
	b, ok := g.Node("model.shop.b")
	require.True(t, ok)
	require.Empty(t, b.Description)
}

func TestGraphKeepsAndReportsACycle(t *testing.T) {
	t.Parallel()
	g := lineage.New("shop", []*lineage.Node{node("a"), node("b"), node("c")},
		[]lineage.Edge{edge("a", "b"), edge("b", "c"), edge("c", "b")})
	require.Equal(t, []string{"the project has a cycle: model.shop.b → model.shop.c → model.shop.b"}, g.Problems())

	nodes, _, err := g.Select(lineage.SelectRequest{Select: "+c+"})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c"}, names(nodes))
	trace, err := g.Trace(lineage.TraceRequest{Node: "model.shop.b", Direction: lineage.Downstream})
	require.NoError(t, err)
	require.Len(t, trace.Nodes, 2)
}

func TestGraphReportsARelationThatTwoNodesBuild(t *testing.T) {
	t.Parallel()
	a, b, source, elsewhere := node("a"), node("b"), node("c"), node("d")
	a.Relation, b.Relation, source.Relation, elsewhere.Relation = `"db"."main"."t"`, "DB.Main.T", "db.main.t", "other.main.t"
	elsewhere.Schema, elsewhere.Identifier = "main", "t"
	source.Type = lineage.TypeSource
	g := lineage.New("shop", []*lineage.Node{a, b, source, elsewhere}, nil)
	want := []string{"db.main.t is built by model.shop.a and by model.shop.b: each overwrites the other"}
	require.Equal(t, want, g.Problems())
	require.Equal(t, want, g.With([]*lineage.Node{node("e")}, nil).Problems(), "and said once")
	_, err := g.Resolve("db.main.t")
	require.ErrorContains(t, err, "is the name of 2 nodes")
}

func TestWithLeavesTheOldGraphAsItWas(t *testing.T) {
	t.Parallel()
	old := lineage.New("shop", []*lineage.Node{node("a")}, []lineage.Edge{edge("gone", "a")})
	grown := old.With([]*lineage.Node{node("b")}, []lineage.Edge{edge("a", "b")})

	require.Equal(t, 1, old.Len())
	require.Empty(t, old.Children("model.shop.a"))
	require.Equal(t, []string{"b"}, names(grown.Children("model.shop.a")))
	require.Equal(t, old.Problems(), grown.Problems(), "what was dropped before is still said")
	was, _ := old.Node("model.shop.a")
	is, _ := grown.Node("model.shop.a")
	require.Same(t, was, is)
}

// A chain of this length overflows nothing: the walks keep their own stacks.
func TestGraphIsDeep(t *testing.T) {
	t.Parallel()
	const depth = 50_000
	nodes, edges := make([]*lineage.Node, depth), []lineage.Edge{}
	for i := range nodes {
		nodes[i] = node(deepName(i))
		if i > 0 {
			edges = append(edges, edge(deepName(i-1), deepName(i)))
		}
	}
	g := lineage.New("shop", nodes, edges)
	require.Empty(t, g.Problems())
	require.Len(t, g.ShortestPath("model.shop."+deepName(0), "model.shop."+deepName(depth-1)), depth)
}

func deepName(i int) string {
	return string([]byte{'a' + byte(i/26/26/26), 'a' + byte(i/26/26%26), 'a' + byte(i/26%26), 'a' + byte(i%26)})
}
