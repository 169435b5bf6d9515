package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"time"
)

// runs are those that were started, by the status in which they were left. It is safe for concurrent use.
type runs struct {
	mu     sync.Mutex
	status map[string]string // by run id
	told   int               // updates that came
	plans  int
}

// repair plans backfills, starts them, and watches each to its end, by what it is told and never by asking again and again. Some
// it pauses, and some it cancels.
func (c *churned) repair(ctx context.Context, a *client, _ *rand.Rand, until time.Time) error {
	if err := a.enter(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil && time.Now().Before(until) {
		begun := time.Now()
		wish, action := c.wish()
		err := c.once(ctx, a, wish, action)
		if ctx.Err() == nil {
			how := map[string]string{"cancel": ", cancelled", "pause": ", paused between"}[action]
			c.meter.note("a backfill, from plan to end"+how, time.Since(begun), err)
		}
	}
	return a.leave(context.WithoutCancel(ctx))
}

// wish is a request of plan_backfill that none before was (the same plan is one run, however often it is started), and what is to
// be done to its run.
func (c *churned) wish() (arguments object, action string) {
	c.runs.mu.Lock()
	n := c.runs.plans
	c.runs.plans++
	c.runs.mu.Unlock()
	action = []string{"cancel", "", "pause"}[n%3]
	nodes := []string{"raw.app_events", "app_visit_activation_daily"}[n%2] // a path of loaders, or one pair of the engine's
	n /= 2
	const days = 100
	first := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n%days)
	return object{
		"nodes": []string{nodes}, "first": first.Format(time.DateOnly), "last": first.AddDate(0, 0, n/days).Format(time.DateOnly), "scope": "all",
	}, action
}

func (c *churned) once(ctx context.Context, a *client, wish object, action string) error {
	started, err := c.begin(ctx, a, wish)
	if err != nil {
		return err
	}
	c.runs.left(started.RunID, "started")
	s, err := a.subscribe(ctx, started.Resource)
	if err != nil {
		return err
	}
	status, err := c.watch(ctx, a, s, started.RunID, action)
	c.runs.left(started.RunID, status)
	return errors.Join(err, s.end())
}

// begun is a run that was started.
type begun struct {
	RunID    string `json:"run_id"`
	Resource string `json:"resource"`
}

// begin plans and starts. A plan whose inputs another run has written meanwhile is refused, and made anew.
func (c *churned) begin(ctx context.Context, a *client, wish object) (begun, error) {
	var plan struct {
		ID string `json:"plan_id"`
	}
	var started begun
	for late := time.Now().Add(patience); ; {
		if err := into(ctx, a, &plan, "plan_backfill", wish); err != nil {
			return started, err
		}
		err := into(ctx, a, &started, "start_backfill", object{"plan_id": plan.ID, "reason": reason})
		refused, ok := errors.AsType[*refusal](err)
		if !ok || refused.kind != "conflict" || time.Now().After(late) {
			return started, err
		}
	}
}

// reason is what the audit log has of every run that was started.
const reason = "soak"

func (r *runs) left(id, status string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.status == nil {
		r.status = map[string]string{}
	}
	r.status[id] = status
}

// into calls a tool and decodes its answer. Who is told to wait for the warehouse waits.
func into(ctx context.Context, a *client, out any, tool string, arguments object) error {
	for late := time.Now().Add(patience); ; {
		answer, err := a.call(ctx, tool, maps.Clone(arguments))
		if lent(err) && time.Now().Before(late) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%v: %w", arguments, err)
		}
		if err := json.Unmarshal(answer, out); err != nil {
			return fmt.Errorf("%s: %w: %s", tool, err, answer)
		}
		return nil
	}
}

// watch reads the run whenever it is told of a change, until it has ended, and returns how. At the first change it acts.
func (c *churned) watch(ctx context.Context, a *client, s *subscription, id, action string) (status string, err error) {
	for {
		var run struct {
			Status   string            `json:"status"`
			Failures []json.RawMessage `json:"failures"`
		}
		text, err := a.read(ctx, s.uri)
		if err == nil {
			err = json.Unmarshal(text, &run)
		}
		switch {
		case err != nil:
			return run.Status, fmt.Errorf("%s: %w", s.uri, err)
		case run.Status == "failed":
			return run.Status, fmt.Errorf("%s failed: %s", id, run.Failures)
		case run.Status == "succeeded" || run.Status == "cancelled":
			return run.Status, nil
		}
		if err := s.wait(ctx); err != nil {
			return run.Status, fmt.Errorf("%s, which is %s: %w", s.uri, run.Status, err)
		}
		c.runs.hear()
		if err := act(ctx, a, id, action); err != nil {
			return run.Status, err
		}
		action = ""
	}
}

func (r *runs) hear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told++
}

// wait waits for an update.
func (s *subscription) wait(ctx context.Context) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case _, ok := <-s.told:
		if !ok {
			return errors.New("the stream of updates has ended")
		}
		return nil
	case <-late.C:
		return fmt.Errorf("no update within %s", patience)
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // interrupted
	}
}

// act does to a run what was decided. A run that has ended by then can be neither paused nor cancelled, and says so.
func act(ctx context.Context, a *client, id, action string) error {
	actions := map[string][]string{"cancel": {"cancel"}, "pause": {"pause", "resume"}}[action]
	for _, each := range actions {
		_, err := a.call(ctx, "control_backfill", object{"run_id": id, "action": each})
		refused, ok := errors.AsType[*refusal](err)
		if err != nil && (!ok || refused.kind != "conflict") {
			return err
		}
	}
	return nil
}
