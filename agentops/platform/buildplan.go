package platform

import (
	"cmp"
	"context"
	"slices"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

// BuildDue is what is due of a fact's outputs.
type BuildDue struct {
	Fact Fact
	Due  []activation.Due
	// Days is the fact whose days stand for this one's rows; "" where none does.
	Days string
}

// PlanBuild makes a plan of all that is due, whatever policy.max_pairs says, and does not keep it: the outputs of a fact and
// grain are one range that one job writes as a whole, days before what is made of them. From and Until are the dates that were
// asked for, By is the executor. A plan without pairs says that nothing is due.
func (p *Platform) PlanBuild(ctx context.Context, due []BuildDue, from, until, by string) (backfill.Plan, error) {
	r, err := p.kept()
	if err != nil {
		return backfill.Plan{}, err
	}
	plan := backfill.Plan{
		Project: p.Project, AsOf: p.AsOf, ExpiresAt: p.AsOf.Add(planLife), Refused: []backfill.Refused{}, Commands: []string{},
		Request: backfill.Request{First: from, Last: until, Scope: backfill.ScopeAll},
		Promise: backfill.Promise{Ready: []backfill.Span{}}, Inputs: map[string]string{"as_of": p.AsOf.String()},
	}
	var ranges []buildRange
	for _, d := range due {
		for _, g := range d.Due {
			plan.Request.Nodes = append(plan.Request.Nodes, p.outputID(d.Fact.Name+"_activation_"+g.Result.Grain.Adverb()))
			if len(g.Periods) > 0 {
				ranges = append(ranges, p.buildRange(d, g, ranges))
			}
		}
	}
	slices.Sort(plan.Request.Nodes)
	slices.SortStableFunc(ranges, func(x, y buildRange) int { return cmp.Compare(x.wave, y.wave) })
	last := map[string]int{} // the last pair of each node
	for i, x := range ranges {
		if err := p.mayBuild(r, x.node); err != nil {
			return plan, err
		}
		plan.Inputs[x.node] = x.fact.Definition.Hash()
		for k, q := range x.due.Periods {
			pair := backfill.Pair{
				Seq: len(plan.Pairs), Node: x.node, Period: q.String(), Grain: q.Grain, Start: q.Start().UTC(), End: q.End().UTC(),
				Wave: x.wave, Range: i, Executor: by, Reason: x.due.Reasons[k],
			}
			if k > 0 {
				pair.Needs = []int{pair.Seq - 1}
			} else if before, ok := last[x.after]; ok {
				pair.Needs = []int{before}
			}
			last[x.node] = pair.Seq
			plan.Pairs = append(plan.Pairs, pair)
		}
	}
	plan.Estimate.Pairs = len(plan.Pairs)
	plan.ID, err = p.planID(ctx, r, plan)
	return plan, err
}

// buildRange is what is due of one fact and grain.
type buildRange struct {
	fact Fact
	due  activation.Due
	node string
	wave int
	// after is the node that it is made from where that is due, too.
	after string
}

// buildRange places what is due behind what it is made from, among what stands before it.
func (p *Platform) buildRange(d BuildDue, due activation.Due, before []buildRange) buildRange {
	g := due.Result.Grain
	out := buildRange{fact: d.Fact, due: due, node: p.outputID(d.Fact.Name + "_activation_" + g.Adverb())}
	source := d.Days
	if g != period.Day && slices.Contains(d.Fact.Definition.Grains, period.Day) && !d.Fact.Definition.ByDBT(period.Day) {
		source = d.Fact.Name
	}
	if source == "" {
		return out
	}
	days := p.outputID(source + "_activation_" + period.Day.Adverb())
	for _, b := range before {
		if b.node == days {
			out.after, out.wave = days, b.wave+1
		}
	}
	return out
}

// mayBuild is fault.Blocked for outputs that no run may write.
func (p *Platform) mayBuild(r *Repairs, node string) error {
	n, ok := p.Graph.Node(node)
	if !ok {
		return fault.New(fault.Internal, "There is no node %s.", node)
	}
	if why, remedy := r.Policy.Refuses(n); why != "" {
		return fault.New(fault.Blocked, "%s", remedy)
	}
	return nil
}
