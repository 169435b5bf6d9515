package partition

import (
	"context"
	"slices"
)

// report is a node's answer before it is cut.
type report struct {
	NodeReport

	// rank is how bad the worst of it is: less is worse, and calm is nothing at all.
	rank int
	// waits: something further upstream is wrong, too.
	waits bool
	// notReady counts the partitions that are not ready and should be.
	notReady int
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
	allReady := s.allReady(ctx, id, at)
	for i := first.Index; i <= last.Index && ctx.Err() == nil; i++ {
		ok, causes := s.readyToRead(ctx, t, i, allReady)
		out.waits = out.waits || slices.ContainsFunc(causes, func(c cause) bool { return c.node != id })
		if p := t.at(i).presence; !ok && p != Expired {
			out.notReady++
		}
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

// reportTable reports a node without periods. One whose partitions cannot be followed counts as one that is unknown.
func (s *survey) reportTable(id string, table []Found) report {
	out := s.newReport(id, table)
	spec := s.specs.Of(id)
	out.Note = spec.Reason
	if spec.Unknowable {
		out.Counts[Unknown], out.notReady = 1, 1
		out.rank = min(out.rank, rankUnknown)
	}
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
