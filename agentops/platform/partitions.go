package platform

import (
	"context"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// PartitionsRequest asks which partitions are there.
type PartitionsRequest struct {
	Nodes  []string `json:"nodes,omitempty" jsonschema_description:"unique_ids, names or relation names; or use select."`
	Select string   `json:"select,omitempty" jsonschema_description:"dbt selector, such as +fct_orders."`
	First  string   `json:"first,omitempty" jsonschema_description:"First partition, by date or hour (2026-06-09T03:00Z); default: the last 14 closed ones."`
	Last   string   `json:"last,omitempty" jsonschema_description:"Last partition, inclusive."`
	Only   string   `json:"only,omitempty" jsonschema:"enum=problems,enum=all" jsonschema_description:"Default problems."`
	Limit  int      `json:"limit,omitempty" jsonschema:"minimum=1,maximum=1000" jsonschema_description:"Nodes; default 50."`
	Cursor string   `json:"cursor,omitempty"`
}

// PartitionsAnswer is what the checker found.
type PartitionsAnswer struct {
	partition.CheckAnswer

	Warnings []string `json:"warnings,omitempty"`
	// Next plans a repair of what is broken, where something is.
	Next []Call `json:"next"`
	Stamp
}

// CheckPartitions compares what should be in the warehouse with what is.
func (p *Platform) CheckPartitions(ctx context.Context, q PartitionsRequest) (PartitionsAnswer, error) {
	answer := PartitionsAnswer{Stamp: p.Stamp, Next: []Call{}}
	graph, err := p.specified()
	if err != nil {
		return answer, err
	}
	if len(q.Nodes) == 0 && q.Select == "" {
		return answer, fault.New(fault.Invalid,
			`Name nodes, or select some: {"select": "+fct_orders"} checks a model and all it reads.`)
	}
	selected := lineage.SelectRequest{Select: q.Select, Indirect: lineage.Empty, Before: p.before(nil)}
	if err := p.named(&selected, false); err != nil {
		return answer, err
	}
	nodes, warnings, err := graph.ResolveAny(q.Nodes, selected)
	if err != nil {
		return answer, err
	}
	answer.Warnings = warnings
	request := partition.CheckRequest{
		First: given(q.First), Last: given(q.Last), Only: partition.Only(q.Only), Limit: q.Limit, Cursor: q.Cursor, AsOf: p.AsOf,
	}
	for _, n := range nodes {
		request.Nodes = append(request.Nodes, n.ID)
	}
	if answer.CheckAnswer, err = p.Checker.Check(ctx, graph, p.Specs, request); err != nil {
		return answer, err
	}
	answer.Next = p.repairOf(answer.Nodes)
	writing, err := p.writing(ctx, request.Nodes)
	answer.Warnings = append(answer.Warnings, writing...)
	return answer, err
}

// given is nil for an argument that was left out.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
