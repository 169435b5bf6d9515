package platform

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// PlanRequest asks for the least backfill that makes partitions right.
type PlanRequest struct {
	Nodes      []string `json:"nodes,omitempty" jsonschema_description:"unique_ids, names or relation names; or use select."`
	Select     string   `json:"select,omitempty" jsonschema_description:"dbt selector."`
	First      string   `json:"first" jsonschema_description:"First period to make right, by date or hour."`
	Last       string   `json:"last" jsonschema_description:"Last period, inclusive."`
	Scope      string   `json:"scope,omitempty" jsonschema:"enum=problems,enum=missing,enum=stale,enum=all" jsonschema_description:"Which of them; default problems, broken inputs included."`
	Downstream *bool    `json:"downstream,omitempty" jsonschema_description:"Also what reads them; default true."`
}

// PlanAnswer is the plan, nothing of which has been run.
type PlanAnswer struct {
	// PlanID is empty where there is nothing to run.
	PlanID    string             `json:"plan_id,omitempty"`
	ExpiresAt *time.Time         `json:"expires_at,omitempty"`
	Estimate  backfill.Estimate  `json:"estimate"`
	Waves     []PlanWave         `json:"waves"`
	Refused   []backfill.Refused `json:"refused"`
	Commands  []string           `json:"commands"`
	// UsersBack is how many active users are expected to come back, by fact.
	UsersBack map[string]int64 `json:"users_back,omitempty"`
	// LeftOut is how many ranges, refusals and commands there are besides.
	LeftOut  int      `json:"left_out,omitempty"`
	Notes    []string `json:"notes,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	Next     []Call   `json:"next"`
	Stamp
}

// PlanWave is what may run at the same time.
type PlanWave struct {
	Pairs []PlanRange `json:"pairs"`
}

// PlanRange is consecutive pairs of one node that are in the plan for the same reason.
type PlanRange struct {
	Node     string `json:"node"`
	First    string `json:"first,omitempty"`
	Last     string `json:"last,omitempty"`
	Count    int    `json:"count"`
	Executor string `json:"executor"`
	Reason   string `json:"reason"`
}

// What keeps an answer short, in bytes of JSON: of its ranges, of its refusals and of its commands.
const (
	maxRangeBytes   = 3_000
	maxRefusedBytes = 2_200
	maxCommandBytes = 1_200
)

// PlanBackfill finds the least set of pairs and keeps it as a plan.
func (p *Platform) PlanBackfill(ctx context.Context, q PlanRequest) (PlanAnswer, error) {
	answer := PlanAnswer{Stamp: p.Stamp, Waves: []PlanWave{}, Refused: []backfill.Refused{}, Commands: []string{}, Next: []Call{}}
	r, err := p.kept()
	if err != nil {
		return answer, err
	}
	request, warnings, err := p.planRequest(q)
	if err != nil {
		return answer, err
	}
	answer.Warnings = warnings
	plan, err := p.makePlan(ctx, r, request)
	if err != nil {
		return answer, err
	}
	answer.Estimate = plan.Estimate
	answer.show(p.Graph, plan)
	if len(plan.Pairs) == 0 {
		answer.Notes = append(answer.Notes, nothingToRun(plan))
		return answer, nil
	}
	if plan.Promise.Users, plan.Promise.Before, err = p.usersBack(ctx, plan); err != nil {
		return answer, err
	}
	answer.UsersBack = plan.Promise.Users
	if err := r.Runs.SavePlan(ctx, plan); err != nil {
		return answer, err
	}
	answer.PlanID, answer.ExpiresAt = plan.ID, &plan.ExpiresAt
	if err := r.Policy.MayStart(); err != nil {
		answer.Notes = append(answer.Notes, err.Error())
	} else {
		answer.Next = append(answer.Next, Call{"start_backfill", map[string]any{"plan_id": plan.ID, "reason": ""}, "Run it; say why."})
	}
	return answer, nil
}

func nothingToRun(plan backfill.Plan) string {
	if len(plan.Refused) > 0 {
		return "Nothing of it can be run: everything was refused."
	}
	if plan.Request.Scope == backfill.ScopeProblems {
		return "Nothing is wrong with what was asked for that a run would mend. scope: all runs it all the same."
	}
	return "Nothing that was asked for is " + string(plan.Request.Scope) + "."
}

// planRequest fills in the defaults and resolves names.
func (p *Platform) planRequest(q PlanRequest) (backfill.Request, []string, error) {
	out := backfill.Request{
		First: q.First, Last: q.Last, Scope: backfill.Scope(cmp.Or(q.Scope, string(backfill.ScopeProblems))),
		Downstream: q.Downstream == nil || *q.Downstream,
	}
	graph, err := p.graph()
	if err != nil {
		return out, nil, err
	}
	if p.SpecsError != nil {
		return out, nil, p.SpecsError
	}
	if len(q.Nodes) == 0 && q.Select == "" {
		return out, nil, fault.New(fault.Invalid, `Name nodes, or select some: {"select": "fct_orders", "first": "2026-06-01", "last": "2026-06-07"}.`)
	}
	selected := lineage.SelectRequest{Select: q.Select, Indirect: lineage.Empty, Before: p.before(nil)}
	if err := p.named(&selected, false); err != nil {
		return out, nil, err
	}
	nodes, warnings, err := graph.ResolveAny(q.Nodes, selected)
	if err != nil {
		return out, nil, err
	}
	for _, n := range nodes {
		out.Nodes = append(out.Nodes, p.pairNode(n.ID))
	}
	slices.Sort(out.Nodes)
	out.Nodes = slices.Compact(out.Nodes)
	return out, warnings, nil
}

// pairNode is the node under which the pairs of a node are counted: all outputs of a fact and grain are one.
func (p *Platform) pairNode(id string) string {
	if !strings.HasPrefix(id, outputPrefix) {
		return id // as nearly all of a project
	}
	for _, f := range p.Facts {
		if f.Definition == nil {
			continue
		}
		for _, o := range f.Definition.Outputs() {
			if !f.Definition.ByDBT(o.Grain) && id == p.outputID(o.Name) {
				return p.outputID(f.Name + "_activation_" + o.Grain.Adverb())
			}
		}
	}
	return id
}

func (p *Platform) outputID(name string) string { return outputPrefix + p.Project + "." + name }

const outputPrefix = "activation."

// FactOf is the fact and grain whose outputs a node's pairs are.
func (p *Platform) FactOf(id string) (Fact, period.Grain, bool) {
	if !strings.HasPrefix(id, outputPrefix) {
		return Fact{}, "", false
	}
	for _, f := range p.Facts {
		if f.Definition == nil {
			continue
		}
		for _, g := range f.Definition.Grains {
			if !f.Definition.ByDBT(g) && id == p.outputID(f.Name+"_activation_"+g.Adverb()) {
				return f, g, true
			}
		}
	}
	return Fact{}, "", false
}

// makePlan plans a request as of now. Everything that the plan stands on is looked at afresh, in one view of the warehouse, which
// is opened once and not for every node.
func (p *Platform) makePlan(ctx context.Context, r *Repairs, request backfill.Request) (plan backfill.Plan, err error) {
	asked := false
	err = p.Checker.AtOnce(ctx, func(ctx context.Context) error {
		asked = true
		plan, err = p.planNow(ctx, r, request)
		return err
	})
	if asked || fault.KindOf(err) != fault.Unavailable {
		return plan, err
	}
	return p.planNow(ctx, r, request) // which says what cannot be seen, or needs to see nothing
}

func (p *Platform) planNow(ctx context.Context, r *Repairs, request backfill.Request) (backfill.Plan, error) {
	asked, err := p.askedSpans(request)
	if err != nil {
		return backfill.Plan{}, err
	}
	question := backfill.Question{Asked: asked, Scope: request.Scope, Downstream: request.Downstream}
	planner := p.planner(r)
	judged, err := p.Checker.Judge(ctx, p.Graph, p.Specs, planner.Reach(question), p.AsOf)
	if err != nil {
		return backfill.Plan{}, err
	}
	planner.World, planner.Version = judged, judged.Version
	if planner.Took, err = p.durations(ctx, r); err != nil {
		return backfill.Plan{}, err
	}
	found := planner.Plan(ctx, question)
	if err := ctx.Err(); err != nil {
		return backfill.Plan{}, fault.Wrap(err, fault.Unavailable, "The plan was stopped before it was made. Ask for fewer nodes or periods.")
	}
	if down := judged.Down(); down != "" {
		return backfill.Plan{}, fault.New(fault.Unavailable, "A plan stands on what the warehouse holds, and that cannot be seen now. %s", down)
	}
	if err := r.Policy.Fits(len(found.Pairs)); err != nil {
		return backfill.Plan{}, err
	}
	plan := backfill.Plan{
		Project: p.Project, Request: request, AsOf: p.AsOf, ExpiresAt: p.AsOf.Add(planLife),
		Pairs: found.Pairs, Refused: found.Refused, Inputs: found.Inputs, Commands: p.commands(r, found.Pairs),
		Estimate: backfill.Estimate{Pairs: len(found.Pairs), Rows: found.Rows, Seconds: found.Seconds},
		Promise:  backfill.Promise{Ready: spansOf(found.Pairs, closed(found.Pairs, found.Asked, p.AsOf))},
	}
	plan.ID, err = p.planID(ctx, r, plan)
	return plan, err
}

// planLife is how long a plan that nobody starts is good for.
const planLife = 24 * time.Hour

// planner plans for this platform, within the policy.
func (p *Platform) planner(r *Repairs) backfill.Planner {
	return backfill.Planner{
		Graph: p.Graph, Specs: p.Specs, As: p.pairNode, MaxPairs: r.Policy.MaxPairs,
		Way: func(n *lineage.Node) backfill.Way {
			way := r.Way(n, p.Specs.Of(n.ID))
			if way.Refused != "" {
				return way // what nothing can run is its owner's, whatever the policy says
			}
			way.Refused, way.Remedy = r.Policy.Refuses(n)
			way.After = p.finer(n.ID)
			return way
		},
		Code: func(id string) string {
			if f, g, ok := p.FactOf(id); ok {
				return f.Definition.Hash() + " " + string(g)
			}
			n, _ := p.Graph.Node(id)
			return n.Checksum
		},
	}
}

// finer are the outputs of the same fact by finer grains: coarser ones are made from days.
func (p *Platform) finer(id string) []string {
	f, g, ok := p.FactOf(id)
	if !ok || g == period.Day || !slices.Contains(f.Definition.Grains, period.Day) || f.Definition.ByDBT(period.Day) {
		return nil
	}
	return []string{p.outputID(f.Name + "_activation_" + period.Day.Adverb())}
}

// durations says how long a pair of a node took lately.
func (p *Platform) durations(ctx context.Context, r *Repairs) (func(string) (time.Duration, bool), error) {
	var ids []string
	for _, n := range p.Graph.Nodes() {
		ids = append(ids, n.ID)
	}
	known, err := r.Runs.Durations(ctx, ids)
	return func(id string) (time.Duration, bool) {
		d, ok := known[id]
		return d, ok
	}, err
}

// askedSpans are the asked intervals by node id, of each in its own grain and calendar.
func (p *Platform) askedSpans(request backfill.Request) (map[string]partition.Span, error) {
	out := map[string]partition.Span{}
	for _, id := range request.Nodes {
		if _, ok := p.Graph.Node(id); !ok {
			return nil, fault.New(fault.Conflict, "There is no node %q any more. Make the plan anew.", id)
		}
		spec := p.Specs.Of(id)
		if !spec.Partitioned() {
			spec = partition.Spec{Grain: period.Day, Calendar: period.UTC()}
		}
		first, last, err := spec.Between(request.First, request.Last)
		if err != nil {
			return nil, err
		}
		out[id] = partition.Span{Start: first.Start(), End: last.End()}
	}
	return out, nil
}

// planID follows from all that a plan is but the time.
func (p *Platform) planID(ctx context.Context, r *Repairs, plan backfill.Plan) (string, error) {
	before, err := r.Runs.LastRunOf(ctx, plan.Pairs)
	if err != nil {
		return "", err
	}
	content, err := json.Marshal(struct {
		Project string            `json:"project"`
		Request backfill.Request  `json:"request"`
		Pairs   []backfill.Pair   `json:"pairs"`
		Inputs  map[string]string `json:"inputs"`
		Before  string            `json:"before"`
	}{plan.Project, plan.Request, plan.Pairs, plan.Inputs, before})
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "The plan cannot be written.")
	}
	sum := sha256.Sum256(content)
	const enough = 8
	return "plan-" + hex.EncodeToString(sum[:enough]), nil
}

// commands are what a person would type, range after range.
func (p *Platform) commands(r *Repairs, pairs []backfill.Pair) []string {
	out := []string{}
	for _, ranged := range byRange(pairs) {
		n, _ := p.Graph.Node(ranged[0].Node)
		if text := r.Command(n, p.Specs.Of(n.ID), ranged); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// byRange cuts pairs, ordered by Seq, into those that run together.
func byRange(pairs []backfill.Pair) [][]backfill.Pair {
	var out [][]backfill.Pair
	for i, p := range pairs {
		if i == 0 || pairs[i-1].Range != p.Range {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], p)
	}
	return out
}

// closed leaves out the pairs whose period has not ended: it is run for what there is of it, and cannot be ready before its end.
func closed(pairs []backfill.Pair, seqs []int, asOf time.Time) []int {
	return slices.DeleteFunc(slices.Clone(seqs), func(seq int) bool { return !pairs[seq].Whole() && pairs[seq].End.After(asOf) })
}

// spansOf are some of the pairs as runs of periods.
func spansOf(pairs []backfill.Pair, seqs []int) []backfill.Span {
	out := []backfill.Span{}
	for i, seq := range seqs {
		p := pairs[seq]
		if k := len(out) - 1; i > 0 && seqs[i-1] == seq-1 && pairs[seq-1].Range == p.Range && pairs[seq-1].End.Equal(p.Start) {
			out[k].Last = p.Period
			out[k].Count++
			continue
		}
		out = append(out, backfill.Span{Node: p.Node, First: p.Period, Last: p.Period, Count: 1})
	}
	return out
}

// show fills in what an agent sees of a plan.
func (a *PlanAnswer) show(graph *lineage.Graph, plan backfill.Plan) {
	ranges := rangesOf(plan.Pairs)
	shown := fitting(ranges, maxRangeBytes)
	for i, r := range shown {
		if i == 0 || shown[i-1].wave != r.wave {
			a.Waves = append(a.Waves, PlanWave{})
		}
		w := &a.Waves[len(a.Waves)-1]
		w.Pairs = append(w.Pairs, r.PlanRange)
	}
	a.Refused = append(a.Refused, fitting(plan.Refused, maxRefusedBytes)...)
	a.Commands = append(a.Commands, fitting(plan.Commands, maxCommandBytes)...)
	a.LeftOut = len(ranges) - len(shown) + len(plan.Refused) - len(a.Refused) + len(plan.Commands) - len(a.Commands)
	if a.LeftOut > 0 {
		a.Notes = append(a.Notes, fmt.Sprintf("%d of %d ranges, %d of %d refusals and %d of %d commands are shown.%s", len(shown), len(ranges),
			len(a.Refused), len(plan.Refused), len(a.Commands), len(plan.Commands), wholePlan(plan)))
	}
	if owners := ownersOf(graph, plan.Refused); owners != "" {
		a.Notes = append(a.Notes, owners)
	}
}

// wholePlan says where all of a plan can be seen. One with nothing to run is not kept.
func wholePlan(plan backfill.Plan) string {
	if len(plan.Pairs) == 0 {
		return " Ask for fewer nodes or periods to see more."
	}
	return " The resource headwater://plan/" + plan.ID + " has all."
}

// ownersOf names who can repair what headwater cannot.
func ownersOf(graph *lineage.Graph, refused []backfill.Refused) string {
	var out []string
	for _, r := range refused {
		n, ok := graph.Node(r.Node)
		if !ok || r.Why != backfill.RefusedExternal || n.Owner == "" {
			continue
		}
		if text := n.Name + ": " + n.Owner; !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "Owners of what no executor runs: " + strings.Join(out, "; ") + "."
}

type plannedRange struct {
	PlanRange

	wave int
}

// rangesOf compresses pairs that follow each other for the same reason.
func rangesOf(pairs []backfill.Pair) []plannedRange {
	var out []plannedRange
	for i, p := range pairs {
		if i > 0 && pairs[i-1].Range == p.Range && pairs[i-1].Reason == p.Reason && pairs[i-1].End.Equal(p.Start) {
			last := &out[len(out)-1]
			last.Last = p.Period
			last.Count++
			continue
		}
		one := PlanRange{Node: p.Node, First: p.Period, Last: p.Period, Count: 1, Executor: p.Executor, Reason: p.Reason}
		out = append(out, plannedRange{PlanRange: one, wave: p.Wave})
	}
	return out
}
