package partition

import (
	"context"
	"slices"

	"github.com/headwater-mcp/headwater/lineage"
)

// flow tells whether an interval of a node is made from something that was found upstream. It carries what was found down the
// graph, once for all who ask, where following each question up would visit all ancestors again and again.
//
// Both ways give the same. A node reads no less than the interval that it is asked for, so what is reached on several ways has
// that interval in common, and the hull of the ways, which reach gives, is their union: something overlaps the hull exactly when
// it overlaps what one of the ways reaches. And a period reads something exactly when the intervals of its readers overlap it.
type flow struct {
	reach

	// own is what was found of a node itself, in its own intervals.
	own func(ctx context.Context, n *lineage.Node) merged
	// given are, by node, the intervals in which whoever reads it meets something.
	given  map[string]merged
	cyclic bool
}

func (s *survey) flow(through func(*lineage.Node) bool, own func(context.Context, *lineage.Node) merged) *flow {
	return &flow{
		reach: reach{graph: s.graph, specs: s.specs, through: through}, own: own, given: map[string]merged{}, cyclic: s.cyclic,
	}
}

// reaches reports whether an interval of a node is made from something that was found.
func (f *flow) reaches(ctx context.Context, id string, at interval) bool {
	if spec := f.specs.Of(id); spec.Partitioned() {
		at = spec.reads(at)
	}
	if !f.cyclic {
		return slices.ContainsFunc(f.graph.Parents(id), func(n *lineage.Node) bool { return f.gives(ctx, n).overlaps(at) })
	}
	for reached, part := range f.from(id, at) {
		if n, _ := f.graph.Node(reached); f.own(ctx, n).overlaps(part) {
			return true
		}
	}
	return false
}

// gives is what was found of a node and, where it is read through, of what it reads. There are no cycles.
func (f *flow) gives(ctx context.Context, n *lineage.Node) merged {
	if known, ok := f.given[n.ID]; ok {
		return known
	}
	all := f.own(ctx, n)
	if spec := f.specs.Of(n.ID); f.through(n) {
		for _, parent := range f.graph.Parents(n.ID) {
			above := f.gives(ctx, parent)
			if spec.Partitioned() {
				above = spec.readersOf(above)
			}
			all = all.with(above)
		}
	}
	f.given[n.ID] = all
	return all
}

// readersOf are the intervals of the periods that read anything of some intervals: those that overlap them, and so many more as
// they look back.
func (s Spec) readersOf(all merged) merged {
	out := make([]interval, len(all))
	for i, at := range all {
		first, last := s.overlapping(at)
		out[i] = interval{first.Start(), last.Add(s.Window).End()}
	}
	return merge(out)
}
