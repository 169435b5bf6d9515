package observe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// likeness is one of the columns by which rows of different periods are alike.
type likeness struct {
	Name warehouse.Ident
	// Clock is the kind of a time, of which only what the clock shows is compared; empty for what is compared as it is.
	Clock warehouse.TimeKind
	// DayOf: no column, but the day of the period.
	DayOf bool
}

// bindMoved takes what makes rows alike: the place in the period, and every column but the key, load times and dates. A row that
// was moved to another period may have taken its dates with it or not.
func (v *values) bindMoved(r partition.ObserveRequest, table warehouse.Table) {
	v.Moved = r.Moved
	if r.Spec.Grain != period.Day && r.Spec.Grain != period.Hour {
		v.Alike = append(v.Alike, likeness{DayOf: true})
	}
	for _, c := range table.Columns {
		name := warehouse.Ident(c.Name)
		differs := slices.Contains(v.Key, name) || name == v.Loaded || loadTime.MatchString(c.Name)
		if c.Time == warehouse.Date || differs && name != v.Time {
			continue
		}
		v.Alike = append(v.Alike, likeness{Name: name, Clock: c.Time})
	}
	for i := range v.Alike {
		v.Hashed = append(v.Hashed, warehouse.Ident(fmt.Sprintf("headwater_c%d", i)))
	}
}

// pair is a line of the result: an asked period, another one, and the rows that they have in common.
type pair struct {
	dates  [2]*time.Time
	hours  [2]*int64
	copied partition.Copied
}

// moved looks for rows of the asked periods in the others of the range.
func (o *Observer) moved(
	ctx context.Context, reader warehouse.Reader, r partition.ObserveRequest, v *values,
) (partition.Observation, error) {
	out := partition.Observation{Copied: map[int][]partition.Copied{}}
	if len(v.Alike) == 0 {
		return out, nil // nothing is left by which rows could be told apart
	}
	var query strings.Builder
	if err := o.sql.ExecuteTemplate(&query, "moved.sql", v); err != nil {
		return out, fmt.Errorf("render the moved rows of %s: %w", v.Relation, err)
	}
	args := v.bounds(r.First, r.Last)
	for _, index := range r.Moved {
		var asked any = index
		if len(v.Hours) == 0 {
			asked = period.Period{Grain: r.Spec.Grain, Calendar: r.Spec.Calendar, Index: index}.UTCDate()
		}
		args = append(args, asked)
	}
	pairs, err := warehouse.Collect(ctx, reader, func(rows warehouse.Rows) (pair, error) {
		var p pair
		var asked, other any = &p.dates[0], &p.dates[1]
		if len(v.Hours) > 0 {
			asked, other = &p.hours[0], &p.hours[1]
		}
		c := &p.copied
		err := rows.Scan(asked, other, &c.Rows, &c.Twice, &c.Different)
		return p, err
	}, query.String(), args...)
	for _, p := range pairs {
		p.copied.From = numbered(r, p.dates[1], p.hours[1])
		asked := numbered(r, p.dates[0], p.hours[0])
		out.Copied[asked] = append(out.Copied[asked], p.copied)
	}
	return out, err
}
