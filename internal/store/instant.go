package store

import (
	"database/sql"
	"time"
)

// micros is an instant as the file holds it.
func micros(t time.Time) int64 { return t.UnixMicro() }

// known is micros, and NULL for a time that is not known.
func known(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMicro(), Valid: !t.IsZero()}
}

// instant reads what micros or known wrote, in UTC.
func instant(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMicro(n.Int64).UTC()
}
