package lineage

import "slices"

// reach is what lies downstream of a node, with a shortest way to each.
type reach struct {
	start int32
	steps []int32 // by node; below zero where it was not reached
	from  []int32 // by node: the node before it on the first shortest path
	order []int32 // the reached nodes in the order in which they were found, the start apart
}

// reachFrom walks layer by layer. Within a layer nodes stand in the order of their paths, so that whoever finds a node
// first is on the first of its shortest paths by id, the one that ShortestPath gives.
func (g *Graph) reachFrom(start int32, depth int) reach {
	r := reach{start: start, steps: make([]int32, len(g.nodes)), from: make([]int32, len(g.nodes))}
	for i := range r.steps {
		r.steps[i] = -1
	}
	r.steps[start] = 0
	for at, next := start, 0; ; next++ {
		if depth == 0 || int(r.steps[at]) < depth {
			for _, to := range g.children.of(at) {
				if r.steps[to] < 0 {
					r.steps[to], r.from[to] = r.steps[at]+1, at
					r.order = append(r.order, to)
				}
			}
		}
		if next == len(r.order) {
			return r
		}
		at = r.order[next]
	}
}

func (r reach) has(i int32) bool { return r.steps[i] >= 0 }

// path runs from the start to a reached node, both included.
func (r reach) path(to int32) []int32 {
	path := make([]int32, 0, r.steps[to]+1)
	for ; to != r.start; to = r.from[to] {
		path = append(path, to)
	}
	path = append(path, r.start)
	slices.Reverse(path)
	return path
}
