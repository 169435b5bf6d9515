package lineage

import "strings"

// cycle returns the nodes of one cycle in order, or nil. dbt refuses cycles; a manifest that was stitched, edited or
// written by another tool can have one. The walk keeps its own stack: a chain of models can be deeper than a goroutine
// should recurse.
func (g *Graph) cycle() []int32 {
	const (
		unseen = iota
		open
		done
	)
	state := make([]uint8, len(g.nodes))
	next := make([]int32, len(g.nodes)) // how many children of an open node were visited
	var path []int32
	for root := range g.nodes {
		if state[root] != unseen {
			continue
		}
		path = append(path[:0], int32(root))
		state[root] = open
		for len(path) > 0 {
			at := path[len(path)-1]
			children := g.children.of(at)
			if int(next[at]) == len(children) {
				state[at] = done
				path = path[:len(path)-1]
				continue
			}
			child := children[next[at]]
			next[at]++
			switch state[child] {
			case unseen:
				state[child] = open
				path = append(path, child)
			case open:
				return cycleIn(path, child)
			}
		}
	}
	return nil
}

// cycleIn cuts the path to what lies on the cycle that closes at the node first.
func cycleIn(path []int32, first int32) []int32 {
	for k, i := range path {
		if i == first {
			return append(path[k:], first)
		}
	}
	return nil
}

// maxChain is how many nodes of a chain a sentence shows.
const maxChain = 8

func (g *Graph) chain(numbers []int32) string {
	var ids []string
	for k, i := range numbers {
		if k == maxChain && len(numbers) > maxChain+1 {
			ids = append(ids, "…", g.nodes[numbers[len(numbers)-1]].ID)
			break
		}
		ids = append(ids, g.nodes[i].ID)
	}
	return strings.Join(ids, " → ")
}
