package partition

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/lineage"
)

// cause is why a partition is not ready: a partition, or a whole table, that it needs.
type cause struct {
	node string
	// what is a presence or a finding.
	what string
}

// ready reports whether everything that a partition needs is there and right, and else the first causes. A node that reads
// nothing is ready when it is there and right itself.
func (s *survey) ready(ctx context.Context, t *track, index int) (bool, []cause) {
	if len(s.graph.Parents(t.node.ID)) == 0 {
		v := t.at(index)
		return v.problem() == "" && v.presence != Open, nil
	}
	causes := s.waitsFor(ctx, t.node.ID, index)
	return len(causes) == 0, causes
}

// allReady reports whether nothing at all is wrong with what an interval of a node needs, which is the rule and saves looking at
// each period. False says nothing.
func (s *survey) allReady(ctx context.Context, id string, at interval) bool {
	return len(s.graph.Parents(id)) > 0 && !s.unready.reaches(ctx, id, at)
}

// unreadyOf are the intervals of a node of which anything can keep readers waiting.
func (s *survey) unreadyOf(ctx context.Context, n *lineage.Node) merged {
	spec := s.specs.Of(n.ID)
	if b, ok := s.builds[n.ID]; spec.Unknowable || ok && !isView(n) && failed(b.Status) {
		return merged{s.scope[n.ID]}
	}
	var out []interval
	s.each(ctx, n.ID, s.scope[n.ID], func(d dated) {
		if d.presence == Open || d.problem() != "" {
			out = append(out, interval{d.period.Start(), d.period.End()})
		}
	})
	return merge(out)
}

// waitsFor lists, by node, the first causes for which a partition is not ready: what is wrong upstream and has nothing wrong
// upstream of itself. A table that is needed as a whole is passed through: it cannot hold what its own parents lack.
func (s *survey) waitsFor(ctx context.Context, id string, index int) []cause {
	at := dot{id, index}
	if known, ok := s.causes[at]; ok {
		return known
	}
	s.causes[at] = nil // where the graph has a cycle, it ends here
	spec := s.specs.Of(id)
	p := spec.period(index)
	if s.allReady(ctx, id, interval{p.Start(), p.End()}) {
		return nil
	}
	needed := s.inputs.of(id, spec.reads(interval{p.Start(), p.End()}))
	found := map[cause]bool{}
	for _, parent := range slices.Sorted(maps.Keys(needed)) {
		for _, c := range s.wrongIn(ctx, parent, needed[parent]) {
			found[c] = true
		}
	}
	s.causes[at] = slices.SortedFunc(maps.Keys(found), func(a, b cause) int {
		if c := strings.Compare(a.node, b.node); c != 0 {
			return c
		}
		return strings.Compare(a.what, b.what)
	})
	return s.causes[at]
}

// wrongIn lists the first causes in and above the periods of one needed node.
func (s *survey) wrongIn(ctx context.Context, id string, at interval) []cause {
	n, _ := s.graph.Node(id)
	spec := s.specs.Of(id)
	switch {
	case spec.Unknowable:
		return []cause{{id, string(Unknown)}}
	case !spec.Partitioned():
		if b, ok := s.builds[id]; ok && !isView(n) && failed(b.Status) && s.lastGood(ctx, id, at) == unserved {
			return []cause{{id, string(Failed)}}
		}
		return nil
	}
	var out []cause
	s.each(ctx, id, at, func(d dated) {
		problem := d.problem()
		if d.presence == Open && problem == "" && !s.loadedUntil(id, interval{d.period.Start(), d.period.End()}, at) {
			problem = string(Open)
		}
		if problem == "" {
			return
		}
		first := s.waitsFor(ctx, id, d.period.Index)
		if len(first) == 0 || problem == string(Pending) || problem == string(Unknown) || problem == string(Failed) {
			first = []cause{{id, problem}}
		}
		out = append(out, first...)
	})
	return out
}

// loadedUntil reports whether an open period of a node holds all that is needed of it: its last good build started, or its
// newest row lies, at or after the end of the overlap.
func (s *survey) loadedUntil(id string, open, needed interval) bool {
	end := open.end
	if needed.end.Before(end) {
		end = needed.end
	}
	if b, ok := s.builds[id]; ok && !b.GoodAt.Before(end) {
		return true
	}
	t := s.tracks[id]
	return t != nil && t.latest != nil && !t.latest.Before(end)
}
