package platform

import (
	"context"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// maxExplained is how many days of one fact are explained to tell how many users will come back.
const maxExplained = 3

// daysOf are the days of a fact that pairs build anew, by the fact's name.
func (p *Platform) daysOf(pairs []backfill.Pair) map[string][]backfill.Pair {
	out := map[string][]backfill.Pair{}
	for _, pair := range pairs {
		if f, g, ok := p.FactOf(pair.Node); ok && g == period.Day {
			out[f.Name] = append(out[f.Name], pair)
		}
	}
	return out
}

// usersBack says, by fact, how many more users are usual on the days that a plan builds anew because of what it reads, and how
// many were active in them. Facts of which that cannot be told are left out.
func (p *Platform) usersBack(ctx context.Context, plan backfill.Plan) (back, before map[string]int64, err error) {
	for name, days := range p.daysOf(plan.Pairs) {
		if len(days) > maxExplained || p.Engine == nil {
			continue
		}
		expected, observed, told, err := p.usual(ctx, name, days)
		if err != nil {
			return nil, nil, err
		}
		if told && expected > observed {
			if back == nil {
				back, before = map[string]int64{}, map[string]int64{}
			}
			back[name], before[name] = expected-observed, observed
		}
	}
	return back, before, nil
}

// usual sums up what is expected and what is observed on days of a fact; false where that cannot be told of one of them, as of a day
// that is built for what it is itself, not for what it reads, or was never built.
func (p *Platform) usual(ctx context.Context, fact string, days []backfill.Pair) (expected, observed int64, told bool, err error) {
	for _, day := range days {
		if len(day.Needs) == 0 {
			return 0, 0, false, nil
		}
		why, err := p.ExplainActiveUsers(ctx, ExplainRequest{Fact: fact, Grain: string(period.Day), Period: day.Period})
		switch k := fault.KindOf(err); {
		case err != nil && (k == fault.Internal || ctx.Err() != nil):
			return 0, 0, false, err
		case err != nil || why.Expected == nil:
			return 0, 0, false, nil
		}
		expected, observed = expected+*why.Expected, observed+why.Observed
	}
	return expected, observed, true, nil
}

// Receipt compares what a plan promised with what is there now.
func (p *Platform) Receipt(ctx context.Context, plan backfill.Plan) (*backfill.Receipt, error) {
	receipt := &backfill.Receipt{Ready: []backfill.Span{}, NotReady: []backfill.Span{}}
	asked := map[string]partition.Span{}
	for _, s := range plan.Promise.Ready {
		if s.First == "" {
			continue
		}
		first, last, err := p.Specs.Of(s.Node).Between(s.First, s.Last)
		if err != nil {
			return nil, err
		}
		at := partition.Span{Start: first.Start(), End: last.End()}
		if known, ok := asked[s.Node]; ok {
			if known.Start.Before(at.Start) {
				at.Start = known.Start
			}
			if known.End.After(at.End) {
				at.End = known.End
			}
		}
		asked[s.Node] = at
	}
	judged, err := p.Checker.Judge(ctx, p.Graph, p.Specs, asked, p.AsOf)
	if err != nil {
		return nil, err
	}
	for _, s := range plan.Promise.Ready {
		if err := p.judgeReceipt(ctx, judged, s, receipt); err != nil {
			return nil, err
		}
	}
	receipt.Note = judged.Down()
	return receipt, p.cameBack(ctx, plan, receipt)
}

// judgeReceipt sorts the periods of a promise into those that are right now and those that are not.
func (p *Platform) judgeReceipt(
	ctx context.Context, judged *partition.Judgement, promised backfill.Span, receipt *backfill.Receipt,
) error {
	if promised.First == "" {
		to := &receipt.Ready
		if judged.Failed(promised.Node) {
			to = &receipt.NotReady
		}
		*to = append(*to, promised)
		return nil
	}
	first, last, err := p.Specs.Of(promised.Node).Between(promised.First, promised.Last)
	if err != nil {
		return err
	}
	var before *[]backfill.Span
	for q := first; q.Index <= last.Index; q = q.Next() {
		to := &receipt.NotReady
		if judged.Right(ctx, promised.Node, q) {
			to = &receipt.Ready
		}
		if to != before {
			*to = append(*to, backfill.Span{Node: promised.Node, First: q.String()})
		}
		s := &(*to)[len(*to)-1]
		s.Last = q.String()
		s.Count++
		before = to
	}
	return nil
}

// cameBack counts by how many users the days of the promise have grown.
func (p *Platform) cameBack(ctx context.Context, plan backfill.Plan, receipt *backfill.Receipt) error {
	days := p.daysOf(plan.Pairs)
	for name, before := range plan.Promise.Before {
		f, err := p.Fact(name)
		if err != nil || p.Engine == nil {
			continue // it is declared no more
		}
		built, err := p.Engine.Periods(ctx, f.Definition, period.Day)
		if err != nil {
			return err
		}
		active := map[string]int64{}
		for _, b := range built {
			active[b.Period.String()] = b.Active
		}
		var now int64
		for _, day := range days[name] {
			now += active[day.Period]
		}
		if receipt.Users == nil {
			receipt.Users = map[string]int64{}
		}
		receipt.Users[name] = now - before
	}
	return nil
}
