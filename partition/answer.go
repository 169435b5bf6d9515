package partition

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/page"
	"github.com/headwater-mcp/headwater/period"
)

// CheckAnswer is what check_partitions gives.
type CheckAnswer struct {
	// Nodes are the worst first. Of more than a few asked nodes, those without anything to show are only counted in Summary.
	Nodes []NodeReport `json:"nodes"`
	// Summary says in a few sentences what was checked and what is wrong.
	Summary string `json:"summary"`
	// NotReady is how many of all asked partitions, on this page or not, are not ready.
	NotReady int `json:"not_ready"`
	page.Info
}

// NodeReport is what is known of one node's partitions.
type NodeReport struct {
	ID       string   `json:"id"`
	Spec     Override `json:"spec"      jsonschema_description:"Empty for a node without partitions."`
	SpecFrom string   `json:"spec_from"`
	// Counts are the asked partitions by presence, Findings by finding; a finding about the whole table counts once.
	Counts   map[Presence]int `json:"counts"`
	Findings map[Finding]int  `json:"findings"`
	// Table is what is said of the table and of no partition in particular.
	Table  []Found `json:"table_findings,omitempty"`
	Ranges []Range `json:"ranges"`
	// RangesLeftOut is how many ranges a limit has cut off.
	RangesLeftOut int    `json:"ranges_left_out,omitempty"`
	Note          string `json:"note,omitempty"`
}

// Found is a finding with its evidence and threshold in words.
type Found struct {
	Finding  Finding `json:"finding"`
	Evidence string  `json:"evidence"`
}

// Range is consecutive partitions of which the same is to be said.
type Range struct {
	First    period.Period `json:"first"`
	Last     period.Period `json:"last"`
	Presence Presence      `json:"presence"`
	Findings []Found       `json:"findings"`
	// Ready: everything the partitions need is there and right. A node that reads nothing is ready when it is so itself.
	Ready  bool   `json:"ready"`
	Detail string `json:"detail,omitempty"`
}

const (
	// alwaysListed is how many asked nodes are listed even where all is well.
	alwaysListed = 5
	// maxBytes is what a default answer may take: 2,000 tokens of 4 bytes, less what is said around the nodes.
	maxBytes = 7_000
	// defaultRanges is how many ranges of a node a default answer shows.
	defaultRanges = 12
)

// answer orders, filters and cuts the reports.
func (s *survey) answer(r CheckRequest, reports []report) (CheckAnswer, error) {
	out := CheckAnswer{Nodes: []NodeReport{}, Summary: s.summary(reports)}
	for _, one := range reports {
		out.NotReady += one.notReady
	}
	var shown []NodeReport
	slices.SortStableFunc(reports, worstFirst)
	for _, one := range reports {
		if r.Only == OnlyProblems {
			if one.rank == calm && len(reports) > alwaysListed {
				continue
			}
			one.Ranges = slices.DeleteFunc(one.Ranges, func(r Range) bool { return r.rank() == calm })
			one.Table = slices.DeleteFunc(one.Table, func(f Found) bool { return f.Finding.harmless() })
		}
		slices.SortStableFunc(one.Ranges, func(a, b Range) int {
			return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.First.Index, b.First.Index))
		})
		if limit := cmp.Or(r.Limit, defaultRanges); limit > 0 && len(one.Ranges) > limit {
			one.RangesLeftOut = len(one.Ranges) - limit
			one.Ranges = one.Ranges[:limit]
		}
		shown = append(shown, one.NodeReport)
	}
	var err error
	out.Nodes, out.Info, err = page.Cut(shown, r.Limit, r.Cursor)
	if err != nil || r.Limit != 0 {
		return out, err
	}
	fitting, err := fitting(out.Nodes)
	if err == nil && fitting < len(out.Nodes) {
		out.Nodes, out.Info, err = page.Cut(shown, fitting, r.Cursor)
	}
	return out, err
}

// worstFirst orders reports by what is wrong; of the same kind of wrong, first causes come first.
func worstFirst(a, b report) int {
	later := map[bool]int{true: 1}
	return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(later[a.waits], later[b.waits]), strings.Compare(a.ID, b.ID))
}

// fitting is how many of the nodes a default answer has room for, at least one.
func fitting(nodes []NodeReport) (int, error) {
	used := 0
	for i := range nodes {
		text, err := json.Marshal(nodes[i])
		if err != nil {
			return 0, fault.Wrap(err, fault.Internal, "The answer cannot be written.")
		}
		if used += len(text) + 1; used > maxBytes && i > 0 {
			return i, nil
		}
	}
	return len(nodes), nil
}
