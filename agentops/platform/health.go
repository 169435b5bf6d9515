package platform

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// grouped puts together partitions of one node that are wrong in the same way and that the same periods of the fact need, such as
// the lost hours of a day; in their order.
func grouped(troubles []partition.Trouble) [][]partition.Trouble {
	var groups [][]partition.Trouble
	for _, t := range troubles {
		same := slices.IndexFunc(groups, func(g []partition.Trouble) bool { return alike(g[0], t) })
		if same < 0 {
			groups = append(groups, []partition.Trouble{t})
			continue
		}
		groups[same] = append(groups[same], t)
	}
	for _, group := range groups {
		slices.SortFunc(group, func(a, b partition.Trouble) int { return cmp.Compare(a.Period.Index, b.Period.Index) })
	}
	return groups
}

// healths tells groups of troubles by what they mean for a fact.
func healths(graph *lineage.Graph, fact string, groups [][]partition.Trouble) []explain.Health {
	out := make([]explain.Health, len(groups))
	for i, group := range groups {
		first, last := group[0], group[len(group)-1]
		out[i] = healthOf(graph, first)
		if first.Partition() == "" {
			continue
		}
		out[i].Start, out[i].End = first.Period.Start(), last.Period.End()
		if len(group) > 1 {
			out[i].Last, out[i].Named = last.Partition(), listed(group)
			out[i].Detail = fmt.Sprintf("%d %ss, %s; the first of them: %s", len(group), first.Period.Grain, out[i].Named, first.Detail)
		}
		out[i].Detail += within(fact, first)
	}
	return out
}

func alike(a, b partition.Trouble) bool {
	return a.Partition() != "" && b.Partition() != "" && a.Node == b.Node && problemOf(a) == problemOf(b) &&
		a.Consequence == b.Consequence && slices.Equal(a.Affects, b.Affects)
}

// maxRanges is how many stretches of partitions a sentence names.
const maxRanges = 3

// listed names partitions as a sentence does, stretches as ranges.
func listed(group []partition.Trouble) string {
	periods := make([]period.Period, len(group))
	for i, t := range group {
		periods[i] = t.Period
	}
	names := activation.Names(periods)
	if more := len(names) - maxRanges; more > 0 {
		names = append(names[:maxRanges], fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// within says of a partition of a finer grain than the fact's periods which of those it makes suspect, and which by its echo.
func within(fact string, t partition.Trouble) string {
	if _, suspect := suspectFor(t); !suspect || len(t.Affects) == 0 || !finer(t.Period.Grain, t.Affects[0].Grain) {
		return ""
	}
	names := activation.Names(t.Affects)
	next := t.Affects[len(t.Affects)-1].Next()
	return fmt.Sprintf(" It makes %s of %s by %s suspect, and by its echo the transitions of %s.",
		strings.Join(names, ", "), fact, t.Affects[0].Grain, next)
}

// finer reports whether a grain is shorter than another.
func finer(a, b period.Grain) bool {
	return slices.Index(period.Grains(), a) < slices.Index(period.Grains(), b)
}

// healthOf turns what the partition checks found into what an explanation weighs.
func healthOf(graph *lineage.Graph, t partition.Trouble) explain.Health {
	h := explain.Health{
		Kind: explain.PartitionEvidence, Problem: problemOf(t), Partition: t.Partition(), Detail: t.Detail, Periods: t.Affects,
		Node: nameOf(graph, t.Node), Path: make([]string, len(t.Path)),
	}
	if h.Problem == explain.Problem(partition.TestFailed) {
		h.Kind = explain.TestEvidence
	}
	for i, id := range t.Path {
		h.Path[i] = nameOf(graph, id)
	}
	return h
}

// recodings are changes of code that a period of the fact is the first to show, as an explanation weighs them.
func recodings(graph *lineage.Graph, recoded []partition.Recoding, asked period.Period) []explain.Health {
	out := make([]explain.Health, len(recoded))
	for i, r := range recoded {
		out[i] = explain.Health{
			Kind: explain.CodeEvidence, Problem: explain.CodeChanged, Node: nameOf(graph, r.Node), Partition: r.Period.String(),
			Start: r.Period.Start(), End: r.Period.End(), Path: make([]string, len(r.Path)), Detail: r.Detail,
			Periods: []period.Period{asked}, Base: r.Base,
		}
		for k, id := range r.Path {
			out[i].Path[k] = nameOf(graph, id)
		}
	}
	return out
}

// nameOf is the name by which a project refers to a node.
func nameOf(graph *lineage.Graph, id string) string {
	if n, ok := graph.Node(id); ok {
		return n.RefName()
	}
	return id
}

// problemOf is the one word for a trouble: thin, its presence where that is wrong, or its gravest finding.
func problemOf(t partition.Trouble) explain.Problem {
	if t.Thin {
		return explain.Thin
	}
	switch t.Presence {
	case partition.Missing, partition.Pending:
		return explain.Problem(t.Presence)
	case partition.NotExpected, partition.Expired, partition.Open, partition.Unknown, partition.Present:
	}
	if len(t.Findings) > 0 {
		return explain.Problem(t.Findings[0])
	}
	return explain.Problem(t.Presence)
}
