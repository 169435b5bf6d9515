package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"
)

// Outcome is a result with the run it comes from.
type Outcome struct {
	Result

	InvocationID, Command string
	// GeneratedAt is when the run's artifact was written.
	GeneratedAt time.Time
	// Batched: the run told what became of each of its batches.
	Batched bool
}

// Builds are the last outcome of a node, and the last good one, which is nil where none is recorded.
type Builds struct {
	Last Outcome
	Good *Outcome
}

// LastBuild returns, by node id, how models, seeds, snapshots and our own outputs were last built by runs up to asOf. A node that
// a run skipped was not built by it; nodes without a build are left out. Batches are not filled in, Batched is.
func (s *Store) LastBuild(ctx context.Context, nodes []string, asOf time.Time) (map[string]Builds, error) {
	last, err := s.lastOutcomes(ctx, nodes, asOf, building(), "")
	if err != nil {
		return nil, err
	}
	good, err := s.lastOutcomes(ctx, nodes, asOf, building(), "success")
	if err != nil {
		return nil, err
	}
	out := make(map[string]Builds, len(last))
	for node, outcome := range last {
		builds := Builds{Last: outcome}
		if g, ok := good[node]; ok {
			builds.Good = &g
		}
		out[node] = builds
	}
	return out, nil
}

// LastTests returns, by node id, the last outcome of tests in runs up to asOf. Tests that were never run, or only
// skipped, are left out.
func (s *Store) LastTests(ctx context.Context, tests []string, asOf time.Time) (map[string]Outcome, error) {
	return s.lastOutcomes(ctx, tests, asOf, []string{"build", "test", "retry"}, "")
}

// LastFreshness returns, by node id, the last measured freshness of sources up to asOf.
func (s *Store) LastFreshness(ctx context.Context, sources []string, asOf time.Time) (map[string]Outcome, error) {
	return s.lastOutcomes(ctx, sources, asOf, []string{freshness}, "")
}

// The last outcome of each node, each looked up by itself: parameters are the nodes and the commands as JSON lists, the instant,
// and a status or "" for any.
const lastOutcomes = `
SELECT r.node_id, r.status, r.started_at, r.completed_at, r.rows_affected, r.failures, r.max_loaded_at, r.message, r.code,
       r.invocation_id, runs.command, r.generated_at,
       EXISTS (SELECT 1 FROM batches b WHERE b.invocation_id = r.invocation_id AND b.node_id = r.node_id)
FROM json_each(?1) AS node
JOIN results r ON r.node_id = node.value AND r.invocation_id = (
    SELECT o.invocation_id
    FROM results o JOIN runs USING (invocation_id)
    WHERE o.node_id = node.value AND o.generated_at <= ?3
      AND runs.command IN (SELECT value FROM json_each(?2))
      AND o.status NOT IN ('skipped', 'no-op')
      AND (?4 = '' OR o.status = ?4)
    ORDER BY o.generated_at DESC, o.completed_at DESC, o.invocation_id DESC LIMIT 1)
JOIN runs ON runs.invocation_id = r.invocation_id`

func (s *Store) lastOutcomes(
	ctx context.Context, nodes []string, asOf time.Time, commands []string, status string,
) (map[string]Outcome, error) {
	rows, err := s.read.QueryContext(ctx, lastOutcomes, jsonList(nodes), jsonList(commands), micros(asOf), status)
	if err != nil {
		return nil, s.foreign(err)
	}
	out := map[string]Outcome{}
	err = each(rows, func() error {
		var o Outcome
		var started, completed, loaded, generated sql.NullInt64
		bad := rows.Scan(&o.NodeID, &o.Status, &started, &completed, &o.RowsAffected, &o.Failures, &loaded, &o.Message, &o.Code,
			&o.InvocationID, &o.Command, &generated, &o.Batched)
		o.StartedAt, o.CompletedAt = instant(started), instant(completed)
		o.MaxLoadedAt, o.GeneratedAt = instant(loaded), instant(generated)
		out[o.NodeID] = o
		return bad //nolint:wrapcheck // foreign does
	})
	return out, s.foreign(err)
}

// jsonList is a list of texts as one bound value, for json_each.
func jsonList(values []string) string {
	if values == nil {
		values = []string{}
	}
	text, err := json.Marshal(values)
	if err != nil {
		panic("store: texts that are no JSON: " + err.Error()) // encoding/json writes every text
	}
	return string(text)
}
