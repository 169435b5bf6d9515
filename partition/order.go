package partition

import (
	"slices"

	"github.com/headwater-mcp/headwater/lineage"
)

// readersFirst lists nodes and all that lies upstream of them, whoever reads before what is read. In a graph with a cycle there
// is no such order, and it says so.
func readersFirst(graph *lineage.Graph, from []string) (order []*lineage.Node, cyclic bool) {
	const entered, left = 1, 2
	state := map[string]int{}
	var visit func(n *lineage.Node)
	visit = func(n *lineage.Node) {
		state[n.ID] = entered
		for _, parent := range graph.Parents(n.ID) {
			switch state[parent.ID] {
			case entered:
				cyclic = true
			case left:
			default:
				visit(parent)
			}
		}
		state[n.ID] = left
		order = append(order, n)
	}
	for _, id := range from {
		if n, ok := graph.Node(id); ok && state[id] == 0 {
			visit(n)
		}
	}
	slices.Reverse(order)
	return order, cyclic
}
