package activation

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/activation/statements"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// Bridge is how many users of one leaf took each way into or out of the active states in a period; who stayed inactive is in
// none.
type Bridge struct {
	Period period.Period
	// Leaf is the number of the leaf in Bridges.Leaves.
	Leaf int
	// New, Retained and Reactivated are active in Period; Churned were active in the period before only.
	New, Retained, Reactivated, Churned int64
}

// Bridges are the bridges of a range of periods by leaf, in any order; a leaf and period that nobody moved in is absent.
type Bridges struct {
	Leaves []Leaf
	// ByOrigin counts users in the leaf that they come from, new users, who come from none, in their own.
	ByOrigin []Bridge
	// Last counts those of the last period in the leaf that they are in.
	Last []Bridge
}

// Bridges adds up the transitions of the periods from first to last, both inclusive.
func (e *Engine) Bridges(ctx context.Context, d *Definition, first, last period.Period) (Bridges, error) {
	b := bridging{definition: d, grain: first.Grain, leaves: map[Leaf]int{}, periods: map[time.Time]period.Period{}}
	err := e.warehouse.Read(ctx, func(ctx context.Context, r warehouse.Reader) error {
		v := e.values(d, first.Grain)
		exists, err := e.holds(ctx, r, v.Transitions)
		if err != nil || !exists {
			return err
		}
		if b.ByOrigin, err = e.bridges(ctx, r, &b, v, first, last); err != nil {
			return err
		}
		v.Single = true
		b.Last, err = e.bridges(ctx, r, &b, v, last, last)
		return err
	})
	return b.Bridges, err
}

func (e *Engine) bridges(
	ctx context.Context, r warehouse.Reader, b *bridging, v statements.Values, first, last period.Period,
) ([]Bridge, error) {
	query, err := e.sql.Render("bridges", v)
	if err != nil {
		return nil, err
	}
	return warehouse.Collect(ctx, r, b.scan, query, first.UTCDate(), last.UTCDate())
}

// bridging numbers leaves, and remembers the periods of dates: both come again in most rows.
type bridging struct {
	Bridges

	definition *Definition
	grain      period.Grain
	leaves     map[Leaf]int
	periods    map[time.Time]period.Period
}

func (b *bridging) scan(rows warehouse.Rows) (Bridge, error) {
	var out Bridge
	var date time.Time
	var leaf Leaf
	err := rows.Scan(&date, &leaf, &out.New, &out.Retained, &out.Reactivated, &out.Churned)
	var known bool
	if out.Period, known = b.periods[date]; !known {
		out.Period = onDate(b.definition.Calendar, b.grain, date)
		b.periods[date] = out.Period
	}
	if out.Leaf, known = b.leaves[leaf]; !known {
		out.Leaf = len(b.Leaves)
		b.leaves[leaf] = out.Leaf
		b.Leaves = append(b.Leaves, leaf)
	}
	return out, err
}
