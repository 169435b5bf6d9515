package platform

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/page"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// FactsRequest asks for the declared facts.
type FactsRequest struct {
	Cursor string `json:"cursor,omitempty"`
}

// FactsAnswer lists the declared facts and how far each is built: as many as a short answer holds, the rest by cursor.
type FactsAnswer struct {
	Facts []FactAnswer `json:"facts"`
	page.Info

	// Notice says why the list is empty, or why built or suspect periods are not known.
	Notice string `json:"notice,omitempty"`
	Stamp
}

// FactAnswer is one fact.
type FactAnswer struct {
	Name       string      `json:"name"`
	Model      string      `json:"model,omitempty"`
	Relation   string      `json:"relation,omitempty"`
	User       string      `json:"user,omitempty"`
	Time       string      `json:"time,omitempty"`
	Dimensions []string    `json:"dimensions"`
	Timezone   string      `json:"timezone,omitempty"`
	Grains     []FactGrain `json:"grains"`
	// Problem says why the fact cannot be used.
	Problem string `json:"problem,omitempty"`
}

// FactGrain says what is built of a grain. Periods are named by their local start date; absent ones are not built.
type FactGrain struct {
	Grain period.Grain `json:"grain"`
	First string       `json:"first,omitempty"`
	// LastClosed is the last built period that is closed at as_of.
	LastClosed string `json:"last_closed,omitempty"`
	BuiltUntil string `json:"built_until,omitempty"`
	// CensoredUntil is the last period whose new, reactivated and inactive cannot be told yet.
	CensoredUntil string `json:"censored_until,omitempty"`
	// Suspect are the suspect ones among the last 14 built and closed periods, newest first; three and more that follow on each
	// other are one range.
	Suspect []string `json:"suspect"`
}

// watched is how many closed periods of a grain are looked at for suspect ones.
const watched = 14

// patience is how long they are looked at for all facts together: the rows of many months may be many, and no call takes 30 s.
const patience = 20 * time.Second

// ListFacts needs the warehouse only to say what is built.
func (p *Platform) ListFacts(ctx context.Context, q FactsRequest) (FactsAnswer, error) {
	answer := FactsAnswer{Facts: []FactAnswer{}, Stamp: p.Stamp}
	if len(p.Facts) == 0 {
		answer.Notice = "No fact is declared. Declare one under facts in headwater.yaml or in a model's meta.headwater.fact; headwater init proposes some."
	}
	err := p.listFacts(ctx, q, &answer)
	return answer, err
}

// listFacts reads what is built and looks for what is suspect in one view of the warehouse, which is opened once. Where it does
// not answer, that is waited for once.
func (p *Platform) listFacts(ctx context.Context, q FactsRequest, answer *FactsAnswer) error {
	if p.Checker == nil || p.Engine == nil || !slices.ContainsFunc(p.Facts, func(f Fact) bool { return f.Problem == nil }) {
		return p.addFacts(ctx, q, answer, p.WarehouseError)
	}
	asked := false
	err := p.Checker.AtOnce(ctx, func(ctx context.Context) error {
		asked = true
		return p.addFacts(ctx, q, answer, nil)
	})
	if asked || fault.KindOf(err) != fault.Unavailable {
		return err
	}
	return p.addFacts(ctx, q, answer, err)
}

// addFacts lists the facts; down says why no rows can be read, nil where they can.
func (p *Platform) addFacts(ctx context.Context, q FactsRequest, answer *FactsAnswer, down error) error {
	limited, cancel := context.WithTimeout(ctx, cmp.Or(p.Patience, patience))
	defer cancel()
	var failed error
	facts, info, err := page.FitAs(p.Facts, func(f Fact) FactAnswer {
		fact, notice, err := p.factAnswer(ctx, limited, f, down)
		if answer.Notice = cmp.Or(answer.Notice, notice); failed == nil {
			failed = err
		}
		return fact
	}, 0, q.Cursor)
	if err == nil {
		err = failed
	}
	answer.Facts, answer.Info = append(answer.Facts, facts...), info
	return err
}

// factAnswer is one fact, and why something of it is not known.
func (p *Platform) factAnswer(ctx, limited context.Context, f Fact, down error) (fact FactAnswer, notice string, err error) {
	fact = FactAnswer{Name: f.Name, Model: f.ModelID, Dimensions: []string{}, Grains: []FactGrain{}}
	if f.Problem != nil {
		fact.Problem = f.Problem.Error()
		return fact, "", nil //nolint:nilerr // it is what the answer says
	}
	d := f.Definition
	fact.Relation, fact.User, fact.Time, fact.Timezone = d.Relation.String(), d.Fact.User, d.Fact.Time, d.Calendar.Zone()
	fact.Dimensions = append(fact.Dimensions, d.Fact.Dimensions...)
	grains, notice, err := p.factGrains(ctx, limited, f, down)
	if err == nil {
		fact.Grains = grains
	}
	return fact, notice, err
}

// factGrains says of each grain what is built and what of it is suspect, which is asked once for all grains; and why something
// is not known. What is suspect is looked for until limited ends.
func (p *Platform) factGrains(
	ctx, limited context.Context, f Fact, down error,
) (grains []FactGrain, notice string, err error) {
	var asked []period.Period
	for _, g := range f.Definition.Grains {
		built, closed, err := FactGrain{Grain: g, Suspect: []string{}}, []period.Period(nil), down
		if down == nil {
			built, closed, err = p.factGrain(ctx, f.Definition, g)
		}
		if err != nil {
			notice = "What is built is not known: " + err.Error()
		}
		grains, asked = append(grains, built), append(asked, closed...)
	}
	if len(asked) == 0 {
		return grains, notice, nil
	}
	found, err := p.suspicion(limited, f.ModelID, asked, (*partition.Checker).Lacking)
	switch {
	case err != nil && limited.Err() != nil && ctx.Err() == nil:
		found.Unchecked = "It took too long; query_activation looks at fewer periods."
	case err != nil:
		return grains, notice, err
	}
	if found.Unchecked != "" {
		notice = cmp.Or(notice, fmt.Sprintf("Not everything of %s could be checked for suspect periods. %s", f.Name, found.Unchecked))
	}
	for i, g := range grains {
		var periods []period.Period
		for _, s := range found.Periods {
			if s.Period.Grain == g.Grain {
				periods = append(periods, s.Period)
			}
		}
		grains[i].Suspect = activation.Names(periods)
		slices.Reverse(grains[i].Suspect)
	}
	return grains, notice, nil
}

// factGrain is what is built of a grain, and the last of its closed periods.
func (p *Platform) factGrain(
	ctx context.Context, d *activation.Definition, g period.Grain,
) (out FactGrain, closed []period.Period, err error) {
	out = FactGrain{Grain: g, Suspect: []string{}}
	cover, err := p.Engine.Coverage(ctx, d, g)
	if err != nil || len(cover.Built) == 0 {
		return out, nil, err
	}
	out.First, out.BuiltUntil = cover.First().String(), cover.Last().String()
	if last := cover.LastClosed(p.AsOf, d.Settle); last != nil {
		out.LastClosed = last.String()
	}
	if cover.CensoredUntil != nil {
		out.CensoredUntil = cover.CensoredUntil.String()
	}
	for _, b := range slices.Backward(cover.Built) {
		if b.Period.Closed(p.AsOf, d.Settle) && len(closed) < watched {
			closed = append(closed, b.Period)
		}
	}
	return out, closed, nil
}
