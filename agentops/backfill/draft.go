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

// draft is a plan while it is made.
type draft struct {
	Planner

	question Question
	// parts are the nodes that are looked at, by id; order has those that may run, inputs first.
	parts map[string]*part
	order []*part
	// all are the nodes, those whose pairs are counted under another included, inputs first.
	all []*part
	// feeds are, by node, what its readers meet of the plan.
	feeds map[*part]feed
	// found are the items of the node that is looked at: how many there will be is not known before.
	found []item
}

// draft finds everything that belongs into a plan, refused or not.
func (p Planner) draft(ctx context.Context, q Question) *draft {
	d := &draft{Planner: p, question: q, parts: map[string]*part{}, feeds: map[*part]feed{}}
	asked := make(map[string]partition.Span, len(q.Asked))
	for id, at := range q.Asked {
		asked[p.as(id)] = at
	}
	ids := slices.Sorted(maps.Keys(asked))
	below := map[string]bool{}
	if q.Downstream {
		for _, n := range p.order(ids, p.Graph.Children) {
			if _, ok := asked[n.ID]; !ok {
				below[n.ID] = true
				ids = append(ids, n.ID)
			}
		}
	}
	for _, n := range p.order(ids, p.Graph.Parents) {
		t := d.part(n)
		t.asked, t.isAsked = asked[n.ID]
		t.below = below[n.ID]
		d.all = append(d.all, t)
		if p.as(n.ID) == n.ID {
			d.order = append(d.order, t)
		}
	}
	d.need(ctx)
	for _, t := range d.order {
		if ctx.Err() != nil {
			break // the caller has given up, and looks at ctx
		}
		d.plan(ctx, t)
	}
	return d
}

// part is a node's, made when it is first asked for; and those of all that it reads.
func (d *draft) part(n *lineage.Node) *part {
	if t, ok := d.parts[n.ID]; ok {
		return t
	}
	t := &part{node: n, spec: d.Specs.Of(n.ID), passes: d.Specs.Passes(n)}
	d.parts[n.ID] = t
	for _, parent := range d.Graph.Parents(n.ID) {
		t.parents = append(t.parents, d.part(parent))
	}
	return t
}

// need finds what the partitions that are to be made right read.
func (d *draft) need(ctx context.Context) {
	for _, t := range d.order {
		if !t.isAsked || ctx.Err() != nil {
			continue
		}
		if !t.spec.Partitioned() || d.question.Scope == ScopeProblems || d.question.Scope == ScopeAll {
			t.needed = t.needed.with(t.asked)
			continue
		}
		d.World.Each(ctx, t.node.ID, t.asked, func(v partition.Verdict) {
			if d.seeds(v) {
				t.needed = t.needed.with(spanOf(v.Period))
			}
		})
	}
	for _, t := range slices.Backward(d.order) {
		for _, at := range t.needed {
			if t.spec.Partitioned() {
				at = t.spec.Reads(at)
			}
			for _, parent := range t.parents {
				parent.needed = parent.needed.with(at)
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
func (d *draft) plan(ctx context.Context, t *part) {
	reads := t.above(changedOf)
	if t.passes {
		t.changed, t.gone, t.filled = passed(t.spec, reads), passed(t.spec, t.above(goneOf)), passed(t.spec, t.above(filledOf))
		return
	}
	if !t.spec.Partitioned() {
		t.changed, t.gone, t.filled = reads, t.above(goneOf), t.above(filledOf)
		d.planWhole(t, len(reads) > 0)
		return
	}
	d.found = d.found[:0]
	in := looked{changed: reads, filled: t.above(filledOf)}
	for _, at := range t.relevant(reads) {
		d.World.Each(ctx, t.node.ID, at, func(v partition.Verdict) { d.consider(t, v, in) })
	}
	t.items = slices.Clone(d.found)
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
func (p *part) relevant(reads spans) spans {
	out := slices.Clone(p.needed)
	if p.isAsked {
		out = out.with(p.asked)
	}
	if p.below {
		out = out.union(passed(p.spec, reads))
	}
	// A partition that two of them touch is looked at once.
	var whole spans
	for _, at := range out {
		whole = whole.with(partition.Span{Start: p.spec.At(at.Start).Start(), End: p.spec.At(at.End.Add(-1)).End()})
	}
	return whole
}

// looked is what is known of what a node reads: what the plan changes, and what has rows.
type looked struct{ changed, filled spans }

// consider decides about one partition.
func (d *draft) consider(t *part, v partition.Verdict, in looked) {
	at := spanOf(v.Period)
	made := at
	if t.spec.Window > 0 {
		made.Start = v.Period.Add(-t.spec.Window).Start()
	}
	needed := t.needed.overlap(at)
	asked := t.isAsked && t.asked.Start.Before(at.End) && at.Start.Before(t.asked.End)
	if v.Observed && v.Presence == partition.Present && len(v.Findings) == 0 {
		t.typical = append(t.typical, v.Rows)
	}
	switch {
	case v.Rows > 0:
		t.filled = t.filled.with(at)
	case v.Presence == partition.Expired && v.Observed:
		t.gone = t.gone.with(at)
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
	case (needed || t.below) && runnable(v) && in.changed.overlap(made):
		reason = "reads " + t.readsFrom(made)
	}
	if reason != "" {
		d.found = append(d.found, item{
			period: v.Period, version: v.Version, rows: v.Rows, wrong: wrong != "", at: at, reads: made, reason: reason, asked: asked,
		})
	}
	if needed && v.Has(partition.Late) {
		t.late = t.late.with(at)
	} else if reason == "" {
		return
	}
	t.changed = t.changed.with(at)
}

// planWhole decides about a node without partitions.
func (d *draft) planWhole(t *part, reads bool) {
	failed := func() bool { return len(t.needed) > 0 && d.World.Failed(t.node.ID) }
	reason := ""
	switch {
	case t.isAsked && d.question.Scope == ScopeAll:
		reason = "asked for"
	case (!t.isAsked || d.question.Scope != ScopeMissing && d.question.Scope != ScopeStale) && failed():
		reason = string(partition.Failed)
	case reads && (len(t.needed) > 0 || t.below):
		reason = "reads " + t.readsFrom(t.changed[0])
	}
	if reason != "" {
		t.items = append(t.items, item{reason: reason, asked: t.isAsked})
	}
}

// readsFrom names what of the plan a node reads in an interval: the first by id.
func (p *part) readsFrom(at partition.Span) string {
	for _, parent := range p.parents {
		if !parent.changed.overlap(at) {
			continue
		}
		if parent.passes || len(parent.items) == 0 && !parent.spec.Partitioned() {
			return parent.readsFrom(at)
		}
		return parent.node.Name
	}
	return ""
}
