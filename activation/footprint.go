package activation

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/activation/statements"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// Upstream names a relation that a fact is made from, and its columns that say when a row happened and was loaded. Loaded may be
// empty.
type Upstream struct {
	Relation     warehouse.Relation
	Time, Loaded string
	// ColumnZone is the zone of a time column without one.
	ColumnZone string
}

// Part is a stretch of a period of the outputs.
type Part struct {
	Period     period.Period
	Start, End time.Time
}

// Footprint counts by leaf the users of a period's outputs whom an upstream relation shows in one part of the period and in no
// other: those whom the period would lack without the part. counted is false where that cannot be told: the relation has no
// column of the name of the fact's user, or is placed by a date and the part is not one of whole days, or nothing is built.
func (e *Engine) Footprint(
	ctx context.Context, d *Definition, of Upstream, part Part,
) (users map[Leaf]int64, counted bool, err error) {
	return e.footprint(ctx, d, of, "footprint", part, nil, func(v statements.Values) []any {
		start, end := part.bounds(v)
		return append(append([]any{start, end}, bounds(v, part.Period, part.Period)...), part.Period.UTCDate())
	})
}

// Absent counts by leaf the users whose rows of a part came to an upstream relation at an instant or later, and who are not in
// the period's outputs: those who came too late for it. Users who were never active before are under "". counted is false where
// it is of Footprint, and without a column that says when rows were loaded.
func (e *Engine) Absent(
	ctx context.Context, d *Definition, of Upstream, part Part, since time.Time,
) (users map[Leaf]int64, counted bool, err error) {
	if of.Loaded == "" {
		return nil, false, nil
	}
	return e.absent(ctx, d, []Upstream{of}, part, since)
}

// footprint counts by a statement. complete adds to its values, and is false where they do not do; nil where nothing is missing.
func (e *Engine) footprint(
	ctx context.Context, d *Definition, of Upstream, statement string, part Part,
	complete func(*statements.Values, warehouse.Table) bool, args func(statements.Values) []any,
) (users map[Leaf]int64, counted bool, err error) {
	err = e.warehouse.Read(ctx, func(ctx context.Context, r warehouse.Reader) error {
		exists, err := e.holds(ctx, r, e.values(d, part.Period.Grain).Activation)
		if err != nil || !exists {
			return err
		}
		table, err := e.warehouse.Relation(ctx, of.Relation)
		if err != nil {
			return err
		}
		v, known := e.upstream(d, of, table, part)
		if !known || complete != nil && !complete(&v, table) {
			return nil
		}
		counted = true
		users, err = e.byLeaf(ctx, r, statement, v, args(v))
		return err
	})
	return users, counted, err
}

// byLeaf runs a statement that counts users by leaf.
func (e *Engine) byLeaf(
	ctx context.Context, r warehouse.Reader, statement string, v statements.Values, args []any,
) (map[Leaf]int64, error) {
	query, err := e.sql.Render(statement, v)
	if err != nil {
		return nil, err
	}
	users := map[Leaf]int64{}
	_, err = warehouse.Collect(ctx, r, func(rows warehouse.Rows) (struct{}, error) {
		var leaf Leaf
		var n int64
		err := rows.Scan(&leaf, &n)
		users[leaf] += n
		return struct{}{}, err
	}, query, args...)
	return users, err
}

// upstream completes the values with what the columns of the relation are; false where its users cannot be counted.
func (e *Engine) upstream(d *Definition, of Upstream, table warehouse.Table, part Part) (statements.Values, bool) {
	v := e.values(d, part.Period.Grain)
	user, known := table.Column(d.Fact.User)
	at, timed := table.Column(of.Time)
	if !known || !timed || at.Time == "" {
		return v, false
	}
	v.Upstream, v.User, v.Time, v.TimeKind = table.Relation, warehouse.Ident(user.Name), warehouse.Ident(at.Name), at.Time
	v.ColumnZone = of.ColumnZone
	if of.Loaded != "" {
		loaded, found := table.Column(of.Loaded)
		if !found || loaded.Time == "" || loaded.Time == warehouse.Date {
			return v, false
		}
		v.Loaded, v.LoadedKind = warehouse.Ident(loaded.Name), loaded.Time
	}
	return v, v.TimeKind != warehouse.Date || part.wholeDays()
}

// bounds are the arguments of `within` for the part, as the time column compares.
func (p Part) bounds(v statements.Values) (start, end any) {
	if v.TimeKind == warehouse.Date {
		day := func(t time.Time) time.Time { return p.Period.Calendar.At(period.Day, t).UTCDate() }
		return day(p.Start), day(p.End)
	}
	return p.Start.UTC(), p.End.UTC()
}

// wholeDays reports whether the part begins and ends where days of the period's calendar do.
func (p Part) wholeDays() bool {
	begins := func(t time.Time) bool { return t.Equal(p.Period.Calendar.At(period.Day, t).Start()) }
	return begins(p.Start) && begins(p.End)
}
