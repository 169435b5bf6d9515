package platform

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/page"
)

// StartRequest starts a plan.
type StartRequest struct {
	PlanID string `json:"plan_id"`
	Reason string `json:"reason" jsonschema_description:"Why, in a sentence; kept in the audit log."`
}

// StartAnswer is the run, which goes on by itself.
type StartAnswer struct {
	RunID    string          `json:"run_id"`
	Status   backfill.Status `json:"status"`
	Resource string          `json:"resource"`
	Notes    []string        `json:"notes,omitempty"`
	Stamp
}

// RunURI is the resource of a run.
func RunURI(id string) string { return "headwater://backfill/" + id }

// overwritten says in a sentence what a plan overwrites; "" where there is nothing.
func overwritten(plan backfill.Plan) string {
	nodes := map[string]int{}
	for _, pair := range plan.Pairs {
		if pair.Rows > 0 {
			nodes[pair.Node]++
		}
	}
	if len(nodes) == 0 {
		return ""
	}
	const named = 3
	var parts []string
	for i, id := range slices.Sorted(maps.Keys(nodes)) {
		if i == named {
			parts = append(parts, fmt.Sprintf("%d more nodes", len(nodes)-named))
			break
		}
		parts = append(parts, fmt.Sprintf("%d of %s", nodes[id], id))
	}
	return fmt.Sprintf("Plan %s runs %d partitions and overwrites those that hold rows now: %s. Start it?",
		plan.ID, len(plan.Pairs), strings.Join(parts, ", "))
}

// Starter is who asks for a run, and what may stand in for the policy.
type Starter struct {
	By backfill.Actor
	// Consent overrules a denial of writes: a person at a terminal has said --yes.
	Consent bool
	// Confirm puts a question before a person; an error is no consent. Nil where nobody can be asked: then the policy decides alone.
	Confirm func(ctx context.Context, question string) error
}

// StartBackfill starts a plan's run, once: a plan that was started gives its run, whatever changed since.
func (p *Platform) StartBackfill(ctx context.Context, q StartRequest, by Starter) (StartAnswer, error) {
	answer := StartAnswer{Stamp: p.Stamp}
	r, err := p.kept()
	if err != nil {
		return answer, err
	}
	run, started, err := r.Runs.RunOf(ctx, q.PlanID)
	if err != nil {
		return answer, err
	}
	if started {
		answer.Notes = append(answer.Notes, "The plan was started before; this is its run.")
	} else {
		var note string
		if run, note, err = p.start(ctx, r, q, by); err != nil {
			return answer, err
		}
		if note != "" {
			answer.Notes = append(answer.Notes, note)
		}
	}
	answer.RunID, answer.Status, answer.Resource = run.ID, run.Status, RunURI(run.ID)
	return answer, answer.see(ctx, r)
}

// see has a worker live where there is work, and notes what has to be done by hand.
func (a *StartAnswer) see(ctx context.Context, r *Repairs) error {
	notice, err := r.Work(ctx)
	if notice != "" {
		a.Notes = append(a.Notes, notice)
	}
	return err
}

// start starts a plan that was not started, and says what was decided without a person.
func (p *Platform) start(ctx context.Context, r *Repairs, q StartRequest, by Starter) (run backfill.Run, note string, err error) {
	if strings.TrimSpace(q.Reason) == "" {
		return run, "", fault.New(fault.Invalid, "Say in reason why it is run; it is kept in the audit log.")
	}
	plan, err := r.Runs.Plan(ctx, q.PlanID)
	if err != nil {
		return run, "", err
	}
	if err = p.startable(ctx, r, plan, by.Consent); err == nil {
		if question := overwritten(plan); question != "" && !by.Consent {
			if by.Confirm == nil {
				note = "Rows that are there are overwritten. This client cannot ask its user, so policy.writes has decided."
			} else {
				err = by.Confirm(ctx, question)
			}
		}
	}
	if err != nil {
		if k := fault.KindOf(err); k == fault.Blocked || k == fault.Conflict {
			if noted := r.Runs.Refused(ctx, "start", plan.ID, err.Error(), by.By, p.AsOf); noted != nil {
				return run, "", noted
			}
		}
		return run, "", err
	}
	run, _, err = r.Runs.Start(ctx, plan.ID, q.Reason, by.By, p.AsOf)
	return run, note, err
}

// startable refuses a plan that may not run, or is about another world.
func (p *Platform) startable(ctx context.Context, r *Repairs, plan backfill.Plan, consent bool) error {
	if !consent {
		if err := r.Policy.MayStart(); err != nil {
			return err
		}
	}
	if !p.AsOf.Before(plan.ExpiresAt) {
		return fault.New(fault.Conflict, "Plan %s expired at %s. Make it anew with plan_backfill and start that.",
			plan.ID, plan.ExpiresAt.UTC().Format(time.RFC3339))
	}
	now, err := p.makePlan(ctx, r, plan.Request)
	if err != nil {
		return err
	}
	if now.ID != plan.ID {
		return fault.New(fault.Conflict, "Since plan %s was made, %s. Make it anew with plan_backfill and start that.", plan.ID, differences(plan, now))
	}
	return nil
}

// differences says in words how two plans of one request differ: the first few of what they stand on.
func differences(was, now backfill.Plan) string {
	var changed []string
	keys := maps.Clone(was.Inputs)
	maps.Copy(keys, now.Inputs)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if was.Inputs[key] != now.Inputs[key] {
			changed = append(changed, key)
		}
	}
	const named = 3
	switch n := len(changed); {
	case n > named:
		return fmt.Sprintf("%s and %d more have changed", strings.Join(changed[:named], ", "), n-named)
	case n > 1:
		return strings.Join(changed, ", ") + " have changed"
	case n == 1:
		return changed[0] + " has changed"
	case len(was.Pairs) != len(now.Pairs):
		return fmt.Sprintf("what has to be run has changed: %d pairs then, %d now", len(was.Pairs), len(now.Pairs))
	}
	return "another run has written what it would write, or what is wrong has changed"
}

// RunRequest asks how a run stands, or for the runs.
type RunRequest struct {
	RunID       string `json:"run_id,omitempty" jsonschema_description:"Leave out for a list of the runs."`
	WaitSeconds int    `json:"wait_seconds,omitempty" jsonschema:"minimum=0,maximum=25" jsonschema_description:"Answer when something has changed, or after so long."`
	Limit       int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=1000"`
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

// maxFailures and maxTail keep an answer short.
const (
	maxFailures = 5
	maxTail     = 600
)

// GetBackfill tells how a run stands; without a run, which there are. It never starts anything but the worker of runs that there are.
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
		runs, info, err := r.Runs.List(ctx, q.Limit, q.Cursor)
		answer.Runs, answer.Info = []RunListed{}, &info
		for _, run := range runs {
			answer.Runs = append(answer.Runs, RunListed{run.ID, run.Status, run.Reason, run.CreatedAt})
		}
		return answer, err
	}
	if err := p.waitFor(ctx, r, q.RunID, time.Duration(q.WaitSeconds)*time.Second); err != nil {
		return answer, err
	}
	return answer, p.tell(ctx, r, q, &answer)
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
	answer.RunID, answer.PlanID, answer.Status, answer.Reason, answer.Progress, answer.Receipt = run.ID, run.PlanID, run.Status, run.Reason, &progress, run.Receipt
	limit := maxFailures
	if q.Limit > 0 {
		limit = q.Limit
	}
	failed := 0
	for _, pair := range pairs {
		if pair.Error == "" || pair.Status == backfill.PairDone {
			continue
		}
		if failed++; failed > limit {
			continue
		}
		tail := pair.LogTail
		if len(tail) > maxTail && q.Limit == 0 {
			tail = "…" + strings.ToValidUTF8(tail[len(tail)-maxTail:], "")
		}
		answer.Failures = append(answer.Failures, RunFailure{pair.Node, pair.Period, pair.Attempts, pair.Error, tail})
	}
	if failed > limit {
		answer.Notes = append(answer.Notes, fmt.Sprintf("%d of %d failures are shown; limit shows more.", limit, failed))
	}
	if run.Receipt != nil {
		if plan, err := r.Runs.Plan(ctx, run.PlanID); err == nil {
			answer.Promised = plan.Promise.Users
		}
	}
	if !run.Status.Ended() {
		nodes := map[string]bool{}
		for _, pair := range pairs {
			nodes[pair.Node] = true
		}
		usual, err := r.Runs.Durations(ctx, slices.Sorted(maps.Keys(nodes)))
		if err != nil {
			return err
		}
		answer.ETASeconds = backfill.ETA(pairs, usual, backfill.Limits{Jobs: 1}, r.Runs.Now())
	}
	answer.Next = nextOf(run)
	return nil
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
func (p *Platform) ControlBackfill(ctx context.Context, q ControlRequest, by backfill.Actor, consent bool) (ControlAnswer, error) {
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
