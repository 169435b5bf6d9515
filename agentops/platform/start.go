package platform

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/fault"
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

// longestReason is how many characters a reason may have.
const longestReason = 500

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
	err = answer.see(ctx, r)
	return answer, err
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
	if n := utf8.RuneCountInString(q.Reason); n > longestReason {
		return run, "", fault.New(fault.Invalid, "reason has %d characters; a sentence of at most %d is kept in the audit log.", n, longestReason)
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
