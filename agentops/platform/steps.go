package platform

import (
	"github.com/headwater-mcp/headwater/partition"
)

const planBackfill = "plan_backfill"

// maxPlanned is how many nodes a next step plans for: the worst, in the order of the check.
const maxPlanned = 5

// toPlan is the call that plans a repair of nodes in periods; none where no plans are made.
func (p *Platform) toPlan(nodes []string, first, last, why string) []Call {
	if p.Repairs == nil {
		return nil
	}
	return []Call{{planBackfill, map[string]any{"nodes": nodes, "first": first, "last": last}, why}}
}

// repairOf plans for what a check has found broken: for the worst node, and for others that are broken likewise and have
// partitions of the same grain and calendar, so that one first and one last name them all.
func (p *Platform) repairOf(reports []partition.NodeReport) []Call {
	var r repair
	for _, report := range reports {
		for _, at := range report.Ranges {
			if broken(at) {
				r.add(report.ID, at)
			}
		}
	}
	if len(r.nodes) == 0 {
		return []Call{}
	}
	calls := p.toPlan(r.nodes, r.all.First.String(), r.all.Last.String(), "The least that has to be run to mend them.")
	return append([]Call{}, calls...)
}

// repair is a few nodes and the hull of what is broken of them.
type repair struct {
	nodes []string
	all   partition.Range
}

// add takes in what is broken of a node, where the periods can be named together and the nodes are not too many.
func (r *repair) add(id string, at partition.Range) {
	n := len(r.nodes)
	if n == 0 {
		r.nodes, r.all = []string{id}, at
		return
	}
	known := r.nodes[n-1] == id
	if at.First.Grain != r.all.First.Grain || at.First.Calendar != r.all.First.Calendar || !known && n == maxPlanned {
		return
	}
	if !known {
		r.nodes = append(r.nodes, id)
	}
	if at.First.Index < r.all.First.Index {
		r.all.First = at.First
	}
	if at.Last.Index > r.all.Last.Index {
		r.all.Last = at.Last
	}
}

// broken reports whether a run could be needed: something is missing or wrong, or what it is made from is.
func broken(r partition.Range) bool {
	switch r.Presence {
	case partition.Missing:
		return true
	case partition.Present, partition.Open:
	case partition.NotExpected, partition.Expired, partition.Pending, partition.Unknown:
		return false
	}
	for _, f := range r.Findings {
		if f.Finding.Blocks() {
			return true
		}
	}
	return r.Presence == partition.Present && !r.Ready // what is open waits for its inputs
}

// repairable reports whether one of the causes is of a kind that a run can mend: not one that waits, or cannot be seen.
func repairable(causes []partition.StaleCause) bool {
	for _, c := range causes {
		if c.Presence != partition.Pending && c.Presence != partition.Unknown {
			return true
		}
	}
	return false
}
