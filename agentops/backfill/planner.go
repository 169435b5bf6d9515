package backfill

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// World is what a planner asks about partitions. A partition.Judgement of what Reach gives is one.
type World interface {
	// Each gives fn the partitions of a node that overlap an interval, ascending.
	Each(ctx context.Context, node string, at partition.Span, fn func(partition.Verdict))
	// Failed reports whether the last run of a node failed.
	Failed(node string) bool
}

// Way is how a node is run, or why it is not.
type Way struct {
	Executor string
	// Whole: a run makes the whole table anew, whatever partitions are asked for.
	Whole bool
	// Refused says why no run of the node is possible, Remedy in a sentence what would help; empty where one is.
	Refused Refusal
	Remedy  string
	// After are nodes whose pairs run before, although the graph has no edge.
	After []string
}

// Planner finds the least set of pairs.
type Planner struct {
	Graph *lineage.Graph
	Specs partition.Specs
	World World
	// Way says how a node is run.
	Way func(*lineage.Node) Way
	// As is the node under whose id the pairs of a node are counted: all outputs of a fact and grain are one. It may be nil.
	As func(id string) string
	// Version is what is known of the content of a node without partitions, Code of the code of a node; both may be nil.
	Version func(node string) string
	Code    func(node string) string
	// MaxPairs is how large a plan may be for its inputs to be noted; 0 is any size.
	MaxPairs int
	// Took is how long a run of one pair of a node usually takes; nil, or false, where that is not known.
	Took func(node string) (time.Duration, bool)
}

// Question is which partitions are to be made right.
type Question struct {
	// Asked are the intervals by node id. Of a node without partitions the interval is that of what it reads.
	Asked      map[string]partition.Span
	Scope      Scope
	Downstream bool
}

// Answer is what belongs into a plan, and what was refused.
type Answer struct {
	Pairs   []Pair
	Refused []Refused
	// Asked are those of the pairs that were asked for, by Seq.
	Asked []int
	// Inputs are the versions of the pairs and of what they read, as in Plan; nil of more than MaxPairs.
	Inputs map[string]string
	Rows   *int64
	// Seconds is how long the pairs take one after the other.
	Seconds *float64
}

// Reach is what has to be judged for a question: the asked intervals, and downstream of them, where that is asked for, whatever
// may read what a plan repairs. What lies upstream is judged besides.
func (p Planner) Reach(q Question) map[string]partition.Span {
	out := map[string]partition.Span{}
	for id, at := range q.Asked {
		out[p.as(id)] = at
	}
	if !q.Downstream {
		return out
	}
	isAsked := maps.Clone(out)
	asked := slices.Sorted(maps.Keys(out))
	needs := p.hulls(out, p.order(asked, p.Graph.Parents))
	below := p.order(asked, p.Graph.Children)
	ids := map[string]bool{}
	for _, n := range below {
		ids[n.ID] = true
	}
	for _, n := range p.order(slices.Sorted(maps.Keys(ids)), p.Graph.Parents) {
		var at spans
		for _, parent := range p.Graph.Parents(n.ID) {
			if made, ok := needs[parent.ID]; ok {
				at = at.with(made)
			}
		}
		_, named := isAsked[n.ID]
		table := p.Specs.Of(n.ID).Partitioned() && !p.Specs.Passes(n) // the others let through whatever they read
		if len(at) == 0 || p.as(n.ID) != n.ID || table && (named || !ids[n.ID]) {
			continue
		}
		reached := spans{p.touched(n, at.hull())}
		if needed, ok := needs[n.ID]; ok {
			reached = reached.with(needed)
		}
		needs[n.ID] = reached.hull()
		if ids[n.ID] {
			out[n.ID] = needs[n.ID]
		}
	}
	return out
}

// hulls are the intervals of nodes and of everything that they read, in whole partitions. The order has inputs first.
func (p Planner) hulls(asked map[string]partition.Span, order []*lineage.Node) map[string]partition.Span {
	out := map[string]partition.Span{}
	for _, n := range slices.Backward(order) {
		var at spans
		if own, ok := asked[n.ID]; ok {
			at = at.with(own)
		}
		if above, ok := out[n.ID]; ok {
			at = at.with(above)
		}
		if len(at) == 0 {
			continue
		}
		hull, spec := at.hull(), p.Specs.Of(n.ID)
		reads := hull
		if spec.Partitioned() {
			reads = spec.Reads(hull)
			hull = partition.Span{Start: spec.At(hull.Start).Start(), End: spec.At(hull.End.Add(-1)).End()}
		}
		out[n.ID] = hull
		for _, parent := range p.Graph.Parents(n.ID) {
			known := spans{reads}
			if before, ok := out[parent.ID]; ok {
				known = known.with(before)
			}
			out[parent.ID] = known.hull()
		}
	}
	return out
}

// touched is the hull of the partitions of a node that read anything of an interval of what it reads.
func (p Planner) touched(n *lineage.Node, at partition.Span) partition.Span {
	spec := p.Specs.Of(n.ID)
	if !spec.Partitioned() {
		return at
	}
	first, last := readers(spec, at)
	return partition.Span{Start: first.Start(), End: last.End()}
}

// readers are the periods that read anything of an interval: those that overlap it, and so many more as they look back.
func readers(spec partition.Spec, at partition.Span) (first, last period.Period) {
	return spec.At(at.Start), spec.At(at.End.Add(-1)).Add(spec.Window)
}

// as is the node under which pairs of a node are counted.
func (p Planner) as(id string) string {
	if p.As == nil {
		return id
	}
	return p.As(id)
}

// order lists nodes and everything that leads on from them, inputs before what reads them.
func (p Planner) order(from []string, next func(string) []*lineage.Node) []*lineage.Node {
	within := map[string]bool{}
	for queue := slices.Clone(from); len(queue) > 0; queue = queue[1:] {
		if id := queue[0]; !within[id] {
			within[id] = true
			for _, n := range next(id) {
				queue = append(queue, n.ID)
			}
		}
	}
	return p.sorted(within)
}

// sorted puts nodes in an order in which inputs come first; in a cycle, which dbt has none of, some node does.
func (p Planner) sorted(within map[string]bool) []*lineage.Node {
	var out []*lineage.Node
	seen := map[string]bool{}
	var visit func(id string)
	visit = func(id string) {
		if seen[id] {
			return
		}
		seen[id] = true
		for _, parent := range p.Graph.Parents(id) {
			if within[parent.ID] {
				visit(parent.ID)
			}
		}
		if n, ok := p.Graph.Node(id); ok {
			out = append(out, n)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(within)) {
		visit(id)
	}
	return out
}
