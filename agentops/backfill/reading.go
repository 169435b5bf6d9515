package backfill

import (
	"slices"

	"github.com/headwater-mcp/headwater/partition"
)

// feed is what readers of a node meet of the plan: through views, and through tables without partitions that are not in it. What
// lies behind a table that is in the plan has run when that has, and nobody else has to wait for it.
type feed struct {
	// parts have pairs in the plan.
	parts []*part
	// bends are the specs, one of a kind, of the views that are passed through.
	bends []partition.Spec
}

// needs finds the pairs that pairs of one node read, through what is not in the plan itself.
type needs struct {
	feeds map[*part]feed
	node  *part
	// all: not an interval of its inputs but everything.
	all   bool
	after []*part
	found []int
	seen  map[*part]partition.Span
}

// feedOf is what is met through a node, itself included.
func (r *needs) feedOf(t *part) feed {
	if known, ok := r.feeds[t]; ok {
		return known
	}
	r.feeds[t] = feed{} // a cycle ends here
	var out feed
	runs := !t.passes && t.runs()
	if runs {
		out.parts = []*part{t}
	}
	if t.passes || !runs && !t.spec.Partitioned() {
		for _, parent := range t.parents {
			out = out.with(r.feedOf(parent))
		}
		if t.passes && t.spec.Partitioned() && len(out.parts) > 0 {
			out = out.with(feed{bends: []partition.Spec{t.spec}})
		}
	}
	r.feeds[t] = out
	return out
}

// with is both; neither changes.
func (f feed) with(o feed) feed {
	if len(f.parts) == 0 && len(f.bends) == 0 {
		return o
	}
	out := feed{slices.Clip(f.parts), slices.Clip(f.bends)}
	if !slices.Equal(f.parts, o.parts) {
		seen := make(map[*part]bool, len(f.parts))
		for _, t := range f.parts {
			seen[t] = true
		}
		for _, t := range o.parts {
			if !seen[t] {
				out.parts = append(out.parts, t)
			}
		}
	}
	for _, spec := range o.bends {
		if !slices.ContainsFunc(out.bends, func(b partition.Spec) bool { return b.ReadsAs(spec) }) {
			out.bends = append(out.bends, spec)
		}
	}
	return out
}

// straight reports whether an interval is needed as it is of all that is met, because it is whole in every view on the way.
func (f feed) straight(at partition.Span) bool {
	return !slices.ContainsFunc(f.bends, func(spec partition.Spec) bool {
		reads := spec.Reads(at)
		return !reads.Start.Equal(at.Start) || !reads.End.Equal(at.End)
	})
}

// needs is for the pairs of a node, when all pairs of its inputs have their numbers.
func (d *draft) needs(t *part) *needs {
	return &needs{feeds: d.feeds, node: t, all: !t.spec.Partitioned() || t.way.Whole, after: d.after(t)}
}

// of are the pairs that an item reads, ascending; until it is called again.
func (r *needs) of(it *item) []int {
	r.found = r.found[:0]
	clear(r.seen)
	r.visit(r.node, it.reads)
	for _, before := range r.after {
		r.collect(before, it.at, r.all)
	}
	if !slices.IsSorted(r.found) {
		slices.Sort(r.found)
	}
	return slices.Compact(r.found)
}

// visit collects what a node reads of an interval. Ways on which nothing of the plan is met are not gone, and where all need the
// same interval none has to be.
func (r *needs) visit(t *part, at partition.Span) {
	for _, parent := range t.parents {
		f := r.feedOf(parent)
		if r.all || f.straight(at) {
			for _, met := range f.parts {
				r.collect(met, at, r.all || !met.spec.Partitioned())
			}
			continue
		}
		through := at
		if parent.passes && parent.spec.Partitioned() {
			through = parent.spec.Reads(at)
		}
		if known, ok := r.seen[parent]; ok {
			if !through.Start.Before(known.Start) && !through.End.After(known.End) {
				continue
			}
			through = spans{known}.with(through).hull()
		}
		if r.seen == nil {
			r.seen = map[*part]partition.Span{}
		}
		r.seen[parent] = through
		r.visit(parent, through)
	}
}

// collect adds the pairs of a node in an interval, or all of them.
func (r *needs) collect(t *part, at partition.Span, all bool) {
	first := 0
	if !all {
		first = t.from(at)
	}
	for i := first; i < len(t.items); i++ {
		it := &t.items[i]
		if !all && !it.at.Start.Before(at.End) {
			return
		}
		if it.refused == nil {
			r.found = append(r.found, it.seq)
		}
	}
}
