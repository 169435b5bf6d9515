package partition

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/period"
)

// Need is what a period of a node reads in one parent.
type Need struct {
	// Node is the parent's id. Views and ephemeral models in between are passed through.
	Node string
	// First and Last are the needed periods of the parent, both inclusive; zero where the parent has none.
	First, Last period.Period
	// Unpartitioned marks a parent that is needed as a whole.
	Unpartitioned bool
	// Reason says of a parent without periods why it has none.
	Reason string
}

// Needs lists by node id what a period of a node needs: in each parent the periods whose intervals overlap the node's, its window
// included. A view with a spec of its own is listed and passed through, one without is only passed through. The period need
// not be of the node's own grain; it stands for its interval.
func Needs(graph *lineage.Graph, specs Specs, node string, p period.Period) []Need {
	at := interval{p.Start(), p.End()}
	if s := specs.Of(node); s.Partitioned() {
		at = s.reads(at)
	}
	reached := reach{graph: graph, specs: specs, through: specs.passes}.from(node, at)
	out := []Need{}
	for _, id := range slices.Sorted(maps.Keys(reached)) {
		n, _ := graph.Node(id)
		s := specs.Of(id)
		switch {
		case s.Partitioned():
			first, last := s.overlapping(reached[id])
			out = append(out, Need{Node: id, First: first, Last: last})
		case !specs.passes(n):
			out = append(out, Need{Node: id, Unpartitioned: !s.Unknowable, Reason: s.Reason})
		}
	}
	return out
}

// interval is [start, end), not empty.
type interval struct{ start, end time.Time }

func (i interval) union(j interval) interval {
	if j.start.Before(i.start) {
		i.start = j.start
	}
	if j.end.After(i.end) {
		i.end = j.end
	}
	return i
}

func (i interval) holds(j interval) bool { return !j.start.Before(i.start) && !j.end.After(i.end) }

func (i interval) overlaps(j interval) bool { return i.start.Before(j.end) && j.start.Before(i.end) }

// overlapping returns the first and the last period of the spec that overlap an interval.
func (s Spec) overlapping(at interval) (first, last period.Period) {
	return s.At(at.start), s.At(at.end.Add(-1))
}

// count is how many periods of the spec overlap an interval.
func (s Spec) count(at interval) int {
	first, last := s.overlapping(at)
	return last.Index - first.Index + 1
}

// reads is the interval that the periods overlapping at are made from: their hull and the window before it.
func (s Spec) reads(at interval) interval {
	first, last := s.overlapping(at)
	return interval{first.Add(-s.Window).Start(), last.End()}
}

const (
	view      = "view"
	ephemeral = "ephemeral"
)

// isView reports whether a node computes its rows whenever it is read, so that it is never built.
func isView(n *lineage.Node) bool {
	m := strings.ToLower(n.Materialized)
	return m == view || m == ephemeral
}

// passes reports whether whoever reads the node needs what the node itself reads: views, and what holds no rows.
func (s Specs) passes(n *lineage.Node) bool { return isView(n) || rowless(n) != "" }

// reach finds what lies upstream of a node, and which interval of it is needed.
type reach struct {
	graph *lineage.Graph
	specs Specs
	// through says whether to go on to the parents of a node that was reached.
	through func(*lineage.Node) bool
}

// from returns the interval that is needed of every node reached from the parents of id, when id reads the interval at. Of
// several ways to a node the hull counts.
func (r reach) from(id string, at interval) map[string]interval {
	out := map[string]interval{}
	r.collect(out, r.needed(id, at))
	return out
}

// everything is gone through.
func everything(*lineage.Node) bool { return true }

type step struct {
	node *lineage.Node
	at   interval
}

func (r reach) needed(id string, at interval) []step {
	parents := r.graph.Parents(id)
	steps := make([]step, len(parents))
	for i, parent := range parents {
		steps[i] = step{parent, at}
	}
	return steps
}

// collect adds what the steps lead to. It ends on cycles, because a node is gone on from only where its interval grew, and
// visits are bounded by the windows on the way round.
func (r reach) collect(out map[string]interval, queue []step) {
	visits := map[string]int{}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		id, at := s.node.ID, s.at
		if known, ok := out[id]; ok {
			if known.holds(at) {
				continue
			}
			at = at.union(known)
		}
		out[id] = at
		visits[id]++
		if visits[id] > maxVisits || !r.through(s.node) {
			continue
		}
		if spec := r.specs.Of(id); spec.Partitioned() {
			at = spec.reads(at)
		}
		queue = append(queue, r.needed(id, at)...)
	}
}

// maxVisits bounds how often a node is gone on from when its interval grows again: a graph without cycles needs as many
// visits as it has different windows on the ways to the node.
const maxVisits = 64
