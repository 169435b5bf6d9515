package partition

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/lineage"
)

// alteration is what is known of a node that was not always the same.
type alteration struct {
	// versions are, by period, those of which there is more than one.
	versions map[string][]Version
	// last is when the newest of them was seen first; zero where there are none.
	last time.Time
}

// alteredAbove are the inputs of a node, through views and tables without partitions, that were not always the same, and those
// that could not be read whole, by id. They have all been looked at now.
func (s *survey) alteredAbove(ctx context.Context, n *lineage.Node) (out struct{ changed, unread []string }) {
	var all altered
	if s.cyclic {
		for id := range s.through().from(n.ID, s.scope[n.ID]) {
			input, _ := s.graph.Node(id)
			all = all.union(s.alteredOf(ctx, input))
		}
	} else {
		for _, parent := range s.graph.Parents(n.ID) {
			all = all.union(s.alteredFrom(ctx, parent))
		}
	}
	s.inputs.within(all.changed, func(id string) { out.changed = append(out.changed, id) })
	s.inputs.within(all.unread, func(id string) { out.unread = append(out.unread, id) })
	return out
}

// altered are nodes that were not always the same, and nodes that could not be read whole.
type altered struct{ changed, unread numbers }

func (a altered) union(b altered) altered {
	return altered{a.changed.union(b.changed), a.unread.union(b.unread)}
}

// alteredFrom are those that are reached through a node, itself included.
func (s *survey) alteredFrom(ctx context.Context, n *lineage.Node) altered {
	if known, ok := s.alteredIn[n.ID]; ok {
		return known
	}
	out := s.alteredOf(ctx, n)
	if s.goesThrough(n) {
		for _, parent := range s.graph.Parents(n.ID) {
			out = out.union(s.alteredFrom(ctx, parent))
		}
	}
	s.alteredIn[n.ID] = out
	return out
}

// alteredOf is a node alone, when it has been looked at.
func (s *survey) alteredOf(ctx context.Context, n *lineage.Node) (out altered) {
	if isView(n) || rowless(n) != "" || s.specs.Of(n.ID).Unknowable {
		return out
	}
	s.alter(ctx, n)
	if len(s.altered[n.ID].versions) > 0 {
		out.changed = out.changed.with(s.inputs.number[n.ID], len(s.inputs.ids))
	}
	if s.unread[n.ID] != "" {
		out.unread = out.unread.with(s.inputs.number[n.ID], len(s.inputs.ids))
	}
	return out
}

// alter notes what of a node was not always the same.
func (s *survey) alter(ctx context.Context, n *lineage.Node) {
	if _, ok := s.altered[n.ID]; ok {
		return
	}
	a := alteration{versions: map[string][]Version{}}
	for period, list := range s.history(ctx, n) {
		newest := list[len(list)-1]
		if newest.Before.IsZero() {
			continue
		}
		a.versions[period] = list
		if newest.Since.After(a.last) {
			a.last = newest.Since
		}
	}
	s.altered[n.ID] = a
}
