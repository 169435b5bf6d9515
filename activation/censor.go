package activation

import (
	"context"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// Coverage is what is built of a fact and grain, and how far it can be trusted.
type Coverage struct {
	Built []Built
	// CensoredUntil is the last period whose new, reactivated and inactive are censored: at the start of observation
	// everybody looks new. Nil where nothing is, because the history is declared complete.
	CensoredUntil *period.Period
}

// First is the first built period; only where something is built.
func (c Coverage) First() period.Period { return c.Built[0].Period }

// Last is the last built period; only where something is built.
func (c Coverage) Last() period.Period { return c.Built[len(c.Built)-1].Period }

// Censored reports whether a state's count of a period is censored: all of them in the first period, and those that depend
// on the past until CensoredUntil.
func (c Coverage) Censored(p period.Period, state State) bool {
	if c.CensoredUntil == nil || len(c.Built) == 0 {
		return false
	}
	if p.Index <= c.First().Index {
		return true
	}
	return state != Retained && p.Index <= c.CensoredUntil.Index
}

// Coverage reads what is built. Nothing built is no error: Built is empty then.
func (e *Engine) Coverage(ctx context.Context, d *Definition, g period.Grain) (Coverage, error) {
	var c Coverage
	built, err := e.Periods(ctx, d, g)
	if err != nil || len(built) == 0 {
		return c, err
	}
	c.Built = built
	if d.Fact.History == "complete" {
		return c, nil
	}
	until := c.First()
	err = e.warehouse.Read(ctx, func(ctx context.Context, r warehouse.Reader) error {
		query, err := e.sql.Render("gap_quantile", e.values(d, g))
		if err != nil {
			return err
		}
		gaps, err := warehouse.Collect(ctx, r, func(rows warehouse.Rows) (*int, error) {
			var gap *int
			err := rows.Scan(&gap)
			return gap, err
		}, query)
		if err == nil && len(gaps) == 1 && gaps[0] != nil {
			until = until.Add(*gaps[0])
		}
		return err
	})
	c.CensoredUntil = &until
	return c, err
}

// LastClosed is the last built period that is closed at asOf; nil where none is.
func (c Coverage) LastClosed(asOf time.Time, settle time.Duration) *period.Period {
	for _, b := range slices.Backward(c.Built) {
		if p := b.Period; p.Closed(asOf, settle) {
			return &p
		}
	}
	return nil
}
