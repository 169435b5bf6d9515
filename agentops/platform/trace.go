package platform

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/page"
)

// TraceRequest asks what a node depends on and what depends on it.
type TraceRequest struct {
	Node          string   `json:"node" jsonschema_description:"unique_id, name or relation name."`
	Direction     string   `json:"direction,omitempty" jsonschema:"enum=upstream,enum=downstream,enum=both" jsonschema_description:"Default both."`
	Depth         int      `json:"depth,omitempty" jsonschema:"minimum=1" jsonschema_description:"Steps to walk; default 1."`
	To            string   `json:"to,omitempty" jsonschema_description:"Another node: answers all shortest paths between the two."`
	ResourceTypes []string `json:"resource_types,omitempty" jsonschema_description:"Types to show; others are passed through."`
	Limit         int      `json:"limit,omitempty" jsonschema:"minimum=1,maximum=1000" jsonschema_description:"Nodes, nearest first; default: what fits a short answer."`
}

// TraceAnswer is the part of the graph that was asked for.
type TraceAnswer struct {
	lineage.TraceResult

	// Notice says what was cut and how to get the rest.
	Notice string `json:"notice,omitempty"`
	Stamp
}

// TraceLineage answers without the warehouse.
func (p *Platform) TraceLineage(_ context.Context, q TraceRequest) (TraceAnswer, error) {
	answer := TraceAnswer{Stamp: p.Stamp}
	graph, err := p.graph()
	if err != nil {
		return answer, err
	}
	node, err := graph.Resolve(q.Node)
	if err != nil {
		return answer, err
	}
	r := lineage.TraceRequest{
		Node: node.ID, Direction: lineage.Direction(q.Direction), Depth: max(q.Depth, 1), ResourceTypes: q.ResourceTypes,
		Limit: cmp.Or(q.Limit, page.DefaultLimit),
	}
	if q.To != "" {
		to, err := graph.Resolve(q.To)
		if err != nil {
			return answer, err
		}
		r.To, r.Depth = to.ID, 0
	}
	if answer.TraceResult, err = fittingTrace(graph, r, q.Limit == 0); err != nil {
		return answer, err
	}
	if answer.Truncated {
		answer.Notice = fmt.Sprintf("%d of %d nodes are shown, the nearest first; raise limit, lower depth, or name resource_types.",
			len(answer.Nodes), answer.TotalNodes)
	}
	return answer, nil
}

// leastNodes is what a default answer shows even where ids are very long.
const leastNodes = 5

// fittingTrace traces, and of a default answer shows no more nodes and paths than it has room for: edges between near nodes
// can outnumber them.
func fittingTrace(graph *lineage.Graph, r lineage.TraceRequest, byDefault bool) (lineage.TraceResult, error) {
	for {
		result, err := graph.Trace(r)
		if err != nil || !byDefault || r.Limit <= leastNodes {
			return result, err
		}
		text, err := json.Marshal(result)
		if err != nil {
			return result, fault.Wrap(err, fault.Internal, "The answer cannot be written.")
		}
		if len(text) <= page.DefaultBytes {
			return result, nil
		}
		shown := min(r.Limit, len(result.Nodes))
		r.Limit = max(leastNodes, min(shown-1, shown*page.DefaultBytes/len(text)))
		r.MaxPaths = max(1, len(result.Paths)*page.DefaultBytes/len(text))
	}
}
