package platform

import (
	"context"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

// ExplainRequest asks why the active users of a fact moved in a period.
type ExplainRequest struct {
	Fact        string   `json:"fact"`
	Grain       string   `json:"grain" jsonschema:"enum=day,enum=week,enum=month"`
	Period      string   `json:"period,omitempty" jsonschema_description:"Any date inside it; default: the last closed and built one."`
	CompareTo   string   `json:"compare_to,omitempty" jsonschema_description:"previous (default), same_weekday, or a date."`
	Dimensions  []string `json:"dimensions,omitempty" jsonschema_description:"Dimensions to look for slices in; default all."`
	MaxSegments int      `json:"max_segments,omitempty" jsonschema:"minimum=1,maximum=20" jsonschema_description:"Default 5."`
}

// ExplainAnswer is the verdict with its evidence.
type ExplainAnswer struct {
	explain.Answer
	Stamp
}

// ExplainActiveUsers explains from what one session of the warehouse shows.
func (p *Platform) ExplainActiveUsers(ctx context.Context, q ExplainRequest) (ExplainAnswer, error) {
	answer := ExplainAnswer{Stamp: p.Stamp}
	f, g, engine, err := p.subject(q.Fact, q.Grain)
	if err != nil {
		return answer, err
	}
	var in explain.Input
	if err := engine.AtOnce(ctx, func(ctx context.Context) (err error) {
		in, err = p.gather(ctx, engine, f, g, q)
		return err
	}); err != nil {
		return answer, err
	}
	answer.Answer, err = explain.Explain(in)
	return answer, err
}

// gather reads what an explanation rests on: bridges by leaf, partitions of the whole upstream path, calendar.
func (p *Platform) gather(
	ctx context.Context, engine *activation.Engine, f Fact, g period.Grain, q ExplainRequest,
) (explain.Input, error) {
	cover, err := engine.Coverage(ctx, f.Definition, g)
	if err != nil {
		return explain.Input{}, err
	}
	in, err := p.explainInput(f, g, q, cover)
	if err != nil {
		return in, err
	}
	first, last, err := explain.Needs(in.Period, in.CompareTo)
	if err != nil {
		return in, err
	}
	if in.History, err = engine.Bridges(ctx, f.Definition, first, last); err != nil {
		return in, err
	}
	err = p.addHealth(ctx, engine, f, &in, first)
	return in, err
}

// explainInput is all but what has to be read.
func (p *Platform) explainInput(f Fact, g period.Grain, q ExplainRequest, cover activation.Coverage) (explain.Input, error) {
	d := f.Definition
	in := explain.Input{
		Fact: f.Name, Model: nameOf(p.Graph, f.ModelID), AsOf: p.AsOf, Settle: d.Settle, MinUsers: p.MinUsers,
		MaxSegments: q.MaxSegments,
	}
	if len(cover.Built) == 0 {
		return in, fault.New(fault.NotFound, "Nothing is built for %s by %s: run headwater build %s.", f.Name, g, f.Name)
	}
	in.First, in.BuiltUntil = cover.First(), cover.Last()
	asked, err := askedPeriod(d, g, q.Period, p.AsOf, cover)
	if err != nil {
		return in, err
	}
	in.Period = *asked
	if in.CompareTo, err = explain.ParseCompare(q.CompareTo, in.Period); err != nil {
		return in, err
	}
	if in.Dimensions, err = d.Dimensions(q.Dimensions); err != nil {
		return in, err
	}
	if until := cover.CensoredUntil; until != nil {
		in.CensoredUntil = map[activation.State]period.Period{
			activation.Retained: cover.First(), activation.New: *until, activation.Reactivated: *until, activation.Inactive: *until,
		}
	}
	in.Origins = origins(p.Graph, f.ModelID, in.Dimensions)
	for _, entry := range p.Calendar {
		e := entry.CalendarEntry
		if e.Date, err = d.Calendar.Parse(g, entry.Date); err != nil {
			return in, err
		}
		in.Calendar = append(in.Calendar, e)
	}
	return in, nil
}

// askedPeriod is the period that was named, or the last closed one; it has to be built, or be open.
func askedPeriod(
	d *activation.Definition, g period.Grain, date string, asOf time.Time, cover activation.Coverage,
) (*period.Period, error) {
	asked, err := parsePeriod(d, g, date)
	if err != nil {
		return nil, err
	}
	if asked == nil {
		if asked = cover.LastClosed(asOf, d.Settle); asked == nil {
			open := cover.Last()
			asked = &open
		}
	}
	if asked.Index < cover.First().Index || asked.Index > cover.Last().Index {
		hint := "Name one of them."
		if asked.Index > cover.Last().Index && asked.Closed(asOf, d.Settle) {
			hint = "Run headwater build " + d.Fact.Name + " to bring it up to date."
		}
		return nil, fault.New(fault.NotFound, "The %s of %s is outside what is built for %s: %s to %s. %s",
			g, asked, d.Fact.Name, cover.First(), cover.Last(), hint)
	}
	return asked, nil
}

// addHealth looks at every partition that the periods from first on need, transitively: what touches the periods compared is
// evidence, what lacks in those before keeps them out of the baseline.
func (p *Platform) addHealth(
	ctx context.Context, engine *activation.Engine, f Fact, in *explain.Input, first period.Period,
) error {
	if f.ModelID == "" {
		return nil
	}
	if p.SpecsError != nil {
		return p.SpecsError
	}
	var err error
	if in.Suspect, err = p.suspectBefore(ctx, f, in, first); err != nil {
		return err
	}
	compared := slices.Compact([]period.Period{in.CompareTo, in.Period.Prev(), in.Period})
	troubles, err := p.Checker.Upstream(ctx, p.Graph, p.Specs, f.ModelID, compared, p.AsOf)
	if err != nil {
		return err
	}
	recoded, err := p.Checker.Recoded(ctx, p.Graph, p.Specs, f.ModelID, in.Period, p.AsOf)
	if err != nil {
		return err
	}
	groups := grouped(troubles)
	in.Health = healths(p.Graph, f.Name, groups)
	sized := sizing{Platform: p, engine: engine, fact: f, in: *in}
	for i, group := range groups {
		users, counted, err := sized.size(ctx, group)
		if err != nil {
			return err
		}
		if counted {
			in.Health[i].Leaves = users
		}
	}
	for i, h := range recodings(p.Graph, recoded, in.Period) {
		if h.Leaves, err = sized.recoded(ctx, recoded[i]); err != nil {
			return err
		}
		in.Health = append(in.Health, h)
	}
	return nil
}

// suspectBefore are the periods from first to the one before that asked which lack something, each with what. Whether rows came
// twice or late in the baseline makes no difference to it, and costs more to know.
func (p *Platform) suspectBefore(
	ctx context.Context, f Fact, in *explain.Input, first period.Period,
) (map[period.Period]string, error) {
	if first.Index < in.First.Index {
		first = in.First
	}
	var before []period.Period
	for q := first; q.Index < in.Period.Index; q = q.Next() {
		before = append(before, q)
	}
	lacking, err := p.Checker.Lacking(ctx, p.Graph, p.Specs, f.ModelID, before, p.AsOf)
	if err != nil {
		return nil, err
	}
	out := map[period.Period]string{}
	for _, t := range lacking {
		if _, suspect := suspectFor(t); suspect {
			for _, q := range t.Affects {
				out[q] = t.Detail
			}
		}
	}
	return out, nil
}
