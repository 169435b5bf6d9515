package lineage

import (
	"slices"

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
	show, err := g.shown(r.ResourceTypes)
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
	near := newDistances(len(g.nodes))
	if r.Direction != Upstream {
		near.walk(g.children, start, r.Depth)
	}
	if r.Direction != Downstream {
		near.walk(g.parents, start, r.Depth)
	}
	near.put(start, 0)
	return g.picture(r, near, show), nil
}

// number finds a node by its id.
func (g *Graph) number(id string) (int32, error) {
	i, ok := g.index[id]
	if !ok {
		return 0, g.unknown(id)
	}
	return i, nil
}

// shown returns the nodes of the types that a trace shows; nil for all.
func (g *Graph) shown(words []string) (set, error) {
	if len(words) == 0 {
		return nil, nil
	}
	types, err := ParseTypes(words)
	if err != nil {
		return nil, err
	}
	return g.ofTypes(types...), nil
}

// picture turns distances into the answer: filtered, ordered, cut, with the edges between what is left. A nil show shows
// everything; the start is always shown.
func (g *Graph) picture(r TraceRequest, near *distances, show set) TraceResult {
	found := slices.DeleteFunc(near.sorted(), func(i int32) bool { return near.of(i) > 0 && show != nil && !show.has(i) })
	out := TraceResult{Edges: []Edge{}, TotalNodes: len(found)}
	if r.Limit > 0 && len(found) > r.Limit {
		found, out.Truncated = found[:r.Limit], true
	}
	kept := g.newSet()
	out.Nodes = make([]TraceNode, len(found))
	for k, i := range found {
		n := g.nodes[i]
		out.Nodes[k] = TraceNode{ID: n.ID, Name: n.Name, Type: n.Type, Distance: near.of(i)}
		kept.add(i)
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
