package store

import (
	"context"
	"database/sql"
	"time"
)

// BatchOutcome is what one run says of one batch.
type BatchOutcome struct {
	Batch

	InvocationID, Command string
	// GeneratedAt is when that run's artifact was written, StartedAt and CompletedAt when it ran all of the node's batches.
	GeneratedAt, StartedAt, CompletedAt time.Time
	// RowsAffected is what the run says of all its batches together, nil where it does not say, and Among how many those are that
	// it wrote.
	RowsAffected *int64
	Among        int
}

// When each node's batches were last made anew, all together. Parameters: the nodes as a JSON list and the instant.
const rebuilds = `
SELECT r.node_id, max(runs.generated_at)
FROM results r JOIN runs USING (invocation_id)
WHERE r.node_id IN (SELECT value FROM json_each(?1)) AND runs.generated_at <= ?2 AND runs.full_refresh
  AND r.status IN ('success', 'partial success')
  AND EXISTS (SELECT 1 FROM batches b WHERE b.invocation_id = r.invocation_id AND b.node_id = r.node_id)
GROUP BY r.node_id`

// Rebuilds returns, by node id, when a run that made a microbatch model anew ended, the last one up to asOf. What earlier runs
// say of its batches holds no more.
func (s *Store) Rebuilds(ctx context.Context, nodes []string, asOf time.Time) (map[string]time.Time, error) {
	rows, err := s.read.QueryContext(ctx, rebuilds, jsonList(nodes), micros(asOf)) //nolint:sqlclosecheck // each closes them
	if err != nil {
		return nil, s.foreign(err)
	}
	out := map[string]time.Time{}
	err = each(rows, func() error {
		var node string
		var at sql.NullInt64
		bad := rows.Scan(&node, &at)
		out[node] = instant(at)
		return bad //nolint:wrapcheck // foreign does
	})
	return out, s.foreign(err)
}

// Parameters: the nodes as a JSON list, the interval, the instant. Of a retry those batches that had succeeded in the run before
// are left out: it repeats them in its results and does not run them again. Each batch's own past decides that, so the window is
// over the node and the batch.
const batchOutcomes = `
WITH told AS (
    SELECT b.node_id, b.start_at, b.end_at, b.succeeded, b.skipped, b.doubtful, b.checked, b.rows, b.invocation_id, runs.command,
           runs.generated_at,
           runs.command = 'retry' AND b.succeeded AND coalesce(lag(b.succeeded) OVER (
               PARTITION BY b.node_id, b.start_at, b.end_at ORDER BY runs.generated_at, b.invocation_id), 0) AS repeated
    FROM batches b JOIN runs USING (invocation_id)
    WHERE b.node_id IN (SELECT value FROM json_each(?1)) AND b.start_at < ?3 AND b.end_at > ?2 AND runs.generated_at <= ?4
)
SELECT t.node_id, t.start_at, t.end_at, t.succeeded, t.skipped, t.doubtful, t.checked, t.rows, t.invocation_id, t.command,
       t.generated_at,
       r.started_at, r.completed_at, r.rows_affected, iif(r.rows_affected IS NULL, 0,
           (SELECT count(*) FROM batches b
            WHERE b.invocation_id = t.invocation_id AND b.node_id = t.node_id AND NOT b.skipped AND NOT b.checked))
FROM told t JOIN results r USING (invocation_id, node_id)
WHERE NOT repeated
ORDER BY t.node_id, t.generated_at DESC, t.invocation_id DESC, t.start_at`

// Batches returns, by node id, what runs up to asOf say of the batches that overlap [from, to): the newest run first, and in a
// run by start. A retry repeats the batches that had succeeded before it; such a batch keeps the run in which it ran.
func (s *Store) Batches(ctx context.Context, nodes []string, from, to, asOf time.Time) (map[string][]BatchOutcome, error) {
	rows, err := s.read.QueryContext(ctx, batchOutcomes, jsonList(nodes), micros(from), micros(to), micros(asOf))
	if err != nil {
		return nil, s.foreign(err)
	}
	out := map[string][]BatchOutcome{}
	err = each(rows, func() error {
		var node string
		var b BatchOutcome
		var start, end, generated, started, completed sql.NullInt64
		bad := rows.Scan(&node, &start, &end, &b.Succeeded, &b.Skipped, &b.Doubtful, &b.Checked, &b.Rows, &b.InvocationID, &b.Command,
			&generated, &started, &completed, &b.RowsAffected, &b.Among)
		b.Start, b.End, b.GeneratedAt = instant(start), instant(end), instant(generated)
		b.StartedAt, b.CompletedAt = instant(started), instant(completed)
		out[node] = append(out[node], b)
		return bad //nolint:wrapcheck // foreign does
	})
	return out, s.foreign(err)
}
