// Package observe counts partitions in a warehouse for package partition: one query a relation and range, whatever the
// number of partitions. What the counts mean is left to partition, the engine's spelling to the warehouse's dialect.
//
// Invariant: what keeps one relation from being counted (it is not there, it has no such column, its view is broken) is an
// answer; only a warehouse that does not answer at all is an error.
package observe

import (
	"context"
	"embed"
	"fmt"
	"strings"
	"text/template"
	"time"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

//go:embed *.sql
var files embed.FS

// Observer is a partition.Observer over a warehouse.
type Observer struct {
	warehouse warehouse.Warehouse
	sql       *template.Template
	// hash names how fingerprints are made.
	hash string
	// maxBytes bounds a table that is read whole; 0 is no bound.
	maxBytes int64
}

var _ partition.Observer = (*Observer)(nil)

// New makes an Observer. It fails where the warehouse's dialect lacks a function that the statement needs.
func New(w warehouse.Warehouse) (*Observer, error) {
	dialect := w.Dialect()
	sql, err := template.New("").Funcs(dialect.Funcs).ParseFS(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("parse the statements for %s: %w", dialect.Name, err)
	}
	return &Observer{warehouse: w, sql: sql, hash: dialect.Hash}, nil
}

// AtOnce implements partition.Deps.AtOnce: one session for all that fn observes.
func (o *Observer) AtOnce(ctx context.Context, fn func(context.Context) error) error {
	return o.warehouse.Read(ctx, func(ctx context.Context, _ warehouse.Reader) error { return fn(ctx) })
}

// Within returns an Observer that reads no table whole that takes more bytes, where the engine can tell.
func (o *Observer) Within(maxBytes int64) *Observer {
	out := *o
	out.maxBytes = maxBytes
	return &out
}

// values is what the template knows of a relation.
type values struct {
	Grain            string
	WeekStart        time.Weekday
	Relation         warehouse.Relation
	Time             warehouse.Ident
	TimeKind         warehouse.TimeKind
	ColumnZone, Zone string
	Key              []warehouse.Ident
	// KeyPart: only keys of some periods are wanted.
	KeyPart bool
	Bounds  bool
	// Ahead: rows in periods that have not begun are counted apart.
	Ahead bool
	// Content are the columns that a fingerprint is of; empty where none is wanted.
	Content []warehouse.Ident
	// made says how the fingerprint is made, for comparing it with others.
	made string
	// Loaded is the column that says when a row was loaded; empty where none does.
	Loaded warehouse.Ident
	// Hours are the hours asked for, counted in seconds after From; empty for another grain.
	Hours []hours
	From  int64
	// Moved are the periods whose rows are looked for in others, by number; Alike what makes them the same, Hashed the names of
	// that.
	Moved  []int
	Alike  []likeness
	Hashed []warehouse.Ident
}

// Observe implements partition.Observer.
func (o *Observer) Observe(ctx context.Context, r partition.ObserveRequest) (partition.Observation, error) {
	relation, err := warehouse.ParseRelation(r.Relation)
	if err == nil {
		return o.observe(ctx, r, relation)
	}
	return partition.Observation{Unobserved: noName(r.Relation)}, nil
}

func (o *Observer) observe(
	ctx context.Context, r partition.ObserveRequest, relation warehouse.Relation,
) (partition.Observation, error) {
	var out partition.Observation
	err := o.warehouse.Read(ctx, func(ctx context.Context, reader warehouse.Reader) error {
		table, err := o.warehouse.Relation(ctx, relation)
		if r.Spec.Noted != nil && fault.KindOf(err) == fault.NotFound {
			return nil // nothing was built yet
		}
		if err != nil {
			return err
		}
		v, why := bind(r, table)
		if why != "" {
			out.Unobserved = why
			return nil
		}
		out.KeyNote = v.bindKey(r, table)
		if r.PrintFirst != nil {
			v.bindContent(table, o.hash)
		}
		v.bindLoaded(r.LoadedAt, table)
		if len(r.Moved) > 0 {
			v.bindMoved(r, table)
			out, err = o.moved(ctx, reader, r, &v)
			return err
		}
		counted, err := o.count(ctx, reader, r, &v)
		counted.KeyNote = out.KeyNote
		if err == nil && r.Spec.Noted != nil && r.Relation == r.Spec.Noted.Relation {
			counted.Definitions, err = o.definitions(ctx, reader, r, table.Relation)
		}
		out = counted
		return err
	})
	if err == nil {
		return out, nil
	}
	if why := ofRelation(err); why != "" {
		return partition.Observation{Unobserved: why}, nil
	}
	return partition.Observation{}, err
}

// ofRelation is the sentence of an error that concerns one relation and leaves the others answerable, "" of any other.
func ofRelation(err error) string {
	switch fault.KindOf(err) {
	case fault.NotFound, fault.Invalid, fault.Blocked:
		return err.Error()
	case fault.Internal:
		return "The warehouse refused to count its rows."
	case fault.Unavailable, fault.Conflict:
	}
	return ""
}

// bind completes a request with what the relation's columns are today, or says why it cannot be counted.
func bind(r partition.ObserveRequest, table warehouse.Table) (v values, why string) {
	column, ok := table.Column(r.Spec.Time)
	if !ok {
		names := names(table)
		return v, fmt.Sprintf("%s has no column %q, by which its rows would be placed.%s Its columns: %s.",
			table.Relation, r.Spec.Time, fault.DidYouMean(r.Spec.Time, names), listed(names))
	}
	if column.Time == "" {
		return v, fmt.Sprintf("Column %s of %s is %s; rows are placed by a date or a timestamp. Name one as its time, or cast it in the model.", column.Name, table.Relation, column.Type)
	}
	if column.Time == warehouse.Date && r.Spec.Grain == period.Hour {
		return v, fmt.Sprintf("Column %s of %s is a date, which does not say the hour. Name a timestamp as its time, or declare a coarser grain.",
			column.Name, table.Relation)
	}
	zone := r.Spec.ColumnZone
	if zone == "" {
		zone = "UTC"
	}
	v = values{
		Grain: string(r.Spec.Grain), WeekStart: r.Spec.Calendar.WeekStart(), Relation: table.Relation,
		Time: warehouse.Ident(column.Name), TimeKind: column.Time, ColumnZone: zone, Zone: r.Spec.Calendar.Zone(),
		// The bounds of a table cost little; those of a view may cost as much as its rows.
		Bounds: r.Bounds || table.Kind == warehouse.BaseTable, Ahead: !r.AsOf.IsZero(),
	}
	if r.Spec.Grain == period.Hour {
		v.From, v.Hours = r.First.Start().Unix(), between(r.First, r.Last)
	}
	return v, ""
}

// bindKey takes the columns of the key, or says why repeats cannot be counted.
func (v *values) bindKey(r partition.ObserveRequest, table warehouse.Table) (note string) {
	for _, name := range r.Spec.Key {
		column, ok := table.Column(name)
		if !ok {
			v.Key = nil
			return fmt.Sprintf("Repeats are not counted: the %s names %s, which is no column of %s.", r.Spec.KeyFrom, name, table.Relation)
		}
		v.Key = append(v.Key, warehouse.Ident(column.Name))
	}
	v.KeyPart = len(v.Key) > 0 && r.KeyFirst != nil
	return ""
}

// bindLoaded takes the column that says when rows were loaded. dbt lets it be an expression, and those are no names of ours.
func (v *values) bindLoaded(name string, table warehouse.Table) {
	if c, ok := table.Column(name); ok && c.Time != "" && c.Time != warehouse.Date {
		v.Loaded = warehouse.Ident(c.Name)
	}
}

func names(table warehouse.Table) []string {
	out := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		out[i] = c.Name
	}
	return out
}

// maxListed bounds the columns that a sentence lists.
const maxListed = 12

func listed(names []string) string {
	text := strings.Join(names[:min(len(names), maxListed)], ", ")
	if more := len(names) - maxListed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// row is a line of the result: a period's counts, or without a period the bounds.
type row struct {
	date             *time.Time // of another grain than hour
	hour             *int64
	count            partition.Count
	earliest, latest *time.Time
	// otherDates and otherHours are the first and the last period that has keys of this one, too.
	otherDates [2]*time.Time
	otherHours [2]*int64
}

func (o *Observer) count(
	ctx context.Context, reader warehouse.Reader, r partition.ObserveRequest, v *values,
) (partition.Observation, error) {
	out := partition.Observation{Counts: map[int]partition.Count{}, Untold: v.untold(r.First, r.Last)}
	var query strings.Builder
	if err := o.sql.ExecuteTemplate(&query, "counts.sql", v); err != nil {
		return out, fmt.Errorf("render the counts of %s: %w", v.Relation, err)
	}
	args := v.bounds(r.First, r.Last)
	if v.Loaded != "" {
		args = append(args, v.bounds(r.First, r.Last)...)
	}
	if len(v.Key) > 0 {
		args = append(args, v.bounds(r.First, r.Last)...)
	}
	if v.KeyPart {
		args = append(args, v.bounds(*r.KeyFirst, *r.KeyLast)...)
	}
	if len(v.Content) > 0 {
		args = append(args, v.bounds(*r.PrintFirst, *r.PrintLast)...)
	}
	if v.Bounds && v.Ahead {
		next := v.start(r.Spec.At(r.AsOf).Next())
		args = append(args, next, next)
	}
	rows, err := warehouse.Collect(ctx, reader, v.scan, query.String(), args...)
	if err != nil {
		return out, err
	}
	for _, row := range rows {
		if row.date == nil && row.hour == nil {
			out.Earliest, out.Latest = v.instant(r.Spec, row.earliest), v.instant(r.Spec, row.latest)
			out.Untimed, out.Ahead = row.count.Rows, row.count.Keyed
			continue
		}
		index := row.index(r)
		if out.Untold[index] != "" {
			continue
		}
		sum := out.Counts[index]
		sum.Rows += row.count.Rows
		sum.Keyed += row.count.Keyed
		sum.Distinct += row.count.Distinct
		if row.count.Fingerprint != "" {
			sum.Fingerprint = v.made + ":" + row.count.Fingerprint
		}
		if row.count.Loaded != nil {
			sum.Loaded, sum.Waves = row.count.Loaded, row.count.Waves
		}
		if row.count.Elsewhere.Rows > 0 {
			sum.Elsewhere = row.elsewhere(r)
		}
		out.Counts[index] = sum
	}
	return out, nil
}

func (v *values) scan(rows warehouse.Rows) (row, error) {
	var r row
	var place, first, last any = &r.date, &r.otherDates[0], &r.otherDates[1]
	if len(v.Hours) > 0 {
		place, first, last = &r.hour, &r.otherHours[0], &r.otherHours[1]
	}
	c := &r.count
	err := rows.Scan(place, &c.Rows, &c.Keyed, &c.Distinct, &r.earliest, &r.latest, &c.Fingerprint, &c.Loaded, &c.Waves,
		&c.Elsewhere.Rows, first, last)
	return r, err
}

// bounds are the arguments of `within`: dates or instants.
func (v *values) bounds(first, last period.Period) []any {
	return []any{v.start(first), v.start(last.Next())}
}

// start is where a period begins, as it compares with the column.
func (v *values) start(p period.Period) any {
	if v.TimeKind == warehouse.Date {
		return p.UTCDate()
	}
	return p.Start().UTC()
}

// index is the number of the period that the row counts.
func (r *row) index(asked partition.ObserveRequest) int { return numbered(asked, r.date, r.hour) }

// elsewhere says where else the keys of the row's period are.
func (r *row) elsewhere(asked partition.ObserveRequest) partition.Elsewhere {
	return partition.Elsewhere{
		Rows:  r.count.Elsewhere.Rows,
		First: numbered(asked, r.otherDates[0], r.otherHours[0]), Last: numbered(asked, r.otherDates[1], r.otherHours[1]),
	}
}

// numbered is the number of a period as SQL gives it: an hour's number, or else a date.
func numbered(asked partition.ObserveRequest, date *time.Time, hour *int64) int {
	if hour != nil {
		return int(*hour)
	}
	// Where clocks went back over midnight, SQL gives the hour in between to the day before: the range decides.
	return min(max(onDate(asked.Spec, *date).Index, asked.First.Index), asked.Last.Index)
}

func onDate(s partition.Spec, date time.Time) period.Period {
	y, m, d := date.Date()
	return s.Calendar.On(s.Grain, y, m, d)
}

// instant reads a value of the time column. A date is its first instant in the calendar of the spec, a timestamp is of its zone.
func (v *values) instant(s partition.Spec, t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := *t
	switch v.TimeKind {
	case warehouse.Date:
		y, m, d := at.Date()
		at = s.Calendar.On(period.Day, y, m, d).Start()
	case warehouse.Timestamp, warehouse.TimestampNS:
		if zone, err := time.LoadLocation(v.ColumnZone); err == nil {
			at = time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), zone)
		}
	case warehouse.TimestampTZ:
	}
	return &at
}
