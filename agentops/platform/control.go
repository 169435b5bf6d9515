package platform

import (
	"context"

	"github.com/headwater-mcp/headwater/agentops/backfill"
)

// ControlRequest does something to a run.
type ControlRequest struct {
	RunID  string `json:"run_id"`
	Action string `json:"action" jsonschema:"enum=cancel,enum=pause,enum=resume,enum=retry_failed"`
}

// ControlAnswer is what became of the run.
type ControlAnswer struct {
	Status backfill.Status `json:"status"`
	// Running is how many pairs still run.
	Running int      `json:"running"`
	Notes   []string `json:"notes,omitempty"`
	Stamp
}

// ControlBackfill cancels, pauses, resumes or tries again.
func (p *Platform) ControlBackfill(
	ctx context.Context, q ControlRequest, by backfill.Actor, consent bool,
) (ControlAnswer, error) {
	answer := ControlAnswer{Stamp: p.Stamp}
	r, err := p.kept()
	if err != nil {
		return answer, err
	}
	action := backfill.Action(q.Action)
	if writes := action == backfill.Resume || action == backfill.RetryFailed; writes && !consent {
		if err := r.Policy.MayStart(); err != nil {
			return answer, err
		}
	}
	run, err := r.Runs.Control(ctx, q.RunID, action, by, p.AsOf)
	if err != nil {
		return answer, err
	}
	pairs, err := r.Runs.Pairs(ctx, run.ID)
	if err != nil {
		return answer, err
	}
	answer.Status, answer.Running = run.Status, backfill.Count(pairs).Running
	notice, err := r.Work(ctx)
	if notice != "" {
		answer.Notes = append(answer.Notes, notice)
	}
	return answer, err
}
