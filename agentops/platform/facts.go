package platform

import (
	"context"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/period"
)

// FactsAnswer lists the declared facts and how far each is built.
type FactsAnswer struct {
	Facts []FactAnswer `json:"facts"`
	// Notice says why the list is empty, or why built periods are not known.
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
}

// ListFacts needs the warehouse only to say what is built.
func (p *Platform) ListFacts(ctx context.Context, _ struct{}) (FactsAnswer, error) {
	answer := FactsAnswer{Facts: []FactAnswer{}, Stamp: p.Stamp}
	if len(p.Facts) == 0 {
		answer.Notice = "No fact is declared. Declare one under facts in headwater.yaml or in a model's meta.headwater.fact; headwater init proposes some."
	}
	for _, f := range p.Facts {
		fact := FactAnswer{Name: f.Name, Model: f.ModelID, Dimensions: []string{}, Grains: []FactGrain{}}
		if f.Problem != nil {
			fact.Problem = f.Problem.Error()
			answer.Facts = append(answer.Facts, fact)
			continue
		}
		d := f.Definition
		fact.Relation, fact.User, fact.Time, fact.Timezone = d.Relation.String(), d.Fact.User, d.Fact.Time, d.Calendar.Zone()
		fact.Dimensions = append(fact.Dimensions, d.Fact.Dimensions...)
		for _, g := range d.Grains {
			built, err := p.factGrain(ctx, d, g)
			if err != nil {
				answer.Notice = "What is built is not known: " + err.Error()
			}
			fact.Grains = append(fact.Grains, built)
		}
		answer.Facts = append(answer.Facts, fact)
	}
	return answer, nil
}

func (p *Platform) factGrain(ctx context.Context, d *activation.Definition, g period.Grain) (FactGrain, error) {
	out := FactGrain{Grain: g}
	engine, err := p.rows()
	if err != nil {
		return out, err
	}
	cover, err := engine.Coverage(ctx, d, g)
	if err != nil || len(cover.Built) == 0 {
		return out, err
	}
	out.First, out.BuiltUntil = cover.First().String(), cover.Last().String()
	if closed := cover.LastClosed(p.AsOf, d.Settle); closed != nil {
		out.LastClosed = closed.String()
	}
	if cover.CensoredUntil != nil {
		out.CensoredUntil = cover.CensoredUntil.String()
	}
	return out, nil
}
