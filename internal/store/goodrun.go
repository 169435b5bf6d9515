package store

import (
	"context"
	"database/sql"
	"time"
)

// GoodRun is when a run built a node, wholly or some of its batches. Zero times are unknown.
type GoodRun struct{ StartedAt, CompletedAt time.Time }

// Parameters: the nodes as a JSON list, the instant, and how many of each.
const goodRuns = `
SELECT node_id, started_at, completed_at
FROM (SELECT r.node_id, r.started_at, r.completed_at, runs.generated_at, row_number() OVER (
          PARTITION BY r.node_id ORDER BY runs.generated_at DESC, r.invocation_id DESC) AS nth
      FROM results r JOIN runs USING (invocation_id)
      WHERE r.node_id IN (SELECT value FROM json_each(?1)) AND runs.generated_at <= ?2
        AND runs.command IN ('build', 'run', 'seed', 'snapshot', 'retry') AND r.status IN ('success', 'partial success'))
WHERE nth <= ?3
ORDER BY node_id, nth`

// GoodRuns returns, by node id, the last good runs up to asOf: the newest first, at most limit of each node.
func (s *Store) GoodRuns(ctx context.Context, nodes []string, limit int, asOf time.Time) (map[string][]GoodRun, error) {
	rows, err := s.read.QueryContext(ctx, goodRuns, jsonList(nodes), micros(asOf), limit)
	if err != nil {
		return nil, s.foreign(err)
	}
	out := map[string][]GoodRun{}
	err = each(rows, func() error {
		var node string
		var started, completed sql.NullInt64
		bad := rows.Scan(&node, &started, &completed)
		out[node] = append(out[node], GoodRun{instant(started), instant(completed)})
		return bad //nolint:wrapcheck // foreign does
	})
	return out, s.foreign(err)
}
