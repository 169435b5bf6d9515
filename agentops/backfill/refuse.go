package backfill

import (
	"fmt"
	"slices"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// refuse finds the items that cannot be run, inputs first: what reads a refused one is refused, too. Activation that was asked
// for, or is wrong itself, is built over whatever rows the fact has.
func (d *draft) refuse() {
	for _, t := range d.order {
		in := inputs{refused: t.above(refusedOf), kept: t.above(keptOf), gone: t.above(goneOf)}
		if !t.spec.Partitioned() || t.passes {
			t.refused, t.kept = passed(t.spec, in.refused), passed(t.spec, in.kept)
		} else {
			t.kept = slices.Clone(t.late)
		}
		if len(t.items) == 0 {
			continue
		}
		t.way = d.Way(t.node)
		if t.way.Whole {
			in.forgets = t.forgets(t.spec, map[*part]bool{})
		}
		for i := range t.items {
			it := &t.items[i]
			it.refused = t.judge(it, in)
			to := &t.refused
			switch {
			case it.refused == nil:
				to = &t.kept
			case t.node.Type == lineage.TypeActivation:
				continue
			}
			if t.spec.Partitioned() {
				*to = to.with(it.at)
			} else {
				*to = to.union(t.changed)
			}
		}
	}
}

// inputs are what a node reads: what of it is refused, what is run or came late, and what is gone; and an input that keeps its
// rows for a shorter time, where a run makes the whole table.
type inputs struct {
	refused, kept, gone spans
	forgets             string
}

// judge is why an item has to be refused; nil where it has not.
func (p *part) judge(it *item, in inputs) *refusal {
	if p.way.Refused != "" {
		return &refusal{p.way.Refused, p.way.Remedy}
	}
	if p.node.Type == lineage.TypeActivation {
		if it.asked || it.wrong || in.kept.overlap(it.reads) {
			return nil
		}
		return p.inputRefused()
	}
	if !p.spec.Partitioned() {
		if len(in.refused) > 0 {
			return p.inputRefused()
		}
		return nil
	}
	switch {
	case in.gone.overlap(it.reads):
		return &refusal{RefusedSourceExpired, "What it reads is past its retention and gone; the rows that are there are left as they are. " +
			"Restore the input first, or leave the period out."}
	case p.way.Whole && in.forgets != "":
		return &refusal{RefusedSourceExpired, fmt.Sprintf(
			"A run makes the whole table anew, and %s keeps its rows for a shorter time: older periods would be lost. Make it incremental, or restore the input first.",
			in.forgets)}
	case in.refused.overlap(it.reads):
		return p.inputRefused()
	}
	return nil
}

func (p *part) inputRefused() *refusal {
	if p.behind == nil {
		p.behind = p.refusedAbove()
	}
	return p.behind
}

func (p *part) refusedAbove() *refusal {
	for _, parent := range p.parents {
		for i := range parent.items {
			if r := parent.items[i].refused; r != nil && r.why != RefusedInput {
				return &refusal{RefusedInput, "It reads " + parent.node.Name + ", which is refused: repair that first, and plan again."}
			}
		}
	}
	return &refusal{RefusedInput, "It reads what is refused further upstream: repair that first, and plan again."}
}

// forgets names an input that keeps its rows for a shorter time than a spec has it; "" where none does.
func (p *part) forgets(spec partition.Spec, seen map[*part]bool) string {
	if seen[p] {
		return ""
	}
	seen[p] = true
	for _, parent := range p.parents {
		kept := parent.spec.ExpiresAfter
		switch {
		case parent.passes:
			if name := parent.forgets(spec, seen); name != "" {
				return name
			}
		case kept > 0 && (spec.ExpiresAfter == 0 || spec.ExpiresAfter > kept):
			return parent.node.Name
		}
	}
	return ""
}
