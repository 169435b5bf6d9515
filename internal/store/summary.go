package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Summary says how much the ledger knows.
type Summary struct {
	// Runs is how many dbt runs are recorded.
	Runs int
	// Oldest and Newest are when the first and the last of them happened; zero without any.
	Oldest, Newest time.Time
}

// Summary counts dbt's runs up to asOf.
func (s *Store) Summary(ctx context.Context, asOf time.Time) (Summary, error) {
	var out Summary
	var oldest, newest sql.NullInt64
	err := s.read.QueryRowContext(ctx, "SELECT count(*), min(generated_at), max(generated_at) FROM runs WHERE generated_at <= ? AND command <> ?",
		micros(asOf), OwnBuild).Scan(&out.Runs, &oldest, &newest)
	out.Oldest, out.Newest = instant(oldest), instant(newest)
	return out, s.foreign(err)
}

// LastRun returns the newest run up to asOf with its results, by node id and without batches; nil where none is
// recorded. Measurements of freshness and our own builds are no runs here.
func (s *Store) LastRun(ctx context.Context, asOf time.Time) (*Run, error) {
	var r Run
	var generated, seen sql.NullInt64
	err := s.read.QueryRowContext(ctx, `SELECT invocation_id, project, command, dbt_version, generated_at, seen_at FROM runs
		WHERE generated_at <= ? AND command NOT IN (?, ?) ORDER BY generated_at DESC, invocation_id DESC LIMIT 1`,
		micros(asOf), freshness, OwnBuild).
		Scan(&r.InvocationID, &r.Project, &r.Command, &r.DBTVersion, &generated, &seen)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // no run is an answer
	}
	if err != nil {
		return nil, s.foreign(err)
	}
	r.GeneratedAt, r.SeenAt = instant(generated), instant(seen)
	rows, err := s.read.QueryContext(ctx, `SELECT node_id, status, started_at, completed_at, rows_affected, failures, message
		FROM results WHERE invocation_id = ? ORDER BY node_id`, r.InvocationID)
	if err != nil {
		return nil, s.foreign(err)
	}
	err = each(rows, func() error {
		var one Result
		var started, completed sql.NullInt64
		bad := rows.Scan(&one.NodeID, &one.Status, &started, &completed, &one.RowsAffected, &one.Failures, &one.Message)
		one.StartedAt, one.CompletedAt = instant(started), instant(completed)
		r.Results = append(r.Results, one)
		return bad //nolint:wrapcheck // foreign does
	})
	return &r, s.foreign(err)
}
