package activation

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/activation/statements"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// Shown counts the users of a period's outputs whom at least one of some upstream relations shows in the period. Relations
// without a column of the name of the fact's user are left out; counted is false where none is left, or nothing is built.
func (e *Engine) Shown(
	ctx context.Context, d *Definition, of []Upstream, p period.Period,
) (users int64, counted bool, err error) {
	count := func(ctx context.Context, r warehouse.Reader, v statements.Values, args []any) error {
		query, err := e.sql.Render("shown", v)
		if err != nil {
			return err
		}
		_, err = warehouse.Collect(ctx, r, func(rows warehouse.Rows) (struct{}, error) {
			return struct{}{}, rows.Scan(&users)
		}, query, args...)
		return err
	}
	counted, err = e.upstreams(ctx, d, of, wholeOf(p), time.Time{}, count)
	return users, counted, err
}

// Dropped counts by leaf the users whom at least one of some upstream relations shows in a period, and who are not in its
// outputs, under the leaf that was last known of them and "" without one. counted is false where it is of Shown.
func (e *Engine) Dropped(
	ctx context.Context, d *Definition, of []Upstream, p period.Period,
) (users map[Leaf]int64, counted bool, err error) {
	return e.absent(ctx, d, of, wholeOf(p), time.Time{})
}

// absent counts those whom relations show in a part of a period, where since is not zero by rows that came at it or later.
func (e *Engine) absent(
	ctx context.Context, d *Definition, of []Upstream, part Part, since time.Time,
) (users map[Leaf]int64, counted bool, err error) {
	count := func(ctx context.Context, r warehouse.Reader, v statements.Values, args []any) (err error) {
		users, err = e.byLeaf(ctx, r, "absent", v, args)
		return err
	}
	counted, err = e.upstreams(ctx, d, of, part, since, count)
	return users, counted, err
}

func wholeOf(p period.Period) Part { return Part{Period: p, Start: p.Start(), End: p.End()} }

// upstreams gives fn the values and arguments of those relations that show the fact's users; it is false where there are none.
func (e *Engine) upstreams(
	ctx context.Context, d *Definition, of []Upstream, part Part, since time.Time,
	fn func(context.Context, warehouse.Reader, statements.Values, []any) error,
) (counted bool, err error) {
	err = e.warehouse.Read(ctx, func(ctx context.Context, r warehouse.Reader) error {
		v := e.values(d, part.Period.Grain)
		exists, err := e.holds(ctx, r, v.Activation)
		if err != nil || !exists {
			return err
		}
		args, err := e.bindUpstreams(ctx, d, of, part, since, &v)
		if counted = len(v.Upstreams) > 0; err != nil || !counted {
			return err
		}
		return fn(ctx, r, v, append(args, part.Period.UTCDate()))
	})
	return counted && err == nil, err
}

// bindUpstreams completes the values with the relations that show the fact's users, and returns their arguments.
func (e *Engine) bindUpstreams(
	ctx context.Context, d *Definition, of []Upstream, part Part, since time.Time, v *statements.Values,
) (args []any, err error) {
	for _, u := range of {
		if since.IsZero() {
			u.Loaded = ""
		}
		table, err := e.warehouse.Relation(ctx, u.Relation)
		if err != nil {
			return nil, err
		}
		one, known := e.upstream(d, u, table, part)
		if !known {
			continue
		}
		start, end := part.bounds(one)
		v.Upstreams, args = append(v.Upstreams, one), append(args, start, end)
		if !since.IsZero() {
			args = append(args, since.UTC())
		}
	}
	return args, nil
}
