package backfill_test

import (
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// dot is one partition of a node; no period is the whole of it.
type dot struct{ node, period string }

// oracle finds the least set by trying every partition again until nothing changes. It counts in single hours.
type oracle struct {
	*made

	// hours are those of each partition.
	hours map[dot]set
	// planned, late and refused are found partition by partition.
	planned map[dot]bool
	refused map[dot]string
	// changed are the hours of each node that the plan makes other, or that came late.
	changed map[string]set
	named   map[string]map[string]partition.Verdict
	// read are the hours of each node that the asked partitions read.
	read map[string]set
}

func newOracle(m *made) *oracle {
	return &oracle{made: m, hours: map[dot]set{}, planned: map[dot]bool{}, refused: map[dot]string{}, read: map[string]set{}, changed: map[string]set{}, named: map[string]map[string]partition.Verdict{}}
}

// margin is how many hours before and after the world are looked at.
const margin, worldHours = 24 * 20, 12 * 24

func hoursOf(p period.Period) set {
	var out set
	start, end := p.Start(), p.End()
	for h := -margin; h < worldHours+margin; h++ {
		if at := hour(h); !at.Before(start) && at.Before(end) {
			out.add(h)
		}
	}
	return out
}

// set is a set of hours.
type set [(12*24 + 2*margin + 63) / 64]uint64

func (s *set) add(h int) { s[(h+margin)/64] |= 1 << ((h + margin) % 64) }

func (s *set) has(h int) bool { return s[(h+margin)/64]&(1<<((h+margin)%64)) != 0 }

func (s *set) join(o set) {
	for i := range s {
		s[i] |= o[i]
	}
}

// everything is all hours.
func everything() set {
	var out set
	for i := range out {
		out[i] = ^uint64(0)
	}
	return out
}

// partitions lists those of a table, or its whole.
func (o *oracle) partitions(id string) map[string]partition.Verdict {
	if known, ok := o.named[id]; ok {
		return known
	}
	out := map[string]partition.Verdict{}
	for _, v := range o.verdicts[id] {
		out[v.Period.String()] = v
	}
	o.named[id] = out
	return out
}

func (o *oracle) node(id string) *lineage.Node {
	n, _ := o.graph.Node(id)
	return n
}

func (o *oracle) isView(id string) bool { return o.node(id).Materialized == "view" }

func (o *oracle) isTable(id string) bool { return o.specs.Of(id).Partitioned() && !o.isView(id) }

// hoursReadBy are the hours of its inputs that hours of a node are made from: those of every partition that holds one of them,
// and of so many partitions before.
func (o *oracle) hoursReadBy(id string, hours set) set {
	spec := o.specs.Of(id)
	if !spec.Partitioned() {
		return hours
	}
	var out set
	for h := -margin; h < worldHours+margin; h++ {
		if !hours.has(h) {
			continue
		}
		p := spec.At(hour(h))
		for k := range spec.Window + 1 {
			out.join(o.hoursOf(id, p.Add(-k)))
		}
	}
	return out
}

func (o *oracle) hoursOf(id string, p period.Period) set {
	key := dot{id, p.String()}
	known, ok := o.hours[key]
	if !ok {
		known = hoursOf(p)
		o.hours[key] = known
	}
	return known
}

func meet(a, b set) bool {
	for i := range a {
		if a[i]&b[i] != 0 {
			return true
		}
	}
	return false
}

// reached calls fn with every node whose hours are read, through views and tables without partitions, by hours of the parents of
// id.
func (o *oracle) reached(id string, hours set, fn func(parent string, hours set)) {
	for _, parent := range o.parents[id] {
		fn(parent, hours)
		if !o.isTable(parent) {
			o.reached(parent, o.hoursReadBy(parent, hours), fn)
		}
	}
}

// waited is reached, but not through tables that are in the plan: they wait themselves.
func (o *oracle) waited(id string, hours set, pairs []backfill.Pair, fn func(parent string, hours set)) {
	for _, parent := range o.parents[id] {
		fn(parent, hours)
		runs := slices.ContainsFunc(pairs, func(p backfill.Pair) bool { return p.Node == parent })
		if !o.isTable(parent) && !runs {
			o.waited(parent, o.hoursReadBy(parent, hours), pairs, fn)
		}
	}
}

func (o *oracle) runnable(v partition.Verdict) bool {
	there := slices.Contains([]partition.Presence{partition.Present, partition.Missing, partition.Unknown}, v.Presence)
	return there || v.Presence == partition.Open && v.Rows > 0
}

func (o *oracle) wrong(v partition.Verdict) bool {
	return v.Presence == partition.Missing || o.runnable(v) && (v.Has(partition.Stale) || v.Has(partition.Partial))
}

// wrongAt is wrong of a partition, or that it is empty and what it reads is not.
func (o *oracle) wrongAt(id string, v partition.Verdict) bool {
	if o.wrong(v) || !v.Has(partition.Empty) {
		return o.wrong(v)
	}
	found := false
	o.reached(id, o.hoursReadBy(id, o.hoursOf(id, v.Period)), func(parent string, hours set) {
		for _, u := range o.partitions(parent) {
			own := o.hoursOf(parent, u.Period)
			looked := meet(o.read[parent], own) || o.asks(parent, own) || o.planned[dot{parent, u.Period.String()}]
			found = found || o.isTable(parent) && looked && u.Rows > 0 && meet(own, hours)
		}
	})
	return found
}

func (o *oracle) seed(v partition.Verdict) bool {
	switch o.question.Scope {
	case backfill.ScopeAll:
		return o.runnable(v)
	case backfill.ScopeMissing:
		return v.Presence == partition.Missing
	case backfill.ScopeStale:
		return o.runnable(v) && v.Has(partition.Stale)
	case backfill.ScopeProblems:
	}
	return o.wrong(v)
}

func (o *oracle) asks(id string, hours set) bool {
	_, asked := o.question.Asked[id]
	return asked && meet(hours, askedHours())
}

func askedHours() set {
	var out set
	for h := askedFrom; h < askedUntil; h++ {
		out.add(h)
	}
	return out
}

// below reports whether a node lies downstream of an asked one and is not asked itself.
func (o *oracle) below(id string) bool {
	if _, asked := o.question.Asked[id]; asked || !o.question.Downstream {
		return false
	}
	seen := map[string]bool{}
	var up func(string) bool
	up = func(id string) bool {
		if seen[id] {
			return false
		}
		seen[id] = true
		return slices.ContainsFunc(o.parents[id], func(p string) bool {
			_, asked := o.question.Asked[p]
			return asked || up(p)
		})
	}
	return up(id)
}

// close fills read and planned.
func (o *oracle) close() {
	byScope := o.question.Scope == backfill.ScopeMissing || o.question.Scope == backfill.ScopeStale
	for _, n := range slices.Backward(o.nodes) {
		id := n.ID
		own := o.read[id]
		if _, asked := o.question.Asked[id]; asked {
			if o.specs.Of(id).Partitioned() && byScope {
				for _, v := range o.partitions(id) {
					if hours := o.hoursOf(id, v.Period); o.asks(id, hours) && o.seed(v) {
						own.join(hours)
					}
				}
			} else {
				own.join(askedHours())
			}
		}
		o.read[id] = own
		reads := o.hoursReadBy(id, own)
		for _, parent := range o.parents[id] {
			above := o.read[parent]
			above.join(reads)
			o.read[parent] = above
		}
	}
	for _, n := range o.nodes {
		for _, v := range o.partitions(n.ID) {
			if own := o.hoursOf(n.ID, v.Period); o.isTable(n.ID) && v.Has(partition.Late) && meet(o.read[n.ID], own) {
				o.change(n.ID, own)
			}
		}
	}
	for grown := true; grown; {
		grown = false
		for _, n := range o.nodes {
			grown = o.grow(n.ID) || grown
		}
	}
}

func (o *oracle) grow(id string) bool {
	grown := false
	add := func(d dot) {
		if !o.planned[d] {
			grown, o.planned[d] = true, true
			if d.period != "" {
				o.change(d.node, o.hoursOf(d.node, o.period(d)))
			}
		}
	}
	switch {
	case o.isView(id):
	case !o.specs.Of(id).Partitioned() && o.node(id).Type != lineage.TypeSource:
		_, asked := o.question.Asked[id]
		byScope := o.question.Scope == backfill.ScopeMissing || o.question.Scope == backfill.ScopeStale
		needed := o.read[id] != (set{})
		if asked && o.question.Scope == backfill.ScopeAll || o.failed[id] && needed && (!asked || !byScope) ||
			(needed || o.below(id)) && o.readsChanged(id, everything()) {
			add(dot{id, ""})
		}
	default:
		for name, v := range o.partitions(id) {
			hours := o.hoursOf(id, v.Period)
			needed := meet(o.read[id], hours)
			reads := o.hoursReadBy(id, hours)
			if o.asks(id, hours) && (o.seed(v) || o.question.Scope == backfill.ScopeProblems && o.wrongAt(id, v)) || needed && o.wrongAt(id, v) ||
				(needed || o.below(id)) && o.runnable(v) && o.readsChanged(id, reads) {
				add(dot{id, name})
			}
		}
	}
	return grown
}

// readsChanged reports whether some hours of a node's inputs hold what the plan makes other, through views and tables without
// partitions.
func (o *oracle) readsChanged(id string, hours set) bool {
	found := false
	o.reached(id, hours, func(parent string, hours set) { found = found || meet(o.changed[parent], hours) })
	return found
}

func (o *oracle) change(id string, hours set) {
	known := o.changed[id]
	known.join(hours)
	o.changed[id] = known
}

// refuse finds what cannot be run.
func (o *oracle) refuse() {
	for _, n := range o.nodes { // inputs first
		id, way := n.ID, o.ways[n.ID]
		for d := range o.planned {
			if d.node != id {
				continue
			}
			switch {
			case way.Refused != "":
				o.refused[d] = string(way.Refused)
			case n.Type == lineage.TypeActivation:
				v := o.partitions(id)[d.period]
				hours := o.hoursOf(id, v.Period)
				if !o.asks(id, hours) && !o.wrongAt(id, v) && !o.readsKept(id, o.hoursReadBy(id, hours)) {
					o.refused[d] = string(backfill.RefusedInput)
				}
			case d.period == "":
				if o.readsRefused(id, everything()) {
					o.refused[d] = string(backfill.RefusedInput)
				}
			default:
				reads := o.hoursReadBy(id, o.hoursOf(id, o.period(d)))
				if o.readsGone(id, reads) {
					o.refused[d] = string(backfill.RefusedSourceExpired)
				} else if o.readsRefused(id, reads) {
					o.refused[d] = string(backfill.RefusedInput)
				}
			}
		}
	}
}

func (o *oracle) period(d dot) period.Period { return o.partitions(d.node)[d.period].Period }

func (o *oracle) readsGone(id string, hours set) bool {
	found := false
	o.reached(id, hours, func(parent string, hours set) {
		for _, v := range o.partitions(parent) {
			if o.isTable(parent) && v.Presence == partition.Expired && o.looked(parent, v) {
				found = found || meet(o.hoursOf(parent, v.Period), hours)
			}
		}
	})
	return found
}

// looked reports whether a partition is in what the asked ones read, all that is looked at.
func (o *oracle) looked(id string, v partition.Verdict) bool {
	hours := o.hoursOf(id, v.Period)
	return meet(o.read[id], hours) || o.asks(id, hours)
}

func (o *oracle) readsRefused(id string, hours set) bool {
	found := false
	o.reached(id, hours, func(parent string, hours set) {
		if o.node(parent).Type == lineage.TypeActivation {
			return
		}
		for d := range o.refused {
			if d.node != parent {
				continue
			}
			if d.period != "" {
				found = found || meet(o.hoursOf(parent, o.period(d)), hours)
				continue
			}
			found = found || o.readsChanged(parent, hours)
		}
	})
	return found
}

// readsKept reports whether some hours of a node's inputs came late, or are run: partitions, or whatever a table without
// partitions passes on of what it reads.
func (o *oracle) readsKept(id string, hours set) bool {
	found := false
	o.reached(id, hours, func(parent string, hours set) {
		for name, v := range o.partitions(parent) {
			d := dot{parent, name}
			own := o.hoursOf(parent, v.Period)
			late := o.isTable(parent) && v.Has(partition.Late) && meet(o.read[parent], own)
			found = found || (o.planned[d] && o.refused[d] == "" || late) && meet(own, hours)
		}
		if whole := (dot{parent, ""}); o.planned[whole] && o.refused[whole] == "" {
			found = found || o.readsChanged(parent, hours)
		}
	})
	return found
}

func (o *oracle) outcome() map[dot]string {
	out := map[dot]string{}
	for d := range o.planned {
		out[d] = "run"
		if why, ok := o.refused[d]; ok {
			out[d] = why
		}
	}
	return out
}

// ordered checks that every pair waits for exactly the pairs that it reads, and runs in a later wave.
func (o *oracle) ordered(t *rapid.T, pairs []backfill.Pair) {
	for i, p := range pairs {
		require.Equal(t, i, p.Seq)
		hours := everything()
		if !p.Whole() {
			hours = o.hoursReadBy(p.Node, o.hoursOf(p.Node, o.period(dot{p.Node, p.Period})))
		}
		want := map[int]bool{}
		o.waited(p.Node, hours, pairs, func(parent string, hours set) {
			for _, q := range pairs {
				if q.Node == parent && (q.Whole() || meet(o.hoursOf(parent, o.period(dot{parent, q.Period})), hours)) {
					want[q.Seq] = true
				}
			}
		})
		got := map[int]bool{}
		for _, seq := range p.Needs {
			got[seq] = true
			require.Less(t, pairs[seq].Wave, p.Wave)
		}
		require.Equal(t, want, got, "what %s %s waits for", p.Node, p.Period)
	}
}
