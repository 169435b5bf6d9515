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

// repairOf plans for what a check has found broken: for the worst node, and for others that are broken likewise and have partitions of
// the same grain and calendar, so that one first and one last name them all.
func (p *Platform) repairOf(reports []partition.NodeReport) []Call {
	var nodes []string
	var all partition.Range
	for _, report := range reports {
		for _, r := range report.Ranges {
			if !broken(r) {
				continue
			}
			if len(nodes) == 0 {
				all = r
			}
			if r.First.Grain != all.First.Grain || r.First.Calendar != all.First.Calendar {
				continue
			}
			if k := len(nodes); k == 0 || nodes[k-1] != report.ID {
				if k == maxPlanned {
					break
				}
				nodes = append(nodes, report.ID)
			}
			if r.First.Index < all.First.Index {
				all.First = r.First
			}
			if r.Last.Index > all.Last.Index {
				all.Last = r.Last
			}
		}
	}
	if len(nodes) == 0 {
		return []Call{}
	}
	if calls := p.toPlan(nodes, all.First.String(), all.Last.String(), "The least that has to be run to mend them."); calls != nil {
		return calls
	}
	return []Call{}
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
