package store

import (
	"context"
	"database/sql"
	"time"
)

// GoodRun is when a run built a node, wholly or some of its batches. Zero times are unknown.
type GoodRun struct{ StartedAt, CompletedAt time.Time }

// Of the last results of each node, those that built it. Parameters: the nodes as a JSON list, the instant, how many of each, and
// the commands as a JSON list.
const goodRuns = `
SELECT r.node_id, r.started_at, r.completed_at
FROM json_each(?1) AS node
JOIN results r ON r.node_id = node.value AND r.generated_at <= ?2 AND r.generated_at >= coalesce((
    SELECT o.generated_at FROM results o WHERE o.node_id = node.value AND o.generated_at <= ?2
    ORDER BY o.generated_at DESC LIMIT 1 OFFSET ?3 - 1), 0)
JOIN runs USING (invocation_id)
WHERE runs.command IN (SELECT value FROM json_each(?4)) AND r.status IN ('success', 'partial success')
ORDER BY r.node_id, r.generated_at DESC, r.invocation_id DESC`

// GoodRuns returns, by node id, the good ones among the last runs up to asOf, limit of each node: the newest first.
func (s *Store) GoodRuns(ctx context.Context, nodes []string, limit int, asOf time.Time) (map[string][]GoodRun, error) {
	rows, err := s.read.QueryContext(ctx, goodRuns, jsonList(nodes), micros(asOf), limit, jsonList(building()))
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
