package backfill

import (
	"sort"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// part is a node in a draft, with all that is found about it.
type part struct {
	node *lineage.Node
	spec partition.Spec
	// passes: its readers read through it, it has no rows of its own.
	passes  bool
	parents []*part
	way     Way

	// isAsked: asked is an interval of it that was asked for. below: it is downstream of what was, where that is asked for.
	isAsked bool
	asked   partition.Span
	below   bool
	// needed is what the asked partitions read, all the way up, themselves included.
	needed spans
	// items are in the plan, ascending. changed is what a run of the plan makes other than what its readers read.
	items   []item
	changed spans
	// late is what came after its readers were built.
	late spans
	// gone is what is past its retention and not there any more, filled what has rows.
	gone, filled spans
	// typical is the number of rows of partitions with nothing wrong.
	typical []int64
	// refused is what is not run, kept what is, or came late.
	refused, kept spans
	// behind is the refusal of what reads a refused input, once there is such; the same for every item.
	behind *refusal

	wave int
	// cursor is where the last search in items ended: those who read them ask in order.
	cursor int
}

// item is a partition that belongs into the plan.
type item struct {
	// period, version and rows are of its verdict; none of a node without partitions.
	period  period.Period
	version string
	rows    int64
	// at is the partition's interval, reads what it is made from; empty of a node without partitions.
	at, reads partition.Span
	reason    string
	// asked: it was asked for; wrong: it is run for what it is itself.
	asked, wrong bool
	// refused says why it is left out; nil where it is not.
	refused *refusal
	seq     int
}

// refusal is why an item is left out, and what would help.
type refusal struct {
	why    Refusal
	remedy string
}

// runs reports whether anything of the node is run.
func (p *part) runs() bool {
	for i := range p.items {
		if p.items[i].refused == nil {
			return true
		}
	}
	return false
}

// from is the place of the first item that ends after the start of an interval.
func (p *part) from(at partition.Span) int {
	i := p.cursor
	if i > 0 && p.items[i-1].at.End.After(at.Start) {
		i = sort.Search(i, func(i int) bool { return p.items[i].at.End.After(at.Start) })
	}
	for i < len(p.items) && !p.items[i].at.End.After(at.Start) {
		i++
	}
	p.cursor = i
	return i
}

// above is what the parents of a node have of something.
func (p *part) above(of func(*part) spans) spans {
	var out spans
	for _, parent := range p.parents {
		out = out.union(of(parent))
	}
	return out
}

// What parts have, for above.
func changedOf(p *part) spans { return p.changed }
func goneOf(p *part) spans    { return p.gone }
func filledOf(p *part) spans  { return p.filled }
func refusedOf(p *part) spans { return p.refused }
func keptOf(p *part) spans    { return p.kept }
