package activation

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// UpdateRequest asks for all grains of one fact.
type UpdateRequest struct {
	AsOf time.Time
	// From and Until are local dates at midnight UTC, zero where not given; see BuildRequest.
	From, Until time.Time
	Run         string
	// Days is a fact that StandsFor this one and was brought up to date before, under the same Run; may be nil. Then nothing is read
	// of the fact's own relation.
	Days *Definition
	// Progress is told before each grain; may be nil.
	Progress func(period.Grain)
}

// Update builds every grain of a fact, days first: the fact is read once, and weeks and months follow from the days. What was
// built before an error stays built.
func (e *Engine) Update(ctx context.Context, d *Definition, q UpdateRequest) ([]BuildResult, error) {
	var results []BuildResult
	for _, g := range grains() {
		if !slices.Contains(d.Grains, g) {
			continue
		}
		if q.Progress != nil {
			q.Progress(g)
		}
		request := BuildRequest{Grain: g, AsOf: q.AsOf, Run: q.Run, From: d.PeriodOn(g, q.From), Until: d.PeriodOn(g, q.Until)}
		result, err := e.BuildGrain(ctx, d, request, q.Days)
		if err != nil {
			return results, err
		}
		results = append(results, result)
	}
	return results, nil
}

// BuildGrain is Build that reads days instead of the fact's rows where they tell the same: for weeks and months the fact's own,
// for days those of sibling, a fact that StandsFor this one; sibling may be nil.
func (e *Engine) BuildGrain(ctx context.Context, d *Definition, q BuildRequest, sibling *Definition) (BuildResult, error) {
	days, err := e.days(ctx, d, q, sibling)
	if err != nil {
		return BuildResult{Fact: d.Fact.Name, Grain: q.Grain}, err
	}
	q.Days = days
	return e.Build(ctx, d, q)
}

// PeriodOn is the period of the fact's calendar that holds a local date, given as midnight UTC; nil for the zero time.
func (d *Definition) PeriodOn(g period.Grain, date time.Time) *period.Period {
	if date.IsZero() {
		return nil
	}
	return new(onDate(d.Calendar, g, date))
}

// StandsFor reports whether the days of a fact tell all that those of another do: both follow the same users of the same rows,
// and the dimensions of the other are the first of its own, so that the same row is the last.
func (d *Definition) StandsFor(other *Definition) bool {
	if d == other || len(d.Fact.Dimensions) < len(other.Fact.Dimensions) || !d.followsDays() {
		return false
	}
	for i, dim := range other.Fact.Dimensions {
		if !strings.EqualFold(dim, d.Fact.Dimensions[i]) {
			return false
		}
	}
	return d.Relation.Key() == other.Relation.Key() && strings.EqualFold(d.Fact.User, other.Fact.User) &&
		strings.EqualFold(d.Fact.Time, other.Fact.Time) && d.ColumnZone == other.ColumnZone &&
		d.Calendar.Zone() == other.Calendar.Zone() && d.Begin.Equal(other.Begin) &&
		d.Settle == other.Settle && d.ExpiresAfter == other.ExpiresAfter
}

// followsDays: the engine keeps a day grain of the fact.
func (d *Definition) followsDays() bool {
	return slices.Contains(d.Grains, period.Day) && !d.ByDBT(period.Day)
}

// days is the fact whose days a build reads; nil where it has to read the fact's rows.
func (e *Engine) days(ctx context.Context, d *Definition, q BuildRequest, sibling *Definition) (*Definition, error) {
	days := sibling
	if q.Grain != period.Day && d.followsDays() {
		days = d
	}
	if days == nil {
		return nil, nil //nolint:nilnil // as said
	}
	if enough, err := e.daysSuffice(ctx, days, q); err != nil || !enough {
		return nil, err
	}
	return days, nil
}

// daysSuffice reports whether the days of a fact are built up to the end of what is asked for, and it has no rows after them that
// count in that as well, so that they stand for the rows.
func (e *Engine) daysSuffice(ctx context.Context, d *Definition, q BuildRequest) (bool, error) {
	days, err := e.Periods(ctx, d, period.Day)
	if err != nil || len(days) == 0 {
		return false, err
	}
	return e.suffice(ctx, d, q, days[len(days)-1].Period)
}

// suffice is daysSuffice for days that are built up to one.
func (e *Engine) suffice(ctx context.Context, d *Definition, q BuildRequest, built period.Period) (bool, error) {
	end := d.Calendar.At(q.Grain, q.AsOf)
	if q.Until != nil && q.Until.Index < end.Index {
		end = *q.Until
	}
	next := built.Next()
	last := onDate(d.Calendar, period.Day, end.Next().UTCDate()).Prev()
	if next.Index > last.Index {
		return true, nil
	}
	v, err := e.bind(ctx, d, period.Day)
	if err != nil {
		return false, err
	}
	query, err := e.sql.Render("rows_within", v)
	if err != nil {
		return false, err
	}
	var found []int64
	err = e.warehouse.Read(ctx, func(ctx context.Context, r warehouse.Reader) error {
		found, err = warehouse.Collect(ctx, r, func(rows warehouse.Rows) (int64, error) {
			var n int64
			err := rows.Scan(&n)
			return n, err
		}, query, bounds(v, next, last)...)
		return err
	})
	return err == nil && found[0] == 0, err
}
