package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/internal/worker"
)

// inStore calls do with the store of a project.
func inStore(ts *testscript.TestScript, dir string, do func(context.Context, *store.Store) error) {
	ctx := context.Background()
	s, err := store.Open(ctx, ts.MkAbs(filepath.Join(dir, ".headwater", "state.db")), "")
	ts.Check(err)
	defer s.Close()
	ts.Check(do(ctx, s))
}

// startrun DIR PLAN REASON…: starts a run of one pair that no executor runs.
func startrun(ts *testscript.TestScript, _ bool, args []string) {
	inStore(ts, args[0], func(ctx context.Context, s *store.Store) error {
		now := time.Now()
		plan := backfill.Plan{ID: args[1], AsOf: now, ExpiresAt: now.Add(time.Hour)}
		plan.Pairs = []backfill.Pair{{Node: "model.shop.fct_app_visit", Executor: "nobody", Reason: "stale"}}
		if err := s.SavePlan(ctx, plan, now); err != nil {
			return err
		}
		start := store.Start{Reason: strings.Join(args[2:], " ") + "\x1b[2J", By: backfill.Actor{Client: "robot", User: "ada"}, AsOf: now, At: now}
		_, _, err := s.StartBackfill(ctx, plan.ID, start)
		return err
	})
}

// runends DIR PLAN STATUS: waits for the run's end and compares its status.
func runends(ts *testscript.TestScript, _ bool, args []string) {
	inStore(ts, args[0], func(ctx context.Context, s *store.Store) error {
		ctx, done := context.WithTimeout(ctx, time.Minute)
		defer done()
		for {
			run, _, err := s.BackfillOf(ctx, args[1])
			if err != nil {
				return err
			}
			if run.Status.Ended() && string(run.Status) != args[2] {
				return fmt.Errorf("the run is %s, want %s", run.Status, args[2])
			}
			if run.Status.Ended() {
				return nil
			}
		}
	})
}

// planof FILE NAME: the variable is the plan_id of an answer of plan_backfill.
func planof(ts *testscript.TestScript, _ bool, args []string) {
	var plan struct {
		PlanID string `json:"plan_id"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &plan))
	if plan.PlanID == "" {
		ts.Fatalf("%s is no plan of anything", args[0])
	}
	ts.Setenv(args[1], plan.PlanID)
}

// runof DIR PLAN NAME: the variable is the id of the plan's run.
func runof(ts *testscript.TestScript, _ bool, args []string) {
	inStore(ts, args[0], func(ctx context.Context, s *store.Store) error {
		run, _, err := s.BackfillOf(ctx, args[1])
		ts.Setenv(args[2], run.ID)
		return err
	})
}

// queued DIR PLAN: the run waits for a worker.
func queued(ts *testscript.TestScript, _ bool, args []string) {
	inStore(ts, args[0], func(ctx context.Context, s *store.Store) error {
		run, _, err := s.BackfillOf(ctx, args[1])
		if err == nil && run.Status != backfill.Queued {
			err = fmt.Errorf("the run is %s", run.Status)
		}
		return err
	})
}

// endworker DIR: tells the worker of a project, which lives, to end, and waits for that. On a busy machine a second one may have
// been started before the first was there, and takes its place: it is told as well.
func endworker(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(filepath.Join(args[0], ".headwater", "state.db"))
	who, alive := worker.Alive(path)
	if !alive {
		ts.Fatalf("no worker lives")
	}
	deadline := time.After(time.Minute)
	for told := ""; alive; who, alive = worker.Alive(path) {
		select {
		case <-deadline:
			ts.Fatalf("the worker does not end: %s", who)
		default:
		}
		var pid int
		if _, err := fmt.Sscanf(who, "process %d", &pid); err != nil || who == told {
			continue // it has been told, or has not yet said who it is
		}
		told = who
		process, err := os.FindProcess(pid)
		ts.Check(err)
		if err := process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			ts.Check(err)
		}
	}
}
