package backfill

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// item is a partition that belongs into the plan.
type item struct {
	verdict partition.Verdict // no Period of a node without partitions
	// at is the partition's interval, reads what it is made from; empty of a node without partitions.
	at, reads partition.Span
	reason    string
	// asked: it was asked for; wrong: it is run for what it is itself.
	asked, wrong bool
	// refused says why it is left out; empty where it is not.
	refused Refusal
	remedy  string
	seq     int
}

// draft is a plan while it is made. Its maps are by node id.
type draft struct {
	Planner

	question Question
	order    []*lineage.Node
	// asked are the asked intervals; below are the nodes downstream of those, where that is asked for.
	asked map[string]partition.Span
	below map[string]bool
	// needed is what the asked partitions read, all the way up, themselves included.
	needed map[string]spans
	// items are in the plan, ascending. changed is what a run of the plan makes other than what its readers read.
	items   map[string][]item
	changed map[string]spans
	// late is what came after its readers were built.
	late map[string]spans
	// gone is what is past its retention and not there any more, filled what has rows.
	gone, filled map[string]spans
	// typical is the number of rows of partitions with nothing wrong.
	typical map[string][]int64
}

// draft finds everything that belongs into a plan, refused or not.
func (p Planner) draft(ctx context.Context, q Question) *draft {
	d := &draft{
		Planner: p, question: q, asked: map[string]partition.Span{}, below: map[string]bool{}, items: map[string][]item{},
		needed: map[string]spans{}, changed: map[string]spans{}, late: map[string]spans{}, gone: map[string]spans{},
		filled: map[string]spans{}, typical: map[string][]int64{},
	}
	for id, at := range q.Asked {
		d.asked[p.as(id)] = at
	}
	ids := slices.Sorted(maps.Keys(d.asked))
	if q.Downstream {
		for _, n := range p.order(ids, p.Graph.Children) {
			if _, asked := d.asked[n.ID]; !asked {
				d.below[n.ID] = true
				ids = append(ids, n.ID)
			}
		}
	}
	d.order = slices.DeleteFunc(p.order(ids, p.Graph.Parents), func(n *lineage.Node) bool { return p.as(n.ID) != n.ID })
	d.need(ctx)
	for _, n := range d.order {
		d.plan(ctx, n)
	}
	return d
}

// need finds what the partitions that are to be made right read.
func (d *draft) need(ctx context.Context) {
	for id, at := range d.asked {
		spec := d.Specs.Of(id)
		if !spec.Partitioned() || d.question.Scope == ScopeProblems || d.question.Scope == ScopeAll {
			d.needed[id] = d.needed[id].with(at)
			continue
		}
		d.World.Each(ctx, id, at, func(v partition.Verdict) {
			if d.seeds(v) {
				d.needed[id] = d.needed[id].with(spanOf(v.Period))
			}
		})
	}
	for _, n := range slices.Backward(d.order) {
		spec := d.Specs.Of(n.ID)
		for _, at := range d.needed[n.ID] {
			if spec.Partitioned() {
				at = spec.Reads(at)
			}
			for _, parent := range d.Graph.Parents(n.ID) {
				d.needed[parent.ID] = d.needed[parent.ID].with(at)
			}
		}
	}
}

func spanOf(p period.Period) partition.Span { return partition.Span{Start: p.Start(), End: p.End()} }

// seeds reports whether an asked partition is to be run for what it is itself.
func (d *draft) seeds(v partition.Verdict) bool {
	if !runnable(v) {
		return false
	}
	switch d.question.Scope {
	case ScopeAll:
		return true
	case ScopeMissing:
		return v.Presence == partition.Missing
	case ScopeStale:
		return v.Has(partition.Stale)
	case ScopeProblems:
	}
	return broken(v) != ""
}

// runnable reports whether a partition is one to build: it is expected, and closed or at least begun to be filled.
func runnable(v partition.Verdict) bool {
	switch v.Presence {
	case partition.Present, partition.Missing, partition.Unknown:
		return true
	case partition.Open, partition.Pending:
		return v.Rows > 0
	case partition.NotExpected, partition.Expired:
	}
	return false
}

// broken is what is wrong with a partition itself that a run of it can mend, or "".
func broken(v partition.Verdict) string {
	if v.Presence == partition.Missing {
		return string(partition.Missing)
	}
	if !runnable(v) {
		return ""
	}
	for _, f := range v.Findings {
		if f.Blocks() {
			return string(f)
		}
	}
	return ""
}

// plan decides about the partitions of one node, after all that it reads.
func (d *draft) plan(ctx context.Context, n *lineage.Node) {
	parents := d.Graph.Parents(n.ID)
	reads := above(parents, d.changed)
	spec := d.Specs.Of(n.ID)
	if d.Specs.Passes(n) {
		d.changed[n.ID] = passed(spec, reads)
		d.gone[n.ID], d.filled[n.ID] = passed(spec, above(parents, d.gone)), passed(spec, above(parents, d.filled))
		return
	}
	if !spec.Partitioned() {
		d.changed[n.ID], d.gone[n.ID], d.filled[n.ID] = reads, above(parents, d.gone), above(parents, d.filled)
		d.planWhole(n, len(reads) > 0)
		return
	}
	in := looked{changed: reads, filled: above(parents, d.filled)}
	for _, at := range d.relevant(n, spec, reads) {
		d.World.Each(ctx, n.ID, at, func(v partition.Verdict) { d.consider(n, spec, v, in) })
	}
}

// passed is what of an interval reaches the readers of a view: all of every partition of the view that reads of it, where it has
// a spec, since whoever reads a part of one needs it whole.
func passed(spec partition.Spec, reads spans) spans {
	if !spec.Partitioned() {
		return reads
	}
	var out spans
	for _, at := range reads {
		first, last := readers(spec, at)
		out = out.with(partition.Span{Start: first.Start(), End: last.End()})
	}
	return out
}

// relevant are the intervals of a node in which a partition may have to be run.
func (d *draft) relevant(n *lineage.Node, spec partition.Spec, reads spans) spans {
	out := slices.Clone(d.needed[n.ID])
	if at, ok := d.asked[n.ID]; ok {
		out = out.with(at)
	}
	if d.below[n.ID] {
		out = out.union(passed(spec, reads))
	}
	// A partition that two of them touch is looked at once.
	var whole spans
	for _, at := range out {
		whole = whole.with(partition.Span{Start: spec.At(at.Start).Start(), End: spec.At(at.End.Add(-1)).End()})
	}
	return whole
}

// looked is what is known of what a node reads: what the plan changes, and what has rows.
type looked struct{ changed, filled spans }

// consider decides about one partition.
func (d *draft) consider(n *lineage.Node, spec partition.Spec, v partition.Verdict, in looked) {
	at := spanOf(v.Period)
	made := at
	if spec.Window > 0 {
		made.Start = v.Period.Add(-spec.Window).Start()
	}
	needed := d.needed[n.ID].overlap(at)
	span, asked := d.asked[n.ID]
	asked = asked && span.Start.Before(at.End) && at.Start.Before(span.End)
	if v.Observed && v.Presence == partition.Present && len(v.Findings) == 0 {
		d.typical[n.ID] = append(d.typical[n.ID], v.Rows)
	}
	switch {
	case v.Rows > 0:
		d.filled[n.ID] = d.filled[n.ID].with(at)
	case v.Presence == partition.Expired && v.Observed:
		d.gone[n.ID] = d.gone[n.ID].with(at)
	}
	wrong := broken(v)
	if wrong == "" && v.Has(partition.Empty) && in.filled.overlap(made) {
		wrong = string(partition.Empty) // and what it reads is not
	}
	reason := ""
	switch {
	case asked && (d.seeds(v) || d.question.Scope == ScopeProblems && wrong != ""):
		reason = cmp.Or(wrong, "asked for")
	case needed && wrong != "":
		reason = wrong
	case (needed || d.below[n.ID]) && runnable(v) && in.changed.overlap(made):
		reason = "reads " + d.readsFrom(n, made)
	}
	if reason != "" {
		d.items[n.ID] = append(d.items[n.ID], item{verdict: v, wrong: wrong != "", at: at, reads: made, reason: reason, asked: asked})
	}
	if needed && v.Has(partition.Late) {
		d.late[n.ID] = d.late[n.ID].with(at)
	} else if reason == "" {
		return
	}
	d.changed[n.ID] = d.changed[n.ID].with(at)
}

// planWhole decides about a node without partitions.
func (d *draft) planWhole(n *lineage.Node, reads bool) {
	_, asked := d.asked[n.ID]
	reason := ""
	switch {
	case asked && d.question.Scope == ScopeAll:
		reason = "asked for"
	case len(d.needed[n.ID]) > 0 && d.question.Scope != ScopeMissing && d.question.Scope != ScopeStale && d.World.Failed(n.ID),
		!asked && len(d.needed[n.ID]) > 0 && d.World.Failed(n.ID):
		reason = string(partition.Failed)
	case reads && (len(d.needed[n.ID]) > 0 || d.below[n.ID]):
		for _, at := range d.changed[n.ID] {
			reason = "reads " + d.readsFrom(n, at)
			break
		}
	}
	if reason != "" {
		d.items[n.ID] = append(d.items[n.ID], item{reason: reason, asked: asked})
	}
}

// readsFrom names what of the plan a node reads in an interval: the first by id, and how many more.
func (d *draft) readsFrom(n *lineage.Node, at partition.Span) string {
	for _, parent := range d.Graph.Parents(n.ID) {
		if !d.changed[parent.ID].overlap(at) {
			continue
		}
		if d.Specs.Passes(parent) || len(d.items[parent.ID]) == 0 && !d.Specs.Of(parent.ID).Partitioned() {
			return d.readsFrom(parent, at)
		}
		return parent.Name
	}
	return ""
}

// above is what the parents of a node have of something.
func above(parents []*lineage.Node, of map[string]spans) spans {
	var out spans
	for _, parent := range parents {
		out = out.union(of[parent.ID])
	}
	return out
}
