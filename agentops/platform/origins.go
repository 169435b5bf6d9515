package platform

import (
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/lineage"
)

// origins are, by dimension, the nodes that its values are read from: from the fact's model upstream as long as parents have a
// column of that name. A dimension that is computed comes from where it is computed; one of which the artifacts know no column,
// from nowhere.
func origins(graph *lineage.Graph, model string, dims []string) map[string][]explain.Origin {
	out := map[string][]explain.Origin{}
	start, ok := graph.Node(model)
	if !ok {
		return out
	}
	for _, dim := range dims {
		if holds(start, dim) {
			out[dim] = originsOf(graph, start, dim)
		}
	}
	return out
}

// originsOf walks upstream from a node that has the column, nearest first, each node once.
func originsOf(graph *lineage.Graph, start *lineage.Node, dim string) []explain.Origin {
	var out []explain.Origin
	paths := map[string][]string{start.ID: {start.RefName()}}
	for queue := []*lineage.Node{start}; len(queue) > 0; queue = queue[1:] {
		n, further := queue[0], false
		for _, parent := range graph.Parents(n.ID) {
			if !holds(parent, dim) {
				continue
			}
			further = true
			if _, seen := paths[parent.ID]; !seen {
				paths[parent.ID] = append([]string{parent.RefName()}, paths[n.ID]...)
				queue = append(queue, parent)
			}
		}
		if !further {
			out = append(out, explain.Origin{Node: n.RefName(), Path: paths[n.ID]})
		}
	}
	return out
}

// holds reports whether a node is known to have a column, whatever its case.
func holds(n *lineage.Node, column string) bool {
	return slices.ContainsFunc(n.Columns, func(c lineage.Column) bool { return strings.EqualFold(c.Name, column) })
}
