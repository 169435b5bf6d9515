package store

import (
	"context"
	"database/sql"
	"time"
)

// Series names the partitions of one node in one calendar, or the node as a whole, whose Grain is empty.
type Series struct {
	NodeID string
	// Relation is what was looked at; another environment's table is another series.
	Relation string
	Grain    string
	// Calendar is the time zone, and of weeks the day they start on.
	Calendar string
}

// Content is what a partition held. Equal fingerprints are of equal rows; "" is none.
type Content struct {
	Rows        int64
	Fingerprint string
}

// Look is what was seen of the periods from First to Last, both included and named so that names sort by time. A period without
// rows need not be there.
type Look struct {
	First, Last string
	Held        map[string]Content
	// AsOf is the logical time of the question and SeenAt the wall time.
	AsOf, SeenAt time.Time
}

// Version is a content from its first sight on.
type Version struct {
	Content

	// Since is when it was seen first, Before when something else, or nothing, was last seen in its place; zero where nobody had
	// looked before.
	Since, Before time.Time
}

// SaveLook keeps what has changed since the last look, and that somebody looked. What is at rest takes no room, however often it
// is looked at.
func (s *Store) SaveLook(ctx context.Context, of Series, look Look) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		id, err := seriesID(ctx, tx, of)
		if err != nil {
			return err
		}
		changed, err := saveChanges(ctx, tx, id, look)
		if err != nil {
			return err
		}
		if !changed {
			moved, err := moveLook(ctx, tx, id, look)
			if err != nil || moved {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO looks (series, first, last, as_of, seen_at) VALUES (?, ?, ?, ?, ?)`,
			id, look.First, look.Last, micros(look.AsOf), micros(look.SeenAt))
		return err //nolint:wrapcheck // update does
	})
}

func seriesID(ctx context.Context, tx *sql.Tx, of Series) (id int64, err error) {
	_, err = tx.ExecContext(ctx, `INSERT OR IGNORE INTO series (node_id, relation, grain, calendar) VALUES (?, ?, ?, ?)`,
		of.NodeID, of.Relation, of.Grain, of.Calendar)
	if err != nil {
		return 0, err //nolint:wrapcheck // update does
	}
	err = tx.QueryRowContext(ctx, findSeries, of.NodeID, of.Relation, of.Grain, of.Calendar).Scan(&id)
	return id, err //nolint:wrapcheck // update does
}

const findSeries = `SELECT id FROM series WHERE node_id = ? AND relation = ? AND grain = ? AND calendar = ?`

// saveChanges adds a version of each period whose content is not the newest one that is kept.
func saveChanges(ctx context.Context, tx *sql.Tx, id int64, look Look) (changed bool, err error) {
	known, err := newest(ctx, tx, id, look)
	if err != nil {
		return false, err
	}
	const insert = `INSERT OR REPLACE INTO versions (series, period, as_of, rows, fingerprint) VALUES (?, ?, ?, ?, ?)`
	save := func(period string, c Content) error {
		changed = true
		_, err := tx.ExecContext(ctx, insert, id, period, micros(look.AsOf), c.Rows, c.Fingerprint)
		return err //nolint:wrapcheck // update does
	}
	for period, c := range look.Held {
		if known[period] != c {
			if err := save(period, c); err != nil {
				return changed, err
			}
		}
	}
	for period, was := range known {
		if _, still := look.Held[period]; !still && was.Rows > 0 {
			if err := save(period, Content{}); err != nil {
				return changed, err
			}
		}
	}
	return changed, nil
}

// newest are the contents that are kept of the periods of a look.
func newest(ctx context.Context, tx *sql.Tx, id int64, look Look) (map[string]Content, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT period, rows, fingerprint, max(as_of) FROM versions
		WHERE series = ? AND period BETWEEN ? AND ? AND as_of <= ?
		GROUP BY period`, // SQLite takes the other columns from the row that has the maximum
		id, look.First, look.Last, micros(look.AsOf))
	if err != nil {
		return nil, err //nolint:wrapcheck // update does
	}
	out := map[string]Content{}
	err = each(rows, func() error {
		var period string
		var c Content
		var at int64
		bad := rows.Scan(&period, &c.Rows, &c.Fingerprint, &at)
		out[period] = c
		return bad //nolint:wrapcheck // update does
	})
	return out, err
}

// moveLook brings the last look at the same periods forward, unless something has changed since it: then it is the last sight of
// what was there before.
func moveLook(ctx context.Context, tx *sql.Tx, id int64, look Look) (bool, error) {
	done, err := tx.ExecContext(ctx, `
		UPDATE OR REPLACE looks SET as_of = ?4, seen_at = ?5
		WHERE series = ?1 AND first = ?2 AND last = ?3
		  AND as_of = (SELECT max(as_of) FROM looks WHERE series = ?1 AND first = ?2 AND last = ?3 AND as_of <= ?4)
		  AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.series = ?1 AND v.period BETWEEN ?2 AND ?3 AND v.as_of > looks.as_of)`,
		id, look.First, look.Last, micros(look.AsOf), micros(look.SeenAt))
	if err != nil {
		return false, err //nolint:wrapcheck // update does
	}
	n, err := done.RowsAffected()
	return n > 0, err //nolint:wrapcheck // update does
}

// Versions returns by period, each list ascending, the contents that periods from first to last had in looks up to asOf. Periods
// that nobody looked at, and those that never had rows, are left out.
func (s *Store) Versions(ctx context.Context, of Series, first, last string, asOf time.Time) (map[string][]Version, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT v.period, v.rows, v.fingerprint, v.as_of, (
			SELECT max(l.as_of) FROM looks l
			WHERE l.series = v.series AND l.first <= v.period AND l.last >= v.period AND l.as_of < v.as_of)
		FROM versions v
		WHERE v.series = (`+findSeries+`) AND v.period BETWEEN ? AND ? AND v.as_of <= ?
		ORDER BY v.period, v.as_of`,
		of.NodeID, of.Relation, of.Grain, of.Calendar, first, last, micros(asOf))
	if err != nil {
		return nil, s.foreign(err)
	}
	out := map[string][]Version{}
	err = each(rows, func() error {
		var period string
		var v Version
		var since, before sql.NullInt64
		bad := rows.Scan(&period, &v.Rows, &v.Fingerprint, &since, &before)
		v.Since, v.Before = instant(since), instant(before)
		out[period] = append(out[period], v)
		return bad //nolint:wrapcheck // foreign does
	})
	return out, s.foreign(err)
}
