package platform

import (
	"context"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/period"
)

// QueryRequest asks for metrics of a fact.
type QueryRequest struct {
	Fact    string            `json:"fact"`
	Grain   string            `json:"grain" jsonschema:"enum=day,enum=week,enum=month"`
	First   string            `json:"first,omitempty" jsonschema_description:"First period, by any date inside it; default: 14 closed periods up to last."`
	Last    string            `json:"last,omitempty" jsonschema_description:"Last period, inclusive."`
	Metrics []string          `json:"metrics,omitempty" jsonschema_description:"active, new, retained, reactivated, inactive, churned, known, net (the default), retention_rate, churn_rate, reactivation_rate, quick_ratio, null_user_rows; stickiness_day_week (by week), stickiness_day_month (by month). As tables: transition_matrix, cohort_retention, streaks, gaps; by day l7, l28, growth_states (Duolingo's)."`
	By      []string          `json:"by,omitempty" jsonschema_description:"Dimensions; one series for each combination of their values."`
	Where   activation.Filter `json:"where,omitempty" jsonschema:"type=object" jsonschema_description:"Dimension to a value or list of values; null is a value."`
	Top     int               `json:"top,omitempty" jsonschema:"minimum=1,maximum=100" jsonschema_description:"Largest series to list, the rest is folded as other; default 10."`
	Limit   int               `json:"limit,omitempty" jsonschema:"minimum=1,maximum=1000" jsonschema_description:"Rows, those of tables included; default 50."`
	Cursor  string            `json:"cursor,omitempty"`
}

// QueryAnswer holds rows that ascend by period, then by values, and tables alike.
type QueryAnswer struct {
	activation.Answer
	Stamp
}

// QueryActivation reads the outputs of a fact.
func (p *Platform) QueryActivation(ctx context.Context, q QueryRequest) (QueryAnswer, error) {
	answer := QueryAnswer{Stamp: p.Stamp}
	f, g, engine, err := p.subject(q.Fact, q.Grain)
	if err != nil {
		return answer, err
	}
	d := f.Definition
	query := activation.Query{
		Grain: g, Metrics: q.Metrics, By: q.By, Where: q.Where, Top: q.Top, Limit: q.Limit, Cursor: q.Cursor, AsOf: p.AsOf,
		Suspects: suspects{p, f.ModelID},
	}
	if query.First, err = parsePeriod(d, query.Grain, q.First); err != nil {
		return answer, err
	}
	if query.Last, err = parsePeriod(d, query.Grain, q.Last); err != nil {
		return answer, err
	}
	answer.Answer, err = engine.Query(ctx, d, query)
	return answer, err
}

// parsePeriod reads the period that holds a date; nil for none.
func parsePeriod(d *activation.Definition, g period.Grain, date string) (*period.Period, error) {
	if date == "" {
		return nil, nil //nolint:nilnil // no period was named, which is no error
	}
	p, err := d.Calendar.Parse(g, date)
	return &p, err
}
