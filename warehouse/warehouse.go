// Package warehouse is the one small interface through which headwater reads and writes a user's data platform, and
// the values that describe how an engine spells what our SQL needs (Dialect). Engines live in folders of their own
// and run the suite of warehousetest.
//
// It leaves the meaning of every statement to the package that embeds it. Invariants: nothing is held between two
// calls, so that the user's own tools are never refused because of us; a Reader cannot write; identifiers reach SQL
// only as an Ident; values are bound.
package warehouse

import (
	"context"
	"time"
)

// Warehouse is one data platform.
type Warehouse interface {
	// Dialect says how the engine spells what our templates need.
	Dialect() Dialect
	// Read calls fn with a session that sees committed data and cannot write: all its queries see what was committed when it began,
	// and so do those of a Read or Relation inside fn that is given fn's context. The session ends with fn.
	// It fails with fault.Unavailable where the warehouse is locked, missing, unreadable or of an unsupported version.
	Read(ctx context.Context, fn func(context.Context, Reader) error) error
	// Write calls fn with a session that nobody else can write beside. What fn executes is one transaction: committed where fn
	// returns nil, rolled back otherwise. It waits briefly for other users of the warehouse and then fails with
	// fault.Unavailable, naming the holder.
	Write(ctx context.Context, fn func(context.Context, Writer) error) error
	// Relation describes a table or view, columns in their order. A relation that does not exist is fault.NotFound.
	Relation(ctx context.Context, r Relation) (Table, error)
	// Health opens the warehouse and says what it is, in one line for people ("DuckDB 1.5.6, storage v1.5.0+, 12 MB").
	Health(ctx context.Context) (string, error)
}

// Reader runs queries. Arguments are bound in order to `?`; their types are those of database/sql.
type Reader interface {
	Query(ctx context.Context, query string, args ...any) (Rows, error)
}

// Writer runs the statements of Warehouse.Write.
type Writer interface {
	Reader
	// Stage runs a statement that makes or fills temporary tables and writes nothing else. They are seen by this session only, and
	// gone with it. What is staged before the first Exec does not make the transaction any longer.
	Stage(ctx context.Context, statement string, args ...any) error
	// Exec runs a statement inside the transaction, which the first one begins.
	Exec(ctx context.Context, statement string, args ...any) error
}

// Rows is a result being read; *sql.Rows satisfies it.
type Rows interface {
	Columns() ([]string, error)
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// TableKind says what a relation is.
type TableKind string

const (
	// BaseTable holds rows of its own.
	BaseTable TableKind = "table"
	// View computes its rows from other relations.
	View TableKind = "view"
)

// Table describes a relation as it is now.
type Table struct {
	Relation Relation
	Kind     TableKind
	Columns  []Column
	// Rows is how many rows the engine's metadata says a table has; nil where it does not say, as of a view.
	Rows *int64
	// Bytes is how much storage they take at most, no closer than to tell whether that is more than limit, and nil where the engine
	// does not say. It is found out only when it is called, which may take longer than counting the rows. The function is nil of a
	// view.
	Bytes func(ctx context.Context, limit int64) (*int64, error)
}

// Column returns the column of that name, compared as the engine compares identifiers (case folded).
func (t Table) Column(name string) (Column, bool) {
	for _, c := range t.Columns {
		if foldEqual(c.Name, name) {
			return c, true
		}
	}
	return Column{}, false
}

// Column is a column of a relation.
type Column struct {
	Name string
	// Type is the engine's own spelling.
	Type string
	// Time says how a time column is read; empty where the column is no date or timestamp.
	Time TimeKind
}

// TimeKind says how values of a column are placed on the time line.
type TimeKind string

const (
	// Date: a local date, never shifted.
	Date TimeKind = "date"
	// Timestamp: without zone, read as UTC unless the zone of the column is given.
	Timestamp TimeKind = "timestamp"
	// TimestampNS: the same, to the nanosecond.
	TimestampNS TimeKind = "timestamp_ns"
	// TimestampTZ: an instant.
	TimestampTZ TimeKind = "timestamptz"
)

// Collect reads every row of a query through scan, which is called once a row, and closes the result.
func Collect[T any](ctx context.Context, r Reader, scan func(Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := r.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // a read that was finished: Err below says whether it was whole
	out := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// DateOf is the value to bind for a local date: midnight UTC of that date, which every engine reads as the date.
func DateOf(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}
