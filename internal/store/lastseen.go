package store

import (
	"context"
	"time"
)

// LookAt is a look: which periods, and when.
type LookAt struct {
	First, Last string
	AsOf        time.Time
}

// maxLooks bounds how far back looks are told: whoever checks every night looks at some of the same periods again.
const maxLooks = 400

// LastSeen returns the newest looks up to asOf at periods from first to last, the newest first, and by period the rows that were
// seen last. A period that was looked at and is not among them had none.
func (s *Store) LastSeen(
	ctx context.Context, of Series, first, last string, asOf time.Time,
) (looks []LookAt, held map[string]int64, err error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT first, last, max(as_of) AS newest FROM looks
		WHERE series = (`+findSeries+`) AND first <= ? AND last >= ? AND as_of <= ?
		GROUP BY first, last ORDER BY newest DESC, first, last LIMIT ?`,
		of.NodeID, of.Relation, of.Grain, of.Calendar, last, first, micros(asOf), maxLooks)
	if err != nil {
		return nil, nil, s.foreign(err)
	}
	err = each(rows, func() error {
		var l LookAt
		var at int64
		bad := rows.Scan(&l.First, &l.Last, &at)
		l.AsOf = time.UnixMicro(at).UTC()
		looks = append(looks, l)
		return bad //nolint:wrapcheck // foreign does
	})
	if err != nil {
		return nil, nil, s.foreign(err)
	}
	held = map[string]int64{}
	rows, err = s.read.QueryContext(ctx, `
		SELECT period, rows, max(as_of) FROM versions
		WHERE series = (`+findSeries+`) AND period BETWEEN ? AND ? AND as_of <= ?
		GROUP BY period`, // SQLite takes the rows from the line that has the maximum
		of.NodeID, of.Relation, of.Grain, of.Calendar, first, last, micros(asOf))
	if err != nil {
		return nil, nil, s.foreign(err)
	}
	err = each(rows, func() error {
		var period string
		var n, at int64
		bad := rows.Scan(&period, &n, &at)
		held[period] = n
		return bad //nolint:wrapcheck // foreign does
	})
	return looks, held, s.foreign(err)
}
