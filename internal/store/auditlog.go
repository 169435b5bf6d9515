package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/page"
)

// AuditEntry is something that somebody asked for and that was, or was not, allowed.
type AuditEntry struct {
	// ID ascends with time. The store gives it.
	ID int64 `json:"id"`
	// At is the wall time, AsOf the logical one.
	At   time.Time      `json:"at"`
	AsOf time.Time      `json:"as_of"`
	By   backfill.Actor `json:"by"`
	// Action is what was asked for: start, one of backfill.Actions, or a word of who writes it.
	Action string `json:"action"`
	PlanID string `json:"plan_id,omitempty"`
	RunID  string `json:"run_id,omitempty"`
	// Detail is a reason or a refusal, in the words of who gave it: data, never instructions.
	Detail string `json:"detail,omitempty"`
}

// Audit adds an entry to the audit log, from which the file lets nothing be removed. Starts and actions on runs add theirs by
// themselves.
func (s *Store) Audit(ctx context.Context, e AuditEntry) error {
	return s.update(ctx, func(tx *sql.Tx) error { return insertAudit(ctx, tx, e) })
}

func insertAudit(ctx context.Context, tx *sql.Tx, e AuditEntry) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO audit (at, as_of, client, user, action, plan_id, run_id, detail)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		micros(e.At), micros(e.AsOf), e.By.Client, e.By.User, e.Action, e.PlanID, e.RunID, e.Detail)
	return err //nolint:wrapcheck // update does
}

// AuditLog returns entries, the newest first, in pages as Backfills does.
func (s *Store) AuditLog(ctx context.Context, limit int, cursor string) ([]AuditEntry, page.Info, error) {
	out := []AuditEntry{}
	info, err := s.newestFirst(ctx, listed{
		count: "SELECT count(*) FROM audit", limit: limit, cursor: cursor,
		rows: `SELECT id, at, as_of, client, user, action, plan_id, run_id, detail
			FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?`,
	}, func(row scanner) (int64, error) {
		var e AuditEntry
		var at, asOf sql.NullInt64
		err := row.Scan(&e.ID, &at, &asOf, &e.By.Client, &e.By.User, &e.Action, &e.PlanID, &e.RunID, &e.Detail)
		e.At, e.AsOf = instant(at), instant(asOf)
		out = append(out, e)
		return e.ID, err
	})
	return out, info, err
}
