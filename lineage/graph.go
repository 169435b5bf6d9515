package lineage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Edge says that To depends on From. Both are node ids.
type Edge struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Graph is an immutable set of nodes and dependencies. Nodes are numbered by the order of their ids; everything inside
// works on these numbers.
type Graph struct {
	project   string
	nodes     []*Node
	index     map[string]int32
	parents   adjacency
	children  adjacency
	problems  []string
	macros    map[string]Macro // of the project, by id
	members   set              // what dbt would consider for a selection
	types     map[Type]set     // nodes by type
	versioned set              // versions of models, which are called by more than their fqn
	names     *nameIndex
	fqns      []string          // joined by dots, by number
	files     func() folder     // built by the first path: selector
	words     func() *wordIndex // built by the first search
	matter    func() []marks    // by number; built by the first impact
}

// New builds a graph. project is the name of the root package ("this" in a selector). An edge whose end is no node, an
// edge from a node to itself and the second of two nodes with one id are dropped and reported by Problems; a cycle is
// kept and reported.
func New(project string, nodes []*Node, edges []Edge) *Graph {
	g := &Graph{project: project, nodes: slices.Clone(nodes), index: make(map[string]int32, len(nodes))}
	slices.SortStableFunc(g.nodes, func(a, b *Node) int { return cmp.Compare(a.ID, b.ID) })
	g.nodes = slices.CompactFunc(g.nodes, func(a, b *Node) bool {
		if a.ID != b.ID {
			return false
		}
		g.reportf("%s is defined twice: the first definition is kept", a.ID)
		return true
	})
	for i, n := range g.nodes {
		g.index[n.ID] = int32(i)
	}
	g.link(edges)
	g.sortIntoSets()
	g.names = indexNames(g.nodes)
	g.reportShared()
	g.fqns = make([]string, len(g.nodes))
	for i, n := range g.nodes {
		g.fqns[i] = strings.Join(n.FQN, ".")
	}
	g.files = sync.OnceValue(func() folder { return indexFiles(g.project, g.nodes) })
	g.words = sync.OnceValue(func() *wordIndex { return indexWords(g.nodes) })
	g.matter = sync.OnceValue(g.markAll)
	return g
}

// With returns a new graph that has these nodes and edges besides. The old graph stays as it is, the nodes are shared.
func (g *Graph) With(nodes []*Node, edges []Edge) *Graph {
	return New(g.project, slices.Concat(g.nodes, nodes), slices.Concat(g.Edges(), edges)).inherit(g.problems).WithMacros(g.macros)
}

// inherit keeps the problems of the graph that this one was made from: its dropped edges are no longer there to be
// found again.
func (g *Graph) inherit(problems []string) *Graph {
	g.problems = slices.Compact(slices.Sorted(slices.Values(slices.Concat(problems, g.problems))))
	return g
}

// sortIntoSets notes the types of the nodes, and which ones can be selected: all but the unselectable and those that
// their config disables.
func (g *Graph) sortIntoSets() {
	g.members, g.types, g.versioned = g.newSet(), map[Type]set{}, g.newSet()
	for k, n := range g.nodes {
		i := int32(k)
		if g.types[n.Type] == nil {
			g.types[n.Type] = g.newSet()
		}
		g.types[n.Type].add(i)
		if n.Versioned() {
			g.versioned.add(i)
		}
		if enabled, said := n.Config["enabled"].(bool); (enabled || !said) && !n.Unselectable {
			g.members.add(i)
		}
	}
}

// ofTypes returns the nodes of some types.
func (g *Graph) ofTypes(types ...Type) set {
	out := g.newSet()
	for _, t := range types {
		if s, ok := g.types[t]; ok {
			out.union(s)
		}
	}
	return out
}

func (g *Graph) link(edges []Edge) {
	pairs := make([]pair, 0, len(edges))
	for _, e := range edges {
		from, okFrom := g.index[e.From]
		to, okTo := g.index[e.To]
		switch {
		case !okFrom:
			g.reportf("%s depends on %s, which is not in the project: the edge is dropped", e.To, e.From)
		case !okTo:
			g.reportf("%s is said to be used by %s, which is not in the project: the edge is dropped", e.From, e.To)
		case from == to:
			g.reportf("%s depends on itself: the edge is dropped", e.To)
		default:
			pairs = append(pairs, pair{from, to})
		}
	}
	g.children = newAdjacency(len(g.nodes), pairs)
	g.parents = g.children.reversed()
	if cycle := g.cycle(); cycle != nil {
		g.reportf("the project has a cycle: %s", g.chain(cycle))
	}
	slices.Sort(g.problems)
	g.problems = slices.Compact(g.problems)
}

func (g *Graph) reportf(format string, args ...any) {
	g.problems = append(g.problems, fmt.Sprintf(format, args...))
}

// Project is the name of the root package.
func (g *Graph) Project() string { return g.project }

// Len is the number of nodes.
func (g *Graph) Len() int { return len(g.nodes) }

// Node returns the node of that id.
func (g *Graph) Node(id string) (*Node, bool) {
	i, ok := g.index[id]
	if !ok {
		return nil, false
	}
	return g.nodes[i], true
}

// Nodes returns all nodes, sorted by id.
func (g *Graph) Nodes() []*Node { return slices.Clone(g.nodes) }

// Edges returns all edges, sorted by From and then by To.
func (g *Graph) Edges() []Edge {
	out := make([]Edge, 0, len(g.children.to))
	for i, n := range g.nodes {
		for _, c := range g.children.of(int32(i)) {
			out = append(out, Edge{From: n.ID, To: g.nodes[c].ID})
		}
	}
	return out
}

// Parents returns what a node depends on directly, sorted by id; empty for an unknown id.
func (g *Graph) Parents(id string) []*Node { return g.neighbours(g.parents, id) }

// Children returns what depends on a node directly, sorted by id; empty for an unknown id.
func (g *Graph) Children(id string) []*Node { return g.neighbours(g.children, id) }

func (g *Graph) neighbours(a adjacency, id string) []*Node {
	i, ok := g.index[id]
	if !ok {
		return []*Node{}
	}
	return g.at(a.of(i))
}

func (g *Graph) at(numbers []int32) []*Node {
	out := make([]*Node, len(numbers))
	for k, i := range numbers {
		out[k] = g.nodes[i]
	}
	return out
}

// Counts says how many nodes there are of each type. Types without nodes are absent.
func (g *Graph) Counts() map[Type]int {
	counts := map[Type]int{}
	for t, s := range g.types {
		counts[t] = s.len()
	}
	return counts
}

// Problems lists what was wrong with the nodes and edges that the graph was built from, sorted.
func (g *Graph) Problems() []string {
	if len(g.problems) == 0 {
		return []string{}
	}
	return slices.Clone(g.problems)
}
