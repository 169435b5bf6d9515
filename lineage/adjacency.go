package lineage

import (
	"cmp"
	"slices"
)

// pair is an edge between numbers of nodes.
type pair struct{ from, to int32 }

// adjacency holds the neighbours of every node in one slice: those of node i are to[start[i]:start[i+1]], ascending and
// without repetition.
type adjacency struct {
	start []int32
	to    []int32
}

func newAdjacency(nodes int, pairs []pair) adjacency {
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	pairs = slices.Compact(pairs)
	a := adjacency{start: make([]int32, nodes+1), to: make([]int32, len(pairs))}
	for k, p := range pairs {
		a.start[p.from+1]++
		a.to[k] = p.to
	}
	for i := range nodes {
		a.start[i+1] += a.start[i]
	}
	return a
}

// reversed has every edge the other way round.
func (a adjacency) reversed() adjacency {
	pairs := make([]pair, 0, len(a.to))
	for i := range len(a.start) - 1 {
		for _, to := range a.of(int32(i)) {
			pairs = append(pairs, pair{to, int32(i)})
		}
	}
	return newAdjacency(len(a.start)-1, pairs)
}

func (a adjacency) of(i int32) []int32 { return a.to[a.start[i]:a.start[i+1]] }
