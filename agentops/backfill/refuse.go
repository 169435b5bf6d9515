package backfill

import (
	"fmt"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// refuse finds the items that cannot be run, inputs first: what reads a refused one is refused, too. Activation that was asked
// for, or is wrong itself, is built over whatever rows the fact has.
func (d *draft) refuse() {
	refused, kept := map[string]spans{}, map[string]spans{}
	for _, n := range d.order {
		parents := d.Graph.Parents(n.ID)
		in := inputs{refused: above(parents, refused), kept: above(parents, kept), gone: above(parents, d.gone)}
		items, spec := d.items[n.ID], d.Specs.Of(n.ID)
		if !spec.Partitioned() || d.Specs.Passes(n) {
			refused[n.ID], kept[n.ID] = passed(spec, in.refused), passed(spec, in.kept)
		} else {
			kept[n.ID] = d.late[n.ID]
		}
		if len(items) == 0 {
			continue
		}
		way := d.Way(n)
		for i := range items {
			d.judge(n, &items[i], way, in)
			to := refused
			switch {
			case items[i].refused == "":
				to = kept
			case n.Type == lineage.TypeActivation:
				continue
			}
			if spec.Partitioned() {
				to[n.ID] = to[n.ID].with(items[i].at)
			} else {
				to[n.ID] = to[n.ID].union(d.changed[n.ID])
			}
		}
	}
}

// inputs are what a node reads: what of it is refused, what is run or came late, and what is gone.
type inputs struct{ refused, kept, gone spans }

// judge refuses one item where it has to be.
func (d *draft) judge(n *lineage.Node, it *item, way Way, in inputs) {
	if way.Refused != "" {
		it.refused, it.remedy = way.Refused, way.Remedy
		return
	}
	if n.Type == lineage.TypeActivation {
		if !it.asked && !it.wrong && !in.kept.overlap(it.reads) {
			it.refused, it.remedy = RefusedInput, d.inputRemedy(n)
		}
		return
	}
	spec := d.Specs.Of(n.ID)
	if !spec.Partitioned() {
		if len(in.refused) > 0 {
			it.refused, it.remedy = RefusedInput, d.inputRemedy(n)
		}
		return
	}
	switch {
	case in.gone.overlap(it.reads):
		it.refused = RefusedSourceExpired
		it.remedy = "What it reads is past its retention and gone; the rows that are there are left as they are. Restore the input first, or leave the period out."
	case way.Whole && d.forgets(n, spec) != "":
		it.refused = RefusedSourceExpired
		it.remedy = fmt.Sprintf("A run makes the whole table anew, and %s keeps its rows for a shorter time: older periods would be lost. Make it incremental, or restore the input first.",
			d.forgets(n, spec))
	case in.refused.overlap(it.reads):
		it.refused, it.remedy = RefusedInput, d.inputRemedy(n)
	}
}

func (d *draft) inputRemedy(n *lineage.Node) string {
	for _, parent := range d.Graph.Parents(n.ID) {
		for _, it := range d.items[parent.ID] {
			if it.refused != "" && it.refused != RefusedInput {
				return "It reads " + parent.Name + ", which is refused: repair that first, and plan again."
			}
		}
	}
	return "It reads what is refused further upstream: repair that first, and plan again."
}

// forgets names an input that keeps its rows for a shorter time than the node does; "" where none does.
func (d *draft) forgets(n *lineage.Node, spec partition.Spec) string {
	for _, parent := range d.Graph.Parents(n.ID) {
		kept := d.Specs.Of(parent.ID).ExpiresAfter
		switch {
		case d.Specs.Passes(parent):
			if name := d.forgets(parent, spec); name != "" {
				return name
			}
		case kept > 0 && (spec.ExpiresAfter == 0 || spec.ExpiresAfter > kept):
			return parent.Name
		}
	}
	return ""
}
