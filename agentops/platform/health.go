package platform

import (
	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

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

// nameOf is the name by which a project refers to a node.
func nameOf(graph *lineage.Graph, id string) string {
	if n, ok := graph.Node(id); ok {
		return n.RefName()
	}
	return id
}

// problemOf is the one word for a trouble: its presence where that is wrong, else its gravest finding.
func problemOf(t partition.Trouble) explain.Problem {
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

// makesSuspect reports whether the periods that need the partition cannot be trusted.
func makesSuspect(t partition.Trouble) bool {
	if t.Presence == partition.Missing {
		return true
	}
	for _, f := range t.Findings {
		switch f {
		case partition.Partial, partition.Failed, partition.Empty:
			return true
		case partition.Duplicated, partition.TestFailed, partition.LowVolume, partition.HighVolume, partition.Untested,
			partition.EmptyAsUsual, partition.CodeChanged, partition.LedgerMismatch:
		}
	}
	return false
}
