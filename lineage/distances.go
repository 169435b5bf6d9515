package lineage

import (
	"cmp"
	"slices"
)

// distances notes for nodes how many steps away they are.
type distances struct {
	steps []int   // by node; below zero where it was not reached
	found []int32 // the reached nodes, each once
}

func newDistances(nodes int) *distances {
	d := &distances{steps: make([]int, nodes)}
	for i := range d.steps {
		d.steps[i] = -1
	}
	return d
}

// of is the distance of a node, below zero where it was not reached.
func (d *distances) of(i int32) int { return d.steps[i] }

func (d *distances) put(i int32, steps int) {
	if d.steps[i] < 0 {
		d.found = append(d.found, i)
	}
	d.steps[i] = steps
}

// walk notes everything within so many steps of start (0: any number), start apart. What is nearer already stays.
func (d *distances) walk(edges adjacency, start int32, depth int) {
	seen := make(set, (len(d.steps)+63)/64)
	seen.add(start)
	layer, following := []int32{start}, []int32(nil)
	for steps := 1; len(layer) > 0 && (depth == 0 || steps <= depth); steps++ {
		following = following[:0]
		for _, i := range layer {
			for _, to := range edges.of(i) {
				if seen.has(to) {
					continue
				}
				seen.add(to)
				following = append(following, to)
				if d.steps[to] < 0 || steps < d.steps[to] {
					d.put(to, steps)
				}
			}
		}
		layer, following = following, layer
	}
}

// sorted returns the reached nodes by distance, then by id.
func (d *distances) sorted() []int32 {
	slices.SortFunc(d.found, func(a, b int32) int {
		return cmp.Or(cmp.Compare(d.steps[a], d.steps[b]), cmp.Compare(a, b))
	})
	return d.found
}
