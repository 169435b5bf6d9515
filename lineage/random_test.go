package lineage_test

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/lineage"
)

// randomGraph draws a project of models and tests with random edges, cycles among them where cyclic is set.
func randomGraph(t *rapid.T, cyclic bool) (*lineage.Graph, []lineage.Edge) {
	count := rapid.IntRange(1, 12).Draw(t, "nodes")
	nodes := make([]*lineage.Node, count)
	for i := range nodes {
		n := node(fmt.Sprintf("n%02d", i))
		n.Tags = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"x", "y", "z"}), 0, 2, rapid.ID).Draw(t, "tags")
		if i > 0 && rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
			n.Type, n.Test = lineage.TypeTest, &lineage.Test{Kind: lineage.KindSingular}
		}
		nodes[i] = n
	}
	var edges []lineage.Edge
	for i := range count {
		for k := range count {
			if k == i || !cyclic && k > i || nodes[k].Test != nil {
				continue
			}
			if rapid.IntRange(0, 2).Draw(t, "edge") == 0 {
				edges = append(edges, lineage.Edge{From: nodes[k].ID, To: nodes[i].ID})
			}
		}
	}
	return lineage.New("shop", nodes, edges), edges
}
