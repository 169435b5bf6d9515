package partition

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/lineage"
)

// judged returns a node's partitions with what other nodes say of them: a low volume that a second witness confirms is
// partial.
func (s *survey) judged(ctx context.Context, id string) *track {
	t := s.track(ctx, id)
	if t.witnessed {
		return t
	}
	t.witnessed = true // before its parents are asked: a cycle ends here
	s.forgiveStrays(ctx, t)
	for i := t.first; i <= t.last; i++ {
		v := t.at(i)
		if !v.has(LowVolume) {
			continue
		}
		if witness := s.witness(ctx, t, i); witness != "" {
			v.witness = witness
			v.replace(LowVolume, Partial)
		}
	}
	if !s.counts {
		s.findStale(ctx, t)
		s.findLate(ctx, t)
	}
	return t
}

// witness says what besides its own count speaks for rows being lost in a period, or "": a parent that is not whole, parents
// that did not fall, or, where no parent can tell, siblings that did not fall.
func (s *survey) witness(ctx context.Context, t *track, index int) string {
	p := t.spec.period(index)
	at := interval{p.Start(), p.End()}
	parents := s.inputs.of(t.node.ID, t.spec.reads(at))
	for _, id := range s.tablesFirst(parents) {
		if broken := s.broken(ctx, id, parents[id]); broken != "" {
			return broken
		}
	}
	steady, fell := s.compare(parents, at)
	if fell || steady != "" {
		return verb(steady, fell, "parent")
	}
	siblings := s.siblings(t.node, at)
	for id := range siblings {
		s.track(ctx, id)
	}
	steady, fell = s.compare(siblings, at)
	return verb(steady, fell, "sibling")
}

// tablesFirst orders nodes by id, those first that hold rows of their own: what is wrong with a view is wrong further upstream.
func (s *survey) tablesFirst(nodes map[string]interval) []string {
	return slices.SortedFunc(maps.Keys(nodes), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.viewRank(a), s.viewRank(b)), strings.Compare(a, b))
	})
}

func (s *survey) viewRank(id string) int {
	if n, _ := s.graph.Node(id); isView(n) {
		return 1
	}
	return 0
}

func verb(steady string, fell bool, relation string) string {
	if fell || steady == "" {
		return ""
	}
	return fmt.Sprintf("its %s %s did not fall", relation, steady)
}

// through goes on through views and through tables that are needed as a whole.
func (s *survey) through() reach {
	return reach{graph: s.graph, specs: s.specs, through: s.goesThrough}
}

func (s *survey) goesThrough(n *lineage.Node) bool {
	return s.specs.passes(n) || !s.specs.Of(n.ID).Partitioned()
}

// broken says which partition of a needed node is not whole, or "".
func (s *survey) broken(ctx context.Context, id string, at interval) string {
	found := ""
	s.each(ctx, id, at, func(d dated) {
		if found == "" && d.lack() != "" {
			found = fmt.Sprintf("%s %s is %s", id, d.period, d.lack())
		}
	})
	return found
}

// each calls fn with the verdicts of a partitioned node's periods in an interval, as far as they are in scope.
func (s *survey) each(ctx context.Context, id string, at interval, fn func(dated)) {
	spec := s.specs.Of(id)
	if !spec.Partitioned() {
		return
	}
	s.judged(ctx, id).each(at, fn)
}

// each calls fn with the verdicts of the periods that overlap an interval.
func (t *track) each(at interval, fn func(dated)) {
	first, last := t.spec.overlapping(at)
	for i := max(first.Index, t.first); i <= min(last.Index, t.last); i++ {
		fn(dated{t.spec.period(i), t.at(i)})
	}
}

// compare looks at what nodes that were observed before did in an interval: steady names the first that has a proven band and
// stayed inside it, fell reports whether any did not.
func (s *survey) compare(nodes map[string]interval, at interval) (steady string, fell bool) {
	for _, id := range slices.Sorted(maps.Keys(nodes)) {
		t := s.tracks[id]
		if t == nil {
			continue
		}
		t.each(at, func(d dated) {
			switch {
			case d.has(LowVolume) || d.has(Partial) || d.presence == Missing:
				fell = true
			case steady == "" && d.presence == Present && d.count.Rows > 0 && d.band.proven():
				steady = id
			}
		})
	}
	return steady, fell
}

// maxSiblings bounds how many relations are asked to confirm what happened to one.
const maxSiblings = 8

// siblings are the first other partitioned parents, through views, of the node's children, for an interval of the node. What
// the node itself reads or is read through is none.
func (s *survey) siblings(n *lineage.Node, at interval) map[string]interval {
	through := reach{graph: s.graph, specs: s.specs, through: s.specs.passes}
	out := map[string]interval{}
	own := through.from(n.ID, at)
	readers := []*lineage.Node{n}
	seen := map[string]bool{n.ID: true}
	for len(readers) > 0 {
		reader := readers[0]
		readers = readers[1:]
		for _, child := range s.graph.Children(reader.ID) {
			if seen[child.ID] {
				continue
			}
			seen[child.ID] = true
			if s.specs.passes(child) {
				readers = append(readers, child)
				continue
			}
			maps.Copy(out, through.from(child.ID, at))
		}
	}
	maps.DeleteFunc(out, func(id string, _ interval) bool {
		other, _ := s.graph.Node(id)
		_, read := own[id]
		spec := s.specs.Of(id)
		return read || seen[id] || isView(other) || !spec.Partitioned() || spec.count(s.scope[n.ID]) > maxNeeded
	})
	for k, id := range slices.Sorted(maps.Keys(out)) {
		if k >= maxSiblings {
			delete(out, id)
		} else if _, ok := s.scope[id]; !ok {
			s.scope[id] = s.scope[n.ID]
		}
	}
	return out
}
