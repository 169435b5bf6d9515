package store

import (
	"context"
	"database/sql"
	"time"
)

// BatchOutcome is the last word of the ledger on one batch of a microbatch model.
type BatchOutcome struct {
	Batch

	InvocationID, Command string
	// GeneratedAt is when that run's artifact was written.
	GeneratedAt time.Time
}

// Batches returns the last outcome of every batch of a node in runs up to asOf, by start. A retry repeats the batches
// that had succeeded before it; such a batch keeps the run in which it ran.
func (s *Store) Batches(ctx context.Context, node string, asOf time.Time) ([]BatchOutcome, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT start_at, end_at, succeeded, invocation_id, command, generated_at
		FROM batches JOIN runs USING (invocation_id)
		WHERE node_id = ? AND generated_at <= ?
		ORDER BY start_at, end_at, generated_at, invocation_id`, node, micros(asOf))
	if err != nil {
		return nil, s.foreign(err)
	}
	var out []BatchOutcome
	err = each(rows, func() error {
		var b BatchOutcome
		var start, end, generated sql.NullInt64
		if bad := rows.Scan(&start, &end, &b.Succeeded, &b.InvocationID, &b.Command, &generated); bad != nil {
			return bad //nolint:wrapcheck // foreign does
		}
		b.Start, b.End, b.GeneratedAt = instant(start), instant(end), instant(generated)
		last := len(out) - 1
		switch {
		case last < 0 || !out[last].Start.Equal(b.Start) || !out[last].End.Equal(b.End):
			out = append(out, b)
		case b.Command == "retry" && out[last].Succeeded && b.Succeeded:
			// carried over, not run again
		default:
			out[last] = b
		}
		return nil
	})
	return out, s.foreign(err)
}
