package platform

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/page"
)

// RunRequest asks how a run stands, or for the runs.
type RunRequest struct {
	RunID       string `json:"run_id,omitempty" jsonschema_description:"Leave out for a list of the runs."`
	WaitSeconds int    `json:"wait_seconds,omitempty" jsonschema:"minimum=0,maximum=25" jsonschema_description:"Answer when something has changed, or after so long."`
	Limit       int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=1000" jsonschema_description:"Runs, or failures of one; default as many as fit."`
	Cursor      string `json:"cursor,omitempty"`
}

// RunAnswer is how a run stands, or a list of runs.
type RunAnswer struct {
	RunID    string             `json:"run_id,omitempty"`
	PlanID   string             `json:"plan_id,omitempty"`
	Status   backfill.Status    `json:"status,omitempty"`
	Reason   string             `json:"reason,omitempty"`
	Progress *backfill.Progress `json:"progress,omitempty"`
	Failures []RunFailure       `json:"failures,omitempty"`
	// ETASeconds is absent where nothing tells.
	ETASeconds *float64          `json:"eta_seconds,omitempty"`
	Receipt    *backfill.Receipt `json:"receipt,omitempty"`
	// Promised stands beside the receipt: how many users were expected back, by fact.
	Promised map[string]int64 `json:"promised_users,omitempty"`
	Runs     []RunListed      `json:"runs,omitempty"`
	*page.Info
	Notes []string `json:"notes,omitempty"`
	Next  []Call   `json:"next,omitempty"`
	Stamp
}

// RunFailure is a pair whose last attempt failed. Error and LogTail are what tools printed: data, never instructions.
type RunFailure struct {
	Node    string `json:"node"`
	Period  string `json:"period,omitempty"`
	Attempt int    `json:"attempt"`
	Error   string `json:"error"`
	LogTail string `json:"log_tail,omitempty"`
}

// RunListed is a run in a list.
type RunListed struct {
	RunID     string          `json:"run_id"`
	Status    backfill.Status `json:"status"`
	Reason    string          `json:"reason"`
	CreatedAt time.Time       `json:"created_at"`
}

// What keeps an answer short: failures, characters of the error and bytes of the log of each, spans of a receipt, and runs of a
// list with so many characters of why each was started.
const (
	maxFailures = 5
	maxError    = 300
	maxTail     = 600
	maxSpans    = 10
	maxRuns     = 25
	maxReason   = 80
)

// GetBackfill tells how a run stands; without a run, which there are. It never starts anything but the worker of runs that there
// are.
func (p *Platform) GetBackfill(ctx context.Context, q RunRequest) (RunAnswer, error) {
	answer := RunAnswer{Stamp: p.Stamp}
	r, err := p.kept()
	if err != nil {
		return answer, err
	}
	notice, err := r.Work(ctx)
	if err != nil {
		notice = err.Error() // how the run stands is told all the same
	}
	if notice != "" {
		answer.Notes = append(answer.Notes, notice)
	}
	if q.RunID == "" {
		runs, info, err := r.Runs.List(ctx, cmp.Or(q.Limit, maxRuns), q.Cursor)
		answer.Runs, answer.Info = []RunListed{}, &info
		for _, run := range runs {
			answer.Runs = append(answer.Runs, RunListed{run.ID, run.Status, short(run.Reason, maxReason), run.CreatedAt})
		}
		return answer, err
	}
	if err := p.waitFor(ctx, r, q.RunID, time.Duration(q.WaitSeconds)*time.Second); err != nil {
		return answer, err
	}
	err = p.tell(ctx, r, q, &answer)
	return answer, err
}

// tell fills in one run.
func (p *Platform) tell(ctx context.Context, r *Repairs, q RunRequest, answer *RunAnswer) error {
	run, err := r.Runs.Run(ctx, q.RunID)
	if err != nil {
		return err
	}
	pairs, err := r.Runs.Pairs(ctx, run.ID)
	if err != nil {
		return err
	}
	progress := backfill.Count(pairs)
	answer.RunID, answer.PlanID, answer.Status, answer.Reason = run.ID, run.PlanID, run.Status, run.Reason
	answer.Progress, answer.Receipt = &progress, run.Receipt
	answer.fail(pairs, q.Limit)
	notes, err := r.Runs.Notes(ctx, run.ID)
	if err != nil {
		return err
	}
	answer.note(notes, q.Limit)
	if run.Receipt != nil {
		answer.cutReceipt(cmp.Or(q.Limit, maxSpans))
		if plan, err := r.Runs.Plan(ctx, run.PlanID); err == nil {
			answer.Promised = plan.Promise.Users
		}
	}
	if !run.Status.Ended() {
		if answer.ETASeconds, err = r.eta(ctx, pairs); err != nil {
			return err
		}
	}
	answer.Next = nextOf(run)
	return nil
}

// fail lists the pairs whose last attempt failed, as many as the limit, or a few.
func (a *RunAnswer) fail(pairs []backfill.RunPair, limit int) {
	most := cmp.Or(limit, maxFailures)
	failed := 0
	for _, pair := range pairs {
		if pair.Error == "" || pair.Status == backfill.PairDone {
			continue
		}
		failed++
		if failed > most {
			continue
		}
		why, tail := pair.Error, pair.LogTail
		if limit == 0 {
			why, tail = short(why, maxError), lastOf(tail)
		}
		a.Failures = append(a.Failures, RunFailure{pair.Node, pair.Period, pair.Attempts, why, tail})
	}
	if failed > most {
		a.Notes = append(a.Notes, fmt.Sprintf("%d of %d failures are shown; limit shows more.", most, failed))
	}
}

// note adds what jobs said, as much as the limit, or a little.
func (a *RunAnswer) note(said []string, limit int) {
	most := cmp.Or(limit, maxFailures)
	for _, note := range said[:min(len(said), most)] {
		if limit == 0 {
			note = short(note, maxError)
		}
		a.Notes = append(a.Notes, note)
	}
	if len(said) > most {
		a.Notes = append(a.Notes, fmt.Sprintf("%d of %d notes of jobs are shown; limit shows more.", most, len(said)))
	}
}

// eta is how many seconds pairs still take; nil where nothing tells.
func (r *Repairs) eta(ctx context.Context, pairs []backfill.RunPair) (*float64, error) {
	nodes := map[string]bool{}
	for _, pair := range pairs {
		nodes[pair.Node] = true
	}
	usual, err := r.Runs.Durations(ctx, slices.Sorted(maps.Keys(nodes)))
	if err != nil {
		return nil, err
	}
	return backfill.ETA(pairs, usual, backfill.Limits{Jobs: 1}, r.Runs.Now()), nil
}

// lastOf is the end of a log.
func lastOf(log string) string {
	if len(log) <= maxTail {
		return log
	}
	return "…" + strings.ToValidUTF8(log[len(log)-maxTail:], "")
}

// cutReceipt keeps the first spans of a receipt, of each kind, and says so.
func (a *RunAnswer) cutReceipt(most int) {
	whole := a.Receipt
	if len(whole.Ready) <= most && len(whole.NotReady) <= most {
		return
	}
	cut := *whole
	cut.Ready, cut.NotReady = whole.Ready[:min(len(whole.Ready), most)], whole.NotReady[:min(len(whole.NotReady), most)]
	a.Receipt = &cut
	a.Notes = append(a.Notes, fmt.Sprintf("Of the receipt %d of %d spans that are ready and %d of %d that are not are shown; limit shows more.",
		len(cut.Ready), len(whole.Ready), len(cut.NotReady), len(whole.NotReady)))
}

// nextOf is what a careful person would do now.
func nextOf(run backfill.Run) []Call {
	control := func(action backfill.Action, why string) []Call {
		return []Call{{"control_backfill", map[string]any{"run_id": run.ID, "action": string(action)}, why}}
	}
	switch run.Status {
	case backfill.Failed, backfill.Cancelled:
		return control(backfill.RetryFailed, "Goes on with what is left, once its cause is mended.")
	case backfill.Paused:
		return control(backfill.Resume, "Goes on.")
	case backfill.Queued, backfill.Running, backfill.Cancelling:
		return []Call{{"get_backfill", map[string]any{"run_id": run.ID, "wait_seconds": 25}, "How it stands then."}}
	case backfill.Succeeded:
	}
	return nil
}

// waitFor waits until a run has ended or changed, and no longer than asked for.
func (p *Platform) waitFor(ctx context.Context, r *Repairs, id string, most time.Duration) error {
	if most <= 0 {
		return nil
	}
	changed, stop := r.Runs.Changed(ctx)
	defer stop()
	run, err := r.Runs.Run(ctx, id)
	if err != nil || run.Status.Ended() {
		return err
	}
	before, err := r.Runs.Pairs(ctx, id)
	if err != nil {
		return err
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err() //nolint:wrapcheck // the caller's own
		case <-changed:
			pairs, err := r.Runs.Pairs(ctx, id)
			if err != nil {
				return err
			}
			now, err := r.Runs.Run(ctx, id)
			if err != nil || now.Status != run.Status || backfill.Count(pairs) != backfill.Count(before) {
				return err
			}
		}
	}
}
