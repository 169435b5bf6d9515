package backfill

import (
	"fmt"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// refuse finds the items that cannot be run, inputs first: what reads a refused one is refused, too. Activation is built over
// whatever rows the fact has.
func (d *draft) refuse() {
	refused := map[string]spans{}
	for _, n := range d.order {
		var above spans
		for _, parent := range d.Graph.Parents(n.ID) {
			above = above.union(refused[parent.ID])
		}
		items, spec := d.items[n.ID], d.Specs.Of(n.ID)
		if !spec.Partitioned() || d.Specs.Passes(n) {
			refused[n.ID] = passed(spec, above)
		}
		if len(items) == 0 {
			continue
		}
		way, gone := d.Way(n), d.goneAbove(d.Graph.Parents(n.ID))
		for i := range items {
			d.judge(n, &items[i], way, above, gone)
			if items[i].refused == "" || n.Type == lineage.TypeActivation {
				continue
			}
			if spec.Partitioned() {
				refused[n.ID] = refused[n.ID].with(items[i].at)
			} else {
				refused[n.ID] = refused[n.ID].union(d.changed[n.ID])
			}
		}
	}
}

// judge refuses one item where it has to be.
func (d *draft) judge(n *lineage.Node, it *item, way Way, above, gone spans) {
	if way.Refused != "" {
		it.refused, it.remedy = way.Refused, way.Remedy
		return
	}
	if n.Type == lineage.TypeActivation {
		return
	}
	spec := d.Specs.Of(n.ID)
	if !spec.Partitioned() {
		if len(above) > 0 {
			it.refused, it.remedy = RefusedInput, d.inputRemedy(n)
		}
		return
	}
	switch {
	case gone.overlap(it.reads):
		it.refused = RefusedSourceExpired
		it.remedy = "What it reads is past its retention and gone; the rows that are there are left as they are. Restore the input first, or leave the period out."
	case way.Whole && d.forgets(n, spec) != "":
		it.refused = RefusedSourceExpired
		it.remedy = fmt.Sprintf("A run makes the whole table anew, and %s keeps its rows for a shorter time: older periods would be lost. Make it incremental, or restore the input first.",
			d.forgets(n, spec))
	case above.overlap(it.reads):
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
