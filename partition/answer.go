package partition

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
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

// report is a node's answer before it is cut.
type report struct {
	NodeReport

	// rank is how bad the worst of it is: less is worse, and calm is nothing at all.
	rank int
	// waits: something further upstream is wrong, too.
	waits bool
}

// The ranks of ranges and nodes.
const (
	rankFault    = iota // missing, or a finding that makes readers not ready
	rankUnknown         // could not be observed
	rankNotReady        // right by itself, and something upstream is not
	rankOdd             // any other finding that is a problem
	calm
)

func (s *survey) report(ctx context.Context, id string, at interval, table []Found) report {
	t := s.judged(ctx, id)
	first, last := t.spec.overlapping(at)
	all := make([]judgement, 0, last.Index-first.Index+1)
	out := s.newReport(id, table)
	for i := first.Index; i <= last.Index; i++ {
		ok, causes := true, []cause(nil)
		if t.at(i).presence != NotExpected {
			ok, causes = s.ready(ctx, t, i)
		}
		out.waits = out.waits || len(causes) > 0
		all = append(all, judgement{dated: dated{t.spec.period(i), t.at(i)}, ready: ok, causes: causes})
		out.Counts[t.at(i).presence]++
		for _, f := range t.at(i).findings {
			out.Findings[f]++
		}
	}
	out.Note = t.note(all)
	for _, run := range compress(all) {
		out.rank = min(out.rank, run[0].rank())
		out.Ranges = append(out.Ranges, t.describe(run))
	}
	return out
}

// reportTable reports a node without periods.
func (s *survey) reportTable(id string, table []Found) report {
	out := s.newReport(id, table)
	out.Note = s.specs.Of(id).Reason
	return out
}

func (s *survey) newReport(id string, table []Found) report {
	spec := s.specs.Of(id)
	out := report{rank: calm, NodeReport: NodeReport{
		ID: id, Spec: spec.Override(), SpecFrom: spec.From, Counts: map[Presence]int{}, Findings: map[Finding]int{},
		Ranges: []Range{}, Table: table,
	}}
	for _, f := range table {
		out.Findings[f.Finding]++
		switch {
		case f.Finding.blocks():
			out.rank = min(out.rank, rankFault)
		case !f.Finding.harmless():
			out.rank = min(out.rank, rankOdd)
		}
	}
	return out
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

// summary counts nodes and partitions by what is to be said of them.
func (s *survey) summary(reports []report) string {
	if len(reports) == 0 {
		return "No node was asked for."
	}
	counts, findings := map[Presence]int{}, map[Finding]int{}
	partitions, whole, troubled := 0, 0, 0
	for _, r := range reports {
		if !s.specs.Of(r.ID).Partitioned() {
			whole++
		}
		if r.rank != calm {
			troubled++
		}
		for p, n := range r.Counts {
			counts[p] += n
			partitions += n
		}
		for f, n := range r.Findings {
			findings[f] += n
		}
	}
	var parts []string
	for _, p := range []Presence{Present, Missing, Unknown, Pending, Open, Expired, NotExpected} {
		if counts[p] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", number(int64(counts[p])), p))
		}
	}
	text := fmt.Sprintf("%s without anything wrong, %s with.", plural(len(reports)-troubled, "node"), number(int64(troubled)))
	if partitions > 0 {
		text += fmt.Sprintf(" %s: %s.", plural(partitions, "partition"), strings.Join(parts, ", "))
	}
	parts = nil
	for _, f := range gravity() {
		if findings[f] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", f, number(int64(findings[f]))))
		}
	}
	if len(parts) > 0 {
		text += " Findings: " + strings.Join(parts, ", ") + "."
	}
	if whole > 0 {
		text += fmt.Sprintf(" %s without partitions.", plural(whole, "node"))
	}
	if s.down != "" {
		text += " The warehouse could not be asked: " + s.down
	}
	return text
}
