package platform

import (
	"context"

	"github.com/headwater-mcp/headwater/partition"
)

// StalenessRequest asks why a partition is not to be relied on.
type StalenessRequest struct {
	Node   string `json:"node"             jsonschema_description:"unique_id, name or relation name."`
	Period string `json:"period,omitempty" jsonschema_description:"A date in it; default: the last closed one."`
}

// StalenessAnswer is what was found, and what to do about it.
type StalenessAnswer struct {
	partition.Staleness

	// CausesLeftOut is how many causes there are besides.
	CausesLeftOut int    `json:"causes_left_out,omitempty"`
	Next          []Call `json:"next"`
	Stamp
}

// Call is a next step, ready to be made.
type Call struct {
	Tool      string         `json:"tool"`
	Arguments map[string]any `json:"arguments"`
	Why       string         `json:"why"`
}

const checkPartitions = "check_partitions"

// maxCauses and causeBytes keep an answer short: what is wrong in one place is often wrong in many, and the path from a cause to
// the node can be long.
const (
	maxCauses  = 12
	causeBytes = 5000
)

// ExplainStaleness finds the first causes for which a partition is not ready.
func (p *Platform) ExplainStaleness(ctx context.Context, q StalenessRequest) (StalenessAnswer, error) {
	answer := StalenessAnswer{Stamp: p.Stamp, Next: []Call{}}
	graph, err := p.specified()
	if err != nil {
		return answer, err
	}
	n, err := graph.Resolve(q.Node)
	if err != nil {
		return answer, err
	}
	answer.Staleness, err = p.Checker.Explain(ctx, graph, p.Specs, n.ID, given(q.Period), p.AsOf)
	if err != nil {
		return answer, err
	}
	shown := fitting(answer.Causes[:min(len(answer.Causes), maxCauses)], causeBytes)
	if more := len(answer.Causes) - len(shown); more > 0 {
		answer.Causes, answer.CausesLeftOut = shown, more
		arguments := map[string]any{"select": "+" + n.Name, "first": answer.Period, "last": answer.Period}
		answer.Next = append(answer.Next, Call{checkPartitions, arguments, "All that is wrong in it and above it."})
	}
	answer.Next = append(answer.Next, steps(answer.Causes)...)
	if name := answer.Period.String(); repairable(answer.Causes) {
		answer.Next = append(answer.Next, p.toPlan([]string{answer.Node}, name, name, "The least that has to be run to mend it, broken inputs included.")...)
	}
	return answer, nil
}

// steps looks at the first causes: a failed run or a change at the node, anything else at its partitions.
func steps(causes []partition.StaleCause) []Call {
	const most = 3
	out := []Call{}
	for _, c := range causes[:min(len(causes), most)] {
		switch {
		case c.Finding == partition.Failed:
			arguments := map[string]any{"node": c.Node, "include": []string{"runs", "code"}}
			out = append(out, Call{"get_node", arguments, "What its last run said."})
		case c.Period != "":
			arguments := map[string]any{"nodes": []string{c.Node}, "first": c.Period, "last": c.Period, "only": "all"}
			why := "Whether it is still so."
			if c.Remedy != "" {
				why = "Whether it is still so, once " + c.Remedy + " was run."
			}
			out = append(out, Call{checkPartitions, arguments, why})
		}
	}
	return out
}
