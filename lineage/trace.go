package lineage

import (
	"cmp"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// Direction says which way a trace goes.
type Direction string

// The directions of a trace. An empty one means Both.
const (
	Upstream   Direction = "upstream"   // what the node depends on
	Downstream Direction = "downstream" // what depends on the node
	Both       Direction = "both"
)

// TraceRequest asks what a node depends on and what depends on it. Node and To are ids (see Resolve).
type TraceRequest struct {
	Node          string
	Direction     Direction
	Depth         int      // steps; 0 means every step
	To            string   // when set, only the shortest paths between Node and To are asked for
	ResourceTypes []string // types to show; other nodes are passed through. Empty means every type
	Limit         int      // nodes to return, the nearest first; 0 means all
	MaxPaths      int      // paths to return; 0 means DefaultMaxPaths
}

// DefaultMaxPaths bounds the paths of a trace: a lattice has exponentially many shortest ones.
const DefaultMaxPaths = 20

// TraceResult is the part of the graph that was asked for: each node once, however many ways lead to it.
type TraceResult struct {
	Nodes      []TraceNode `json:"nodes"`           // by distance, then id; the start is the first, at distance 0
	Edges      []Edge      `json:"edges"`           // between the returned nodes, by From and To
	Paths      [][]string  `json:"paths,omitempty"` // with To: shortest paths, each from the upstream end to the downstream end
	TotalNodes int         `json:"total_nodes"`     // before Limit
	TotalPaths int         `json:"total_paths,omitempty"`
	Truncated  bool        `json:"truncated"` // nodes or paths were left out by a limit
}

// TraceNode is a node and its least number of steps from the start, in either direction.
type TraceNode struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Type     Type   `json:"type"`
	Distance int    `json:"distance"`
}

// Trace walks the graph from a node. Steps are followed in one direction each: with Both, a sibling (a child of a parent)
// is not reached. With To, the nodes are those on the shortest paths, Both tries downstream and then upstream, and an
// unreachable To gives no paths and no error.
func (g *Graph) Trace(r TraceRequest) (TraceResult, error) {
	start, err := g.number(r.Node)
	if err != nil {
		return TraceResult{}, err
	}
	if r.Direction == "" {
		r.Direction = Both
	}
	if r.Direction != Upstream && r.Direction != Downstream && r.Direction != Both {
		return TraceResult{}, fault.New(fault.Invalid, "%q is no direction. Valid are: upstream, downstream, both.", r.Direction)
	}
	if r.Depth < 0 || r.Limit < 0 || r.MaxPaths < 0 {
		return TraceResult{}, fault.New(fault.Invalid, "depth and limit count upwards from 0, which means without a bound.")
	}
	show, err := shown(r.ResourceTypes)
	if err != nil {
		return TraceResult{}, err
	}
	if r.To != "" {
		to, err := g.number(r.To)
		if err != nil {
			return TraceResult{}, err
		}
		return g.traceTo(r, start, to), nil
	}
	distance := map[int32]int{}
	if r.Direction != Upstream {
		walk(g.children, start, r.Depth, distance)
	}
	if r.Direction != Downstream {
		walk(g.parents, start, r.Depth, distance)
	}
	distance[start] = 0
	return g.picture(r, start, distance, show), nil
}

// number finds a node by its id.
func (g *Graph) number(id string) (int32, error) {
	i, ok := g.index[id]
	if !ok {
		return 0, g.unknown(id)
	}
	return i, nil
}

func shown(words []string) (func(Type) bool, error) {
	if len(words) == 0 {
		return func(Type) bool { return true }, nil
	}
	types, err := ParseTypes(words)
	if err != nil {
		return nil, err
	}
	return func(t Type) bool { return slices.Contains(types, t) }, nil
}

// walk notes the least distance of everything within so many steps of start, keeping what is nearer already.
func walk(edges adjacency, start int32, depth int, distance map[int32]int) {
	seen := map[int32]bool{start: true}
	layer := []int32{start}
	for steps := 1; len(layer) > 0 && (depth == 0 || steps <= depth); steps++ {
		var following []int32
		for _, i := range layer {
			for _, to := range edges.of(i) {
				if seen[to] {
					continue
				}
				seen[to] = true
				following = append(following, to)
				if d, ok := distance[to]; !ok || steps < d {
					distance[to] = steps
				}
			}
		}
		layer = following
	}
}

// picture turns distances into the answer: filtered, ordered, cut, with the edges between what is left.
func (g *Graph) picture(r TraceRequest, start int32, distance map[int32]int, show func(Type) bool) TraceResult {
	out := TraceResult{Nodes: []TraceNode{}, Edges: []Edge{}}
	for i, d := range distance {
		if n := g.nodes[i]; i == start || show(n.Type) {
			out.Nodes = append(out.Nodes, TraceNode{ID: n.ID, Name: n.Name, Type: n.Type, Distance: d})
		}
	}
	slices.SortFunc(out.Nodes, func(a, b TraceNode) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), strings.Compare(a.ID, b.ID))
	})
	out.TotalNodes = len(out.Nodes)
	if r.Limit > 0 && len(out.Nodes) > r.Limit {
		out.Nodes, out.Truncated = out.Nodes[:r.Limit], true
	}
	kept := g.newSet()
	for _, n := range out.Nodes {
		kept.add(g.index[n.ID])
	}
	kept.each(func(i int32) {
		for _, child := range g.children.of(i) {
			if kept.has(child) {
				out.Edges = append(out.Edges, Edge{From: g.nodes[i].ID, To: g.nodes[child].ID})
			}
		}
	})
	return out
}
