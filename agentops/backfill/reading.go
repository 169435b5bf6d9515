package backfill

import (
	"slices"

	"github.com/headwater-mcp/headwater/partition"
)

// reading follows what a node reads, through views and tables without partitions.
type reading struct {
	// all: not an interval of its inputs but everything.
	all  bool
	seen map[*part]partition.Span
	// reached is given each node with rows that is reached: a table with periods and the interval of it, or one without.
	reached func(t *part, at partition.Span)
}

// visit reaches what a node reads of an interval.
func (r *reading) visit(t *part, at partition.Span) {
	for _, parent := range t.parents {
		through := at
		if !parent.passes {
			r.reached(parent, at)
		}
		if parent.spec.Partitioned() {
			if !parent.passes {
				continue
			}
			if !r.all {
				through = parent.spec.Reads(at)
			}
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

// needs finds the pairs that pairs of one node read, through what is not in the plan itself.
type needs struct {
	reading

	node  *part
	after []*part
	found []int
}

// needs is for the pairs of a node, when all pairs of its inputs have their numbers.
func (d *draft) needs(t *part) *needs {
	r := &needs{reading: reading{all: !t.spec.Partitioned() || t.way.Whole}, node: t, after: d.after(t)}
	r.reached = func(parent *part, at partition.Span) { r.collect(parent, at, r.all || !parent.spec.Partitioned()) }
	return r
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
