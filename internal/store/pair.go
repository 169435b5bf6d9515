package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/headwater-mcp/headwater/agentops/backfill"
)

func insertPairs(ctx context.Context, tx *sql.Tx, run string, pairs []backfill.Pair) error {
	insert, err := tx.PrepareContext(ctx, `INSERT INTO pairs (run_id, seq, node, period, grain, start_at, end_at, wave, range,
		executor, reason, needs, rows, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err //nolint:wrapcheck // update does
	}
	defer insert.Close() //nolint:errcheck // the transaction ends it
	for _, p := range pairs {
		needs := "[]"
		if len(p.Needs) > 0 {
			text, err := json.Marshal(p.Needs)
			if err != nil {
				return fmt.Errorf("encode needs: %w", err)
			}
			needs = string(text)
		}
		_, err := insert.ExecContext(ctx, run, p.Seq, p.Node, p.Period, p.Grain, known(p.Start), known(p.End), p.Wave, p.Range,
			p.Executor, p.Reason, needs, p.Rows, backfill.PairPending)
		if err != nil {
			return err //nolint:wrapcheck // update does
		}
	}
	return nil
}

// Pairs returns all pairs of a run, ordered by Seq.
func (s *Store) Pairs(ctx context.Context, run string) ([]backfill.RunPair, error) {
	pairs, err := pairsIn(ctx, s.read, "run_id = ?", run)
	return pairs, s.foreign(err)
}

// asker is a connection pool or a transaction.
type asker interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func pairsIn(ctx context.Context, from asker, where string, args ...any) ([]backfill.RunPair, error) {
	rows, err := from.QueryContext(ctx, `SELECT seq, node, period, grain, start_at, end_at, wave, range, executor, reason, needs,
		rows, status, job, attempts, deaths, not_before, started_at, finished_at, error, log_tail, wrote
		FROM pairs WHERE `+where+` ORDER BY run_id, seq`, args...)
	if err != nil {
		return nil, err
	}
	out := []backfill.RunPair{}
	err = each(rows, func() error {
		var p backfill.RunPair
		var start, end, notBefore, started, finished sql.NullInt64
		var needs string
		bad := rows.Scan(&p.Seq, &p.Node, &p.Period, &p.Grain, &start, &end, &p.Wave, &p.Range, &p.Executor, &p.Reason, &needs,
			&p.Rows, &p.Status, &p.Job, &p.Attempts, &p.Deaths, &notBefore, &started, &finished, &p.Error, &p.LogTail, &p.Wrote)
		p.Start, p.End, p.NotBefore = instant(start), instant(end), instant(notBefore)
		p.StartedAt, p.FinishedAt = instant(started), instant(finished)
		if bad == nil && needs != "[]" {
			bad = json.Unmarshal([]byte(needs), &p.Needs)
		}
		out = append(out, p)
		return bad //nolint:wrapcheck // foreign does
	})
	return out, err
}

// savePair writes what may change of a pair, where it still has the status and the job that it was read with.
func savePair(ctx context.Context, tx *sql.Tx, run string, was, p backfill.RunPair) error {
	done, err := tx.ExecContext(ctx, `UPDATE pairs SET status = ?, attempts = ?, deaths = ?, not_before = ?, finished_at = ?,
		error = ?, log_tail = ?, wrote = ? WHERE run_id = ? AND seq = ? AND status = ? AND job = ?`,
		p.Status, p.Attempts, p.Deaths, known(p.NotBefore), known(p.FinishedAt), p.Error, p.LogTail, p.Wrote,
		run, p.Seq, was.Status, was.Job)
	if err != nil {
		return err //nolint:wrapcheck // update does
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return fmt.Errorf("pair %d of %s is not as it was read in the same transaction: %w", p.Seq, run, err)
	}
	return nil
}

// The jobs of each node that ended last, of those whose pairs are done. Parameters: the nodes as a JSON list, how many.
const durations = `
SELECT node, sum(took), sum(pairs) FROM (
    SELECT node, max(finished_at) - min(started_at) AS took, count(*) AS pairs,
           row_number() OVER (PARTITION BY node ORDER BY max(finished_at) DESC) AS nth
    FROM pairs WHERE node IN (SELECT value FROM json_each(?1)) AND status = 'done'
    GROUP BY node, job)
WHERE nth <= ?2
GROUP BY node`

// Durations returns, by node, how long one pair took on average in the last jobs of any run; nodes that never ran are left out.
func (s *Store) Durations(ctx context.Context, nodes []string) (map[string]time.Duration, error) {
	const last = 10
	rows, err := s.read.QueryContext(ctx, durations, jsonList(nodes), last) //nolint:sqlclosecheck // each closes them
	if err != nil {
		return nil, s.foreign(err)
	}
	out := map[string]time.Duration{}
	err = each(rows, func() error {
		var node string
		var took, pairs int64
		bad := rows.Scan(&node, &took, &pairs)
		if bad == nil {
			out[node] = time.Duration(took/pairs) * time.Microsecond
		}
		return bad //nolint:wrapcheck // foreign does
	})
	return out, s.foreign(err)
}

// LastRunOf returns the id of the run started last among those that have written any of these partitions, or have ended with
// them; "" where there is none.
func (s *Store) LastRunOf(ctx context.Context, pairs []backfill.Pair) (string, error) {
	list := make([][2]string, len(pairs))
	for i, p := range pairs {
		list[i] = [2]string{p.Node, p.Period}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return "", fmt.Errorf("encode pairs: %w", err)
	}
	var id sql.NullString
	err = s.read.QueryRowContext(ctx, `
		SELECT (SELECT b.id FROM backfills b WHERE b.number = found.number) FROM (
			SELECT max(b.number) AS number
			FROM json_each(?) asked
			JOIN pairs p ON p.node = asked.value ->> 0 AND p.period = asked.value ->> 1
			JOIN backfills b ON b.id = p.run_id
			WHERE p.status = 'done' OR b.status IN ('cancelled', 'failed', 'succeeded')) found`, string(text)).Scan(&id)
	return id.String, s.foreign(err)
}

// Job is a job of a run.
type Job struct {
	ID   string
	Node string
	// Error is that of one of its pairs, which failed; "" where none has.
	Error string
}

// JobsOf returns the last job of each node of a run that has begun, in the order of their pairs.
func (s *Store) JobsOf(ctx context.Context, run string) ([]Job, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT job, node, max(iif(status = 'done', '', error)) FROM pairs
		WHERE run_id = ? AND job <> '' GROUP BY node, job ORDER BY min(seq)`, run)
	if err != nil {
		return nil, s.foreign(err)
	}
	var out []Job
	err = each(rows, func() error {
		var j Job
		bad := rows.Scan(&j.ID, &j.Node, &j.Error)
		out = append(out, j)
		return bad //nolint:wrapcheck // foreign does
	})
	return out, s.foreign(err)
}
