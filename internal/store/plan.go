package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/fault"
)

// plansKept is how long a plan that nobody starts is kept, by the wall clock: it expires long before.
const plansKept = 30 * 24 * time.Hour

// SavePlan keeps a plan by its id. At is the wall time. The same plan made again expires later; one that was started is not
// changed any more. Pairs that are not numbered from 0 in the order in which they may run are fault.Internal: runs rely on that.
func (s *Store) SavePlan(ctx context.Context, plan backfill.Plan, at time.Time) error {
	for i, p := range plan.Pairs {
		if p.Seq != i || slices.ContainsFunc(p.Needs, func(n int) bool { return n < 0 || n >= i }) {
			return fault.New(fault.Internal, "Pair %d of plan %s, of %s, is out of order.", i, plan.ID, p.Node)
		}
	}
	body, err := json.Marshal(plan)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "The plan %s cannot be written.", plan.ID)
	}
	return s.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM plans
			WHERE saved_at < ? AND NOT EXISTS (SELECT 1 FROM backfills WHERE plan_id = plans.id)`, micros(at.Add(-plansKept)))
		if err != nil {
			return err //nolint:wrapcheck // update does
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO plans (id, as_of, expires_at, saved_at, body) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE
			SET as_of = excluded.as_of, expires_at = excluded.expires_at, saved_at = excluded.saved_at, body = excluded.body
			WHERE excluded.expires_at > plans.expires_at AND NOT EXISTS (SELECT 1 FROM backfills WHERE plan_id = plans.id)`,
			plan.ID, micros(plan.AsOf), micros(plan.ExpiresAt), micros(at), string(body))
		return err //nolint:wrapcheck // update does
	})
}

// Plan returns a plan; one that is not there is fault.NotFound.
func (s *Store) Plan(ctx context.Context, id string) (backfill.Plan, error) {
	plan, err := planIn(ctx, s.read, id)
	return plan, s.foreign(err)
}

func planIn(ctx context.Context, from querier, id string) (backfill.Plan, error) {
	var plan backfill.Plan
	var body string
	err := from.QueryRowContext(ctx, "SELECT body FROM plans WHERE id = ?", id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return plan, fault.New(fault.NotFound,
			"There is no plan %q: plans that nobody starts are forgotten after a month. Make one with plan_backfill.", id)
	}
	if err != nil {
		return plan, fmt.Errorf("read a plan: %w", err)
	}
	if err := json.Unmarshal([]byte(body), &plan); err != nil {
		return plan, fmt.Errorf("decode a plan: %w", err)
	}
	return plan, nil
}
