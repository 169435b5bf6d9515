package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/page"
)

// Start is who starts a plan, when and why.
type Start struct {
	Reason string
	By     backfill.Actor
	// AsOf is the logical time, At the wall time.
	AsOf, At time.Time
}

// StartBackfill starts the run of a plan and notes it in the audit log, and reports whether it is new: a plan that was started
// before gives its run, however that stands. An unknown plan is fault.NotFound, one that has expired fault.Conflict.
func (s *Store) StartBackfill(ctx context.Context, planID string, start Start) (run backfill.Run, isNew bool, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		isNew = false
		run, err = runIn(ctx, tx, "plan_id = ?", planID)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		plan, err := planIn(ctx, tx, planID)
		if err != nil {
			return err
		}
		if !start.AsOf.Before(plan.ExpiresAt) {
			return fault.New(fault.Conflict, "Plan %s expired at %s. Make it anew with plan_backfill and start that.",
				planID, plan.ExpiresAt.UTC().Format(time.RFC3339))
		}
		isNew = true
		run = backfill.Run{
			ID: runID(plan.ID, start.At), PlanID: plan.ID, Status: backfill.Queued, Reason: start.Reason, By: start.By,
			AsOf: start.AsOf.UTC(), CreatedAt: start.At.UTC(),
		}
		return insertRun(ctx, tx, run, plan)
	})
	if err != nil {
		return backfill.Run{}, false, err
	}
	return run, isNew, nil
}

// runID is unique for ever, also beside the runs of a store that was thrown away, and of characters that may stand in a file
// name.
func runID(planID string, at time.Time) string {
	const enough = 8
	tail := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(planID))
	when := strings.Replace(at.UTC().Format("20060102t150405.000"), ".", "", 1)
	return "run-" + when + "-" + tail[max(0, len(tail)-enough):]
}

func insertRun(ctx context.Context, tx *sql.Tx, run backfill.Run, plan backfill.Plan) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO backfills (id, plan_id, status, reason, client, user, as_of, created_at, revision)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, `+nextRevision+`)`,
		run.ID, run.PlanID, run.Status, run.Reason, run.By.Client, run.By.User, micros(run.AsOf), micros(run.CreatedAt))
	if err != nil {
		return err //nolint:wrapcheck // update does
	}
	if err := insertPairs(ctx, tx, run.ID, plan.Pairs); err != nil {
		return err
	}
	return insertAudit(ctx, tx, AuditEntry{
		At: run.CreatedAt, AsOf: run.AsOf, By: run.By, Action: "start", PlanID: plan.ID, RunID: run.ID, Detail: run.Reason,
	})
}

// nextRevision is a number above those of all runs.
const nextRevision = "(SELECT coalesce(max(revision), 0) + 1 FROM backfills)"

// touch tells those that watch that a run has changed.
func touch(ctx context.Context, tx *sql.Tx, run string) error {
	_, err := tx.ExecContext(ctx, "UPDATE backfills SET revision = "+nextRevision+" WHERE id = ?", run)
	return err //nolint:wrapcheck // update does
}

const runColumns = "id, plan_id, status, reason, client, user, as_of, created_at, started_at, finished_at, receipt"

type scanner interface{ Scan(dest ...any) error }

func scanRun(row scanner) (backfill.Run, error) {
	var r backfill.Run
	var asOf, created, started, finished sql.NullInt64
	var receipt sql.NullString
	err := row.Scan(&r.ID, &r.PlanID, &r.Status, &r.Reason, &r.By.Client, &r.By.User, &asOf, &created, &started, &finished, &receipt)
	if err != nil {
		return r, err
	}
	r.AsOf, r.CreatedAt, r.StartedAt, r.FinishedAt = instant(asOf), instant(created), instant(started), instant(finished)
	if receipt.Valid {
		err = json.Unmarshal([]byte(receipt.String), &r.Receipt)
	}
	return r, err //nolint:wrapcheck // foreign does
}

// runIn reads the run for which a condition holds, sql.ErrNoRows where there is none.
func runIn(ctx context.Context, from querier, where string, arg any) (backfill.Run, error) {
	return scanRun(from.QueryRowContext(ctx, "SELECT "+runColumns+" FROM backfills WHERE "+where, arg))
}

// Backfill returns a run; one that is not there is fault.NotFound.
func (s *Store) Backfill(ctx context.Context, id string) (backfill.Run, error) {
	return s.knownRun(ctx, s.read, id)
}

func (s *Store) knownRun(ctx context.Context, from querier, id string) (backfill.Run, error) {
	run, err := runIn(ctx, from, "id = ?", id)
	if errors.Is(err, sql.ErrNoRows) {
		return run, fault.New(fault.NotFound, "There is no run %q. get_backfill without run_id lists the runs.", id)
	}
	return run, s.foreign(err)
}

// BackfillOf returns the run of a plan, and whether there is one.
func (s *Store) BackfillOf(ctx context.Context, planID string) (backfill.Run, bool, error) {
	run, err := runIn(ctx, s.read, "plan_id = ?", planID)
	if errors.Is(err, sql.ErrNoRows) {
		return run, false, nil
	}
	return run, err == nil, s.foreign(err)
}

// Backfills returns runs, the one started last first: at most limit (0 is page.DefaultLimit), from the cursor that the page
// before gave, "" for the first. A bad limit or cursor is fault.Invalid.
func (s *Store) Backfills(ctx context.Context, limit int, cursor string) ([]backfill.Run, page.Info, error) {
	runs := []backfill.Run{}
	info, err := s.newestFirst(ctx, listed{
		count: "SELECT count(*) FROM backfills", limit: limit, cursor: cursor,
		rows: "SELECT number, " + runColumns + " FROM backfills WHERE number < ? ORDER BY number DESC LIMIT ?",
	}, func(row scanner) (int64, error) {
		var number int64
		run, err := scanRun(numbered{row, &number})
		runs = append(runs, run)
		return number, err
	})
	return runs, info, err
}

// Unfinished returns the runs that have not ended, the oldest first.
func (s *Store) Unfinished(ctx context.Context) ([]backfill.Run, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+runColumns+
		" FROM backfills WHERE status IN ('queued', 'running', 'paused', 'cancelling') ORDER BY number")
	if err != nil {
		return nil, s.foreign(err)
	}
	var out []backfill.Run
	err = each(rows, func() error {
		run, bad := scanRun(rows)
		out = append(out, run)
		return bad
	})
	return out, s.foreign(err)
}

// Changed returns the runs that changed since a revision, ascending by id, and the revision now, to be passed next time. It costs
// a look-up in an index, so that a watcher of another process can ask often. Since 0 gives all runs.
func (s *Store) Changed(ctx context.Context, since int64) (runs []string, revision int64, err error) {
	rows, err := s.read.QueryContext(ctx, //nolint:sqlclosecheck // each closes them
		"SELECT id, revision FROM backfills WHERE revision > ? ORDER BY id", since)
	if err != nil {
		return nil, since, s.foreign(err)
	}
	revision = since
	err = each(rows, func() error {
		var id string
		var n int64
		bad := rows.Scan(&id, &n)
		runs, revision = append(runs, id), max(revision, n)
		return bad //nolint:wrapcheck // foreign does
	})
	return runs, revision, s.foreign(err)
}

// HasWork reports whether there is anything for a worker to do: runs that have not ended, of those that are paused only such as
// have a pair that runs, or none left to begin.
func (s *Store) HasWork(ctx context.Context) (bool, error) {
	var work bool
	err := s.read.QueryRowContext(ctx, `SELECT EXISTS (
		SELECT 1 FROM backfills b
		WHERE b.status IN ('queued', 'running', 'cancelling') OR b.status = 'paused' AND (
			EXISTS (SELECT 1 FROM pairs WHERE run_id = b.id AND status = 'running')
			OR NOT EXISTS (SELECT 1 FROM pairs WHERE run_id = b.id AND status = 'pending')))`).Scan(&work)
	return work, s.foreign(err)
}
