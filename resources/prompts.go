package resources

import (
	"cmp"
	"context"
	"fmt"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/wire"
)

// Prompts lists the prompts. Each asks a question and brings what the tools say of it; none tells a model what to think.
func Prompts(current Current) []wire.Prompt {
	node := wire.Argument{
		Name: "node", Required: true, Description: "A model, source or output: unique_id, name or relation name.",
		Complete: completing(current, names),
	}
	day := func(name, description string) wire.Argument {
		return wire.Argument{Name: name, Description: description, Complete: completing(current, periodsOfNode)}
	}
	return []wire.Prompt{
		{
			Name: "explain-active-users", Title: "Why did active users move?",
			Description: "The verdict on one period of a fact, with its bridge, slices and evidence.",
			Arguments: []wire.Argument{
				{Name: "fact", Required: true, Description: "A declared fact.", Complete: completing(current, facts)},
				{Name: "grain", Description: "day (default), week or month.", Complete: completing(current, grains)},
				{Name: "period", Description: "Any date inside it; default: the last closed and built one.", Complete: completing(current, periodsOfFact)},
			},
			Get: asking(current, explainUsers),
		},
		{
			Name: "investigate-node", Title: "What is wrong with a node?",
			Description: "The node, its partitions that are not right, and the first causes upstream.",
			Arguments:   []wire.Argument{node, day("period", "A date in the partition in question; default: the last closed one.")},
			Get:         asking(current, investigate),
		},
		{
			Name: "safe-backfill", Title: "Repair a node",
			Description: "The least plan that makes a node's partitions right. Nothing of it is run.", Tool: "plan_backfill",
			Arguments: []wire.Argument{
				node, day("first", "The first partition to make right; default: the first of the last 14 that is not."),
				day("last", "The last one, inclusive; default: the last closed one."),
			},
			Get: asking(current, backfillOf),
		},
		{
			Name: "review-change", Title: "Review a change",
			Description: "What changed in the project since earlier artifacts, and whether a consumer can break.",
			Arguments: []wire.Argument{{
				Name: "base", Description: "previous (default), an invocation id, or a folder of the project with a manifest.json.",
			}},
			Get: asking(current, review),
		},
	}
}

// asking answers a prompt from one snapshot.
func asking(
	current Current, ask func(ctx context.Context, p *platform.Platform, given variables) (wire.Question, error),
) func(context.Context, map[string]string) (wire.Question, error) {
	return func(ctx context.Context, given map[string]string) (wire.Question, error) {
		p, err := current(ctx)
		if err != nil {
			return wire.Question{}, err
		}
		return ask(ctx, p, given)
	}
}

func explainUsers(ctx context.Context, p *platform.Platform, given variables) (wire.Question, error) {
	grain := cmp.Or(given["grain"], "day")
	answer, err := p.ExplainActiveUsers(ctx, platform.ExplainRequest{Fact: given["fact"], Grain: grain, Period: given["period"]})
	if err != nil {
		return wire.Question{}, err
	}
	return wire.Question{
		Text:  fmt.Sprintf("Why did active users of %s move, %s %s?", given["fact"], grain, answer.Period),
		Facts: []wire.Fact{{Tool: "explain_active_users", Answer: answer}},
	}, nil
}

func investigate(ctx context.Context, p *platform.Platform, given variables) (wire.Question, error) {
	name := given["node"]
	node, err := p.GetNode(ctx, platform.NodeRequest{Node: name, Include: []string{"runs"}})
	if err != nil {
		return wire.Question{}, err
	}
	q := wire.Question{Text: "What is wrong with " + name + ", since when, and why?"}
	q.Facts = append(q.Facts, wire.Fact{Tool: "get_node", Answer: node})
	checked, err := p.CheckPartitions(ctx, platform.PartitionsRequest{Nodes: []string{name}})
	q.Facts = append(q.Facts, fact("check_partitions", checked, err))
	stale, err := p.ExplainStaleness(ctx, platform.StalenessRequest{Node: name, Period: given["period"]})
	q.Facts = append(q.Facts, fact("explain_staleness", stale, err))
	return q, nil
}

// fact is an answer, or what its tool says instead: that one of several cannot be had keeps nobody from the others.
func fact[Out any](tool string, answer Out, err error) wire.Fact {
	if err == nil {
		return wire.Fact{Tool: tool, Answer: answer}
	}
	said := struct {
		Error string `json:"error"`
	}{"It failed for a reason of its own."}
	if kind := fault.KindOf(err); kind != fault.Internal {
		said.Error = err.Error()
	}
	return wire.Fact{Tool: tool, Answer: said}
}

func backfillOf(ctx context.Context, p *platform.Platform, given variables) (wire.Question, error) {
	name, first, last := given["node"], given["first"], given["last"]
	q := wire.Question{Text: "Repair " + name + ": only what is needed, and only after I have agreed to the plan."}
	if first == "" || last == "" {
		from, until, err := wrong(ctx, p, name)
		if err != nil {
			return q, err
		}
		first, last = cmp.Or(first, from, last), cmp.Or(last, until, first)
	}
	if first == "" {
		checked, err := p.CheckPartitions(ctx, platform.PartitionsRequest{Nodes: []string{name}})
		q.Facts = append(q.Facts, fact("check_partitions", checked, err))
		return q, nil
	}
	plan, err := p.PlanBackfill(ctx, platform.PlanRequest{Nodes: []string{name}, First: first, Last: last})
	if err != nil {
		return q, err
	}
	q.Facts = append(q.Facts, wire.Fact{Tool: "plan_backfill", Answer: plan})
	return q, nil
}

// wrong are the first and the last of the partitions of a node that are not right, of the last 14; "" where all are.
func wrong(ctx context.Context, p *platform.Platform, name string) (first, last string, err error) {
	checked, err := p.CheckPartitions(ctx, platform.PartitionsRequest{Nodes: []string{name}})
	if err != nil {
		return "", "", err
	}
	for _, n := range checked.Nodes {
		for _, r := range n.Ranges {
			first, last = cmp.Or(first, r.First.String()), r.Last.String()
		}
	}
	return first, last, nil
}

func review(ctx context.Context, p *platform.Platform, given variables) (wire.Question, error) {
	answer, err := p.CompareArtifacts(ctx, platform.CompareRequest{Base: given["base"]})
	if err != nil {
		return wire.Question{}, err
	}
	return wire.Question{
		Text:  "Review what changed in the project since " + cmp.Or(given["base"], platform.Previous) + ": what can break, for whom, and what has to be rebuilt?",
		Facts: []wire.Fact{{Tool: "compare_artifacts", Answer: answer}},
	}, nil
}
