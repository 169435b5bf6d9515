package store

import (
	"context"
	"database/sql"
	"time"
)

// Series names the partitions of one node in one calendar.
type Series struct {
	NodeID string
	// Relation is what was looked at; another environment's table is another series.
	Relation string
	Grain    string
	// TimeZone is the calendar's zone; for weeks with the day they start on, as the caller writes it.
	TimeZone string
}

// Observation is how many rows a partition had when it was looked at.
type Observation struct {
	// Period is the partition's name, its local start date; names of one series sort by time.
	Period string
	Rows   int64
	// AsOf is the logical time of the question and SeenAt the wall time.
	AsOf, SeenAt time.Time
}

// SaveObservations keeps what was seen of a series. Seeing the same number again moves the last sight of it forward, so
// that a partition at rest keeps two lines, its first and its last sight, however often it is looked at. A sight that is
// saved for an earlier instant than others holds up to the next line that was kept.
func (s *Store) SaveObservations(ctx context.Context, of Series, seen []Observation) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		forget, err := tx.PrepareContext(ctx, forgetRepeated)
		if err != nil {
			return err //nolint:wrapcheck // update does
		}
		defer forget.Close() //nolint:errcheck // the transaction ends it
		insert, err := tx.PrepareContext(ctx, `INSERT OR REPLACE INTO observations
			(node_id, relation, grain, time_zone, period, as_of, rows, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
		if err != nil {
			return err //nolint:wrapcheck // update does
		}
		defer insert.Close() //nolint:errcheck // the transaction ends it
		for _, o := range seen {
			key := []any{of.NodeID, of.Relation, of.Grain, of.TimeZone, o.Period, micros(o.AsOf), o.Rows}
			if _, err := forget.ExecContext(ctx, key...); err != nil {
				return err //nolint:wrapcheck // update does
			}
			if _, err := insert.ExecContext(ctx, append(key, micros(o.SeenAt))...); err != nil {
				return err //nolint:wrapcheck // update does
			}
		}
		return nil
	})
}

// Deletes the sight before the one to be saved, if it and the one before it have the same rows as the new one.
// Parameters: the key, the new as_of, the new rows.
const forgetRepeated = `
DELETE FROM observations
WHERE node_id = ?1 AND relation = ?2 AND grain = ?3 AND time_zone = ?4 AND period = ?5
  AND (SELECT count(*) = 2 AND min(rows) = ?7 AND max(rows) = ?7 FROM (
           SELECT rows FROM observations
           WHERE node_id = ?1 AND relation = ?2 AND grain = ?3 AND time_zone = ?4 AND period = ?5 AND as_of < ?6
           ORDER BY as_of DESC LIMIT 2))
  AND as_of = (SELECT max(as_of) FROM observations
               WHERE node_id = ?1 AND relation = ?2 AND grain = ?3 AND time_zone = ?4 AND period = ?5 AND as_of < ?6)`

// Observations returns the newest sight of every period from first to last, both included, that is not after asOf; by
// period. Periods that were not looked at are left out.
func (s *Store) Observations(ctx context.Context, of Series, first, last string, asOf time.Time) ([]Observation, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT period, rows, max(as_of), seen_at
		FROM observations
		WHERE node_id = ? AND relation = ? AND grain = ? AND time_zone = ? AND period BETWEEN ? AND ? AND as_of <= ?
		GROUP BY period ORDER BY period`, // SQLite takes the other columns from the row that has the maximum
		of.NodeID, of.Relation, of.Grain, of.TimeZone, first, last, micros(asOf))
	if err != nil {
		return nil, s.foreign(err)
	}
	out := []Observation{}
	err = each(rows, func() error {
		var o Observation
		var at, seen sql.NullInt64
		bad := rows.Scan(&o.Period, &o.Rows, &at, &seen)
		o.AsOf, o.SeenAt = instant(at), instant(seen)
		out = append(out, o)
		return bad //nolint:wrapcheck // foreign does
	})
	return out, s.foreign(err)
}
