package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/headwater-mcp/headwater/agentops/backfill"
)

// errNotAsBefore rolls a transaction back whose ground has gone, without being an error of its method.
var errNotAsBefore = errors.New("not as before")

// unlessGone is nil for errNotAsBefore.
func unlessGone(err error) error {
	if errors.Is(err, errNotAsBefore) {
		return nil
	}
	return err
}

// Claim gives pending pairs of a run to a new job, all of them or none, and returns the job's id: unique for ever, and of
// characters that may stand in a file name. It is "" where one of them is not pending any more, or the run is not queued or
// running.
func (s *Store) Claim(ctx context.Context, run string, seqs []int, at time.Time) (job string, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		var number int
		err := tx.QueryRowContext(ctx, `UPDATE backfills
			SET jobs = jobs + 1, status = 'running', started_at = coalesce(started_at, ?), revision = `+nextRevision+`
			WHERE id = ? AND status IN ('queued', 'running') RETURNING jobs`, micros(at), run).Scan(&number)
		if errors.Is(err, sql.ErrNoRows) {
			return errNotAsBefore
		}
		if err != nil {
			return err //nolint:wrapcheck // update does
		}
		job = fmt.Sprintf("%s-%d", run, number)
		done, err := tx.ExecContext(ctx, `UPDATE pairs SET status = 'running', job = ?, started_at = ?, not_before = NULL
			WHERE run_id = ? AND status = 'pending' AND seq IN (SELECT value FROM json_each(?))`, job, micros(at), run, jsonInts(seqs))
		if err != nil {
			return err //nolint:wrapcheck // update does
		}
		if n, err := done.RowsAffected(); err != nil || n != int64(len(seqs)) {
			return errors.Join(errNotAsBefore, err)
		}
		return nil
	})
	if err != nil {
		return "", unlessGone(err)
	}
	return job, nil
}

func jsonInts(n []int) string {
	text, err := json.Marshal(n)
	if err != nil {
		panic("store: a list of numbers cannot be encoded: " + err.Error())
	}
	return string(text)
}

// Record writes down how a job ended, for the pairs that it still has: each outcome once, and the notes. It returns how many
// pairs those were.
func (s *Store) Record(
	ctx context.Context, run, job string, end backfill.JobEnd, limits backfill.Limits, at time.Time,
) (recorded int, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		r, err := s.knownRun(ctx, tx, run)
		if err != nil {
			return err
		}
		was, err := pairsIn(ctx, tx, "run_id = ? AND job = ? AND status = 'running'", run, job)
		if err != nil || len(was) == 0 {
			return err
		}
		for i, p := range backfill.Settle(r.Status, was, end, limits, at) {
			if err := savePair(ctx, tx, run, was[i], p); err != nil {
				return err
			}
		}
		recorded = len(was)
		if err := insertNotes(ctx, tx, run, job, end.Notes); err != nil {
			return err
		}
		return touch(ctx, tx, run)
	})
	if err != nil {
		return 0, err
	}
	return recorded, nil
}

// Block marks pending pairs that can never run; those that do not read a pair that is lost, or are not pending, are left alone.
// Seqs ascend, so that a chain is blocked at once.
func (s *Store) Block(ctx context.Context, run string, seqs []int, at time.Time) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		for _, seq := range seqs {
			_, err := tx.ExecContext(ctx, `UPDATE pairs SET status = 'blocked', finished_at = ?1, not_before = NULL
				WHERE run_id = ?2 AND seq = ?3 AND status = 'pending' AND EXISTS (
					SELECT 1 FROM json_each(pairs.needs) need JOIN pairs input ON input.run_id = ?2 AND input.seq = need.value
					WHERE input.status IN ('failed', 'blocked', 'cancelled'))`, micros(at), run, seq)
			if err != nil {
				return err //nolint:wrapcheck // update does
			}
		}
		return touch(ctx, tx, run)
	})
}

// Finish ends a run that is in a status, where all its pairs have ended, and reports whether it did. The receipt may be nil.
func (s *Store) Finish(
	ctx context.Context, run string, from, to backfill.Status, receipt *backfill.Receipt, at time.Time,
) (finished bool, err error) {
	var text sql.NullString
	if receipt != nil {
		body, err := json.Marshal(receipt)
		if err != nil {
			return false, fmt.Errorf("encode a receipt: %w", err)
		}
		text = sql.NullString{String: string(body), Valid: true}
	}
	err = s.update(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `UPDATE backfills SET status = ?, finished_at = ?, receipt = ?, revision = `+nextRevision+`
			WHERE id = ? AND status = ?
			  AND NOT EXISTS (SELECT 1 FROM pairs WHERE run_id = backfills.id AND status IN ('pending', 'running'))`,
			to, micros(at), text, run, from)
		if err != nil {
			return err //nolint:wrapcheck // update does
		}
		n, err := done.RowsAffected()
		finished = n == 1
		return err //nolint:wrapcheck // update does
	})
	return finished && err == nil, err
}

// Action is what somebody does to a run.
type Action struct {
	Action backfill.Action
	By     backfill.Actor
	// AsOf is the logical time, At the wall time.
	AsOf, At time.Time
}

// Control does to a run what backfill.Control says, notes it in the audit log, and returns the run. What runs goes on until a
// worker sees the run's new status.
func (s *Store) Control(ctx context.Context, run string, a Action) (backfill.Run, error) {
	var out backfill.Run
	err := s.update(ctx, func(tx *sql.Tx) error {
		r, err := s.knownRun(ctx, tx, run)
		if err != nil {
			return err
		}
		pairs, err := pairsIn(ctx, tx, "run_id = ?", run)
		if err != nil {
			return err
		}
		next, changed, err := backfill.Control(r, pairs, a.Action, a.At.UTC())
		if err != nil {
			return err
		}
		for _, p := range changed {
			if err := savePair(ctx, tx, run, pairs[p.Seq], p); err != nil {
				return err
			}
		}
		// Only retry_failed takes a receipt back, and no action makes one.
		_, err = tx.ExecContext(ctx, `UPDATE backfills SET status = ?, finished_at = ?, receipt = iif(?, NULL, receipt),
			revision = `+nextRevision+` WHERE id = ?`, next.Status, known(next.FinishedAt), next.Receipt == nil, run)
		if err != nil {
			return err //nolint:wrapcheck // update does
		}
		out = next
		return insertAudit(ctx, tx, AuditEntry{
			At: a.At, AsOf: a.AsOf, By: a.By, Action: string(a.Action), PlanID: r.PlanID, RunID: run,
			Detail: fmt.Sprintf("%s, then %s", r.Status, next.Status),
		})
	})
	if err != nil {
		return backfill.Run{}, err
	}
	return out, nil
}
