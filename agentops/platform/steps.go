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
	var nodes []string
	var all partition.Range
	for _, report := range reports {
		hull, found := brokenIn(report, all, len(nodes) > 0)
		if !found || len(nodes) == maxPlanned {
			continue
		}
		all = hull
		nodes = append(nodes, report.ID)
	}
	if len(nodes) == 0 || p.Repairs == nil {
		return []Call{}
	}
	return p.toPlan(nodes, all.First.String(), all.Last.String(), "The least that has to be run to mend them.")
}

// brokenIn widens a hull of periods, where there is one, by what is broken of a node in the hull's grain and calendar, and reports
// whether anything is. Without one yet, the first that is broken gives the grain.
func brokenIn(report partition.NodeReport, hull partition.Range, known bool) (wider partition.Range, found bool) {
	for _, r := range report.Ranges {
		switch {
		case !broken(r):
			continue
		case !known:
			hull, known = r, true
		case r.First.Grain != hull.First.Grain || r.First.Calendar != hull.First.Calendar:
			continue
		}
		found = true
		if r.First.Index < hull.First.Index {
			hull.First = r.First
		}
		if r.Last.Index > hull.Last.Index {
			hull.Last = r.Last
		}
	}
	return hull, found
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
