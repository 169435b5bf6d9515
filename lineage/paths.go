package lineage

import (
	"math"
	"slices"
	"sync"
)

// ShortestPath returns the ids on a shortest path downstream from one node to another, both included; of several, the
// first by id. It is empty where to does not depend on from, and for unknown ids.
func (g *Graph) ShortestPath(from, to string) []string {
	a, okFrom := g.index[from]
	b, okTo := g.index[to]
	if !okFrom || !okTo {
		return []string{}
	}
	if paths := g.between(a, b, 0).list(1); len(paths) > 0 {
		return g.ids(paths[0])
	}
	return []string{}
}

// PathsTo is ShortestPath to one node from any number of others: what lies upstream of it is looked at once.
func (g *Graph) PathsTo(to string) func(from string) []string {
	b, ok := g.index[to]
	if !ok {
		return func(string) []string { return []string{} }
	}
	left := sync.OnceValue(func() *distances { return g.left(b, 0) })
	return func(from string) []string {
		at, ok := g.index[from]
		if !ok || left().of(at) < 0 {
			return []string{}
		}
		path := []string{from}
		for togo := left().of(at) - 1; togo >= 0; togo-- {
			for _, child := range g.children.of(at) { // the first by id: from each a path goes on
				if left().of(child) == togo {
					at = child
					break
				}
			}
			path = append(path, g.nodes[at].ID)
		}
		return path
	}
}

// left is how far nodes are from one downstream of them, at most so many steps (0: any number).
func (g *Graph) left(to int32, depth int) *distances {
	out := newDistances(len(g.nodes))
	out.walk(g.parents, to, depth)
	out.put(to, 0)
	return out
}

// lattice is all shortest paths downstream from one node to another: for every node on one of them the next steps.
type lattice struct {
	from, to int32
	next     map[int32][]int32
	steps    int // length of each path; below zero where there is none
}

// between finds the shortest paths, at most so many steps long (0: any).
func (g *Graph) between(from, to int32, depth int) lattice {
	l := lattice{from: from, to: to, next: map[int32][]int32{}, steps: -1}
	left := g.left(to, depth)
	l.steps = left.of(from)
	layer := []int32{from}
	for togo := l.steps - 1; togo >= 0; togo-- {
		var following []int32
		for _, i := range layer {
			for _, child := range g.children.of(i) {
				if left.of(child) == togo {
					l.next[i] = append(l.next[i], child)
					following = append(following, child)
				}
			}
		}
		slices.Sort(following)
		layer = slices.Compact(following)
	}
	return l
}

// list returns the first paths in the order of ids, at most so many.
func (l lattice) list(limit int) [][]int32 {
	if l.steps < 0 {
		return nil
	}
	var out [][]int32
	path := []int32{l.from}
	var step func()
	step = func() {
		at := path[len(path)-1]
		if len(path) == l.steps+1 {
			out = append(out, slices.Clone(path))
			return
		}
		for _, child := range l.next[at] {
			if len(out) == limit {
				return
			}
			path = append(path, child)
			step()
			path = path[:len(path)-1]
		}
	}
	step()
	return out
}

// count is how many shortest paths there are, at most the largest int.
func (l lattice) count() int {
	if l.steps < 0 {
		return 0
	}
	ways := map[int32]int{l.from: 1}
	layer := []int32{l.from}
	for range l.steps {
		var following []int32
		for _, i := range layer {
			for _, child := range l.next[i] {
				if ways[child] == 0 {
					following = append(following, child)
				}
				ways[child] = min(ways[child], math.MaxInt-ways[i]) + ways[i]
			}
		}
		layer = following
	}
	return ways[l.to]
}

// traceTo answers a trace with an end: the shortest paths in the direction asked for, and the nodes and edges on them.
func (g *Graph) traceTo(r TraceRequest, start, end int32) TraceResult {
	l := lattice{steps: -1}
	if r.Direction != Upstream {
		l = g.between(start, end, r.Depth)
	}
	if l.steps < 0 && r.Direction != Downstream {
		l = g.between(end, start, r.Depth)
	}
	limit := r.MaxPaths
	if limit == 0 {
		limit = DefaultMaxPaths
	}
	paths := l.list(limit)
	near := newDistances(len(g.nodes))
	near.put(start, 0)
	for _, p := range paths {
		for k, i := range p {
			if p[0] != start {
				k = len(p) - 1 - k
			}
			near.put(i, k)
		}
	}
	out := g.picture(r, near, nil)
	out.Paths = make([][]string, len(paths))
	for k, p := range paths {
		out.Paths[k] = g.ids(p)
	}
	out.TotalPaths = l.count()
	out.Truncated = out.Truncated || out.TotalPaths > len(paths)
	return out
}

func (g *Graph) ids(numbers []int32) []string {
	out := make([]string, len(numbers))
	for k, i := range numbers {
		out[k] = g.nodes[i].ID
	}
	return out
}
