package activation

import (
	"context"
	"slices"
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
		request := BuildRequest{Grain: g, AsOf: q.AsOf, Run: q.Run, From: periodOn(d, g, q.From), Until: periodOn(d, g, q.Until)}
		var err error
		if request.Daily, err = e.daysSuffice(ctx, d, request); err != nil {
			return results, err
		}
		result, err := e.Build(ctx, d, request)
		if err != nil {
			return results, err
		}
		results = append(results, result)
	}
	return results, nil
}

func periodOn(d *Definition, g period.Grain, date time.Time) *period.Period {
	if date.IsZero() {
		return nil
	}
	return new(onDate(d.Calendar, g, date))
}

// daysSuffice reports whether the days are built up to the end of what is asked for, and the fact has no rows after them that
// count in a week or month as well, so that they stand for the fact.
func (e *Engine) daysSuffice(ctx context.Context, d *Definition, q BuildRequest) (bool, error) {
	if q.Grain == period.Day || !slices.Contains(d.Grains, period.Day) || d.ByDBT(period.Day) {
		return false, nil
	}
	days, err := e.Periods(ctx, d, period.Day)
	if err != nil || len(days) == 0 {
		return false, err
	}
	end := d.Calendar.At(q.Grain, q.AsOf)
	if q.Until != nil && q.Until.Index < end.Index {
		end = *q.Until
	}
	next := days[len(days)-1].Period.Next()
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
