package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/internal/demo"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/internal/worker"
	"github.com/headwater-mcp/headwater/resources"
	"github.com/headwater-mcp/headwater/tools"
	"github.com/headwater-mcp/headwater/wire"
)

// builtOnce is the demo's world with its outputs, made once for the tests that repair a copy of it.
var builtOnce = sync.OnceValues(func() (string, error) {
	ctx := context.Background()
	dir := filepath.Join(scratch, "world")
	summary, err := demo.World(ctx, dir)
	if err != nil {
		return "", err
	}
	loaded, err := config.Load(config.Flags{Project: dir}, config.Env{}, dir)
	if err != nil {
		return "", err
	}
	a, err := app.Open(ctx, app.Options{Config: loaded, Log: zerolog.Nop(), Purpose: "test", Now: now, AsOf: summary.AsOf})
	if err != nil {
		return "", err
	}
	_, err = a.Build(ctx, app.BuildRequest{})
	return dir, errorsOf(err, a.Close())
})

func errorsOf(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// morning is when the demo's questions are asked: the day before was lost.
var morning = time.Date(2026, 6, 15, 8, 0, 0, 0, time.UTC)

const lostDay = "2026-06-14"

// patient is a world in which the file of one day was lost, open for repairs.
type patient struct {
	*app.App

	dir string
}

// sick is a copy of the demo's world under a policy, in which this program loads sources and models.
func sick(t *testing.T, policy string) patient {
	t.Helper()
	from, err := builtOnce()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(from)))
	program, err := os.Executable()
	require.NoError(t, err)
	text := fmt.Sprintf("warehouse: {type: duckdb, path: warehouse.duckdb}\nworker: external\npolicy: {%s}\nexecutors:\n"+
		"  - {nodes: \"source:raw.app_events resource_type:model\", type: command, argv: [%q, %s, \"{name}\", \"{first}\"]}\n", policy, program, loadWord)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "headwater.yaml"), []byte(text), 0o600))
	return patient{reopened(t, dir, morning), dir}
}

func reopened(t *testing.T, dir string, asOf time.Time) *app.App {
	t.Helper()
	loaded, err := config.Load(config.Flags{Project: dir}, config.Env{}, dir)
	require.NoError(t, err)
	a, err := app.Open(t.Context(), app.Options{Config: loaded, Log: zerolog.Nop(), Purpose: "test", Now: time.Now, AsOf: asOf})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return a
}

// call calls a tool as `headwater call` does, holds the answer against its schema and its budget, and decodes it.
func call[Out any](t *testing.T, a *app.App, name, arguments string) (out Out, err error) {
	t.Helper()
	for _, tool := range tools.All(a.Current) {
		if tool.Name != name {
			continue
		}
		answer, err := tool.Call(t.Context(), json.RawMessage(arguments))
		if err != nil {
			return out, err
		}
		requireValid(t, tool.Output, answer)
		require.LessOrEqual(t, len(answer)/4, answerBudget, "%s %s", name, arguments)
		require.NoError(t, json.Unmarshal(answer, &out))
		return out, nil
	}
	t.Fatalf("there is no tool %s", name)
	return out, nil
}

// asked is call of what succeeds.
func asked[Out any](t *testing.T, a *app.App, name, arguments string) Out {
	t.Helper()
	out, err := call[Out](t, a, name, arguments)
	require.NoError(t, err, "%s %s", name, arguments)
	return out
}

// refused is call of what fails; the error is of a kind and says all of some words.
func refused(t *testing.T, a *app.App, name, arguments string, kind fault.Kind, words ...string) {
	t.Helper()
	_, err := call[map[string]any](t, a, name, arguments)
	require.Error(t, err, "%s %s", name, arguments)
	require.Equal(t, kind, fault.KindOf(err), err.Error())
	for _, w := range words {
		require.ErrorContains(t, err, w)
	}
}

const wholeRepair = `{"nodes": ["app_visit_activation_daily"], "first": "` + lostDay + `", "last": "` + lostDay + `"}`

func (w patient) plan(t *testing.T) platform.PlanAnswer {
	t.Helper()
	plan := asked[platform.PlanAnswer](t, w.App, "plan_backfill", wholeRepair)
	require.NotEmpty(t, plan.PlanID, "%+v", plan)
	return plan
}

func (w patient) start(t *testing.T, plan string) platform.StartAnswer {
	t.Helper()
	return asked[platform.StartAnswer](t, w.App, "start_backfill", fmt.Sprintf(`{"plan_id": %q, "reason": "the file was lost"}`, plan))
}

func (w patient) run(t *testing.T, id string) platform.RunAnswer {
	t.Helper()
	return asked[platform.RunAnswer](t, w.App, "get_backfill", fmt.Sprintf(`{"run_id": %q}`, id))
}

func (w patient) control(t *testing.T, id string, action backfill.Action) platform.ControlAnswer {
	t.Helper()
	return asked[platform.ControlAnswer](t, w.App, "control_backfill", fmt.Sprintf(`{"run_id": %q, "action": %q}`, id, action))
}

// work executes runs until none is left, each pair once.
func (w patient) work(t *testing.T) {
	t.Helper()
	s, err := w.Store()
	require.NoError(t, err)
	limits := backfill.DefaultLimits(1)
	limits.Attempts = 1
	require.NoError(t, worker.Run(t.Context(), worker.Options{
		Store: s, Executors: w.Executors, Node: w.Node, Limits: func() backfill.Limits { return limits }, Now: time.Now, Log: zerolog.Nop(),
		Receipt: w.Receipt, JobEnded: w.JobEnded,
	}))
}

func (w patient) audit(t *testing.T) []store.AuditEntry {
	t.Helper()
	s, err := w.Store()
	require.NoError(t, err)
	entries, _, err := s.AuditLog(t.Context(), 0, "")
	require.NoError(t, err)
	// The world itself was built before anybody asked for anything.
	return slices.DeleteFunc(entries, func(e store.AuditEntry) bool { return e.By.Client == "headwater build" })
}

// checked is of the answers of checks and explanations what leads to a repair.
type checked struct {
	Ready    bool            `json:"ready"`
	Warnings []string        `json:"warnings"`
	Next     []platform.Call `json:"next"`
}

func nodesOf(plan platform.PlanAnswer) []string {
	var out []string
	for _, wave := range plan.Waves {
		for _, p := range wave.Pairs {
			out = append(out, p.Node)
		}
	}
	return out
}

// TestARepairBringsTheUsersBack goes from what is found broken to the receipt, by the calls that each answer proposes.
func TestARepairBringsTheUsersBack(t *testing.T) {
	t.Parallel()
	w := sick(t, "writes: allow")
	stale := asked[checked](t, w.App, "explain_staleness", `{"node": "app_visit_activation_daily", "period": "`+lostDay+`"}`)
	require.False(t, stale.Ready)
	next := stale.Next[len(stale.Next)-1]
	require.Equal(t, "plan_backfill", next.Tool)
	arguments, err := json.Marshal(next.Arguments)
	require.NoError(t, err)
	plan := asked[platform.PlanAnswer](t, w.App, next.Tool, string(arguments))
	require.Equal(t, []string{
		"source.shop.raw.app_events", "model.shop.int_user_events", "model.shop.fct_app_visit", "activation.shop.app_visit_activation_daily",
	}, nodesOf(plan))
	require.Len(t, plan.Waves, 4)
	require.Empty(t, plan.Refused)
	require.Equal(t, "missing", plan.Waves[0].Pairs[0].Reason)
	require.Len(t, plan.Commands, 4)
	require.Equal(t, morning.Add(24*time.Hour), *plan.ExpiresAt)
	require.Positive(t, plan.UsersBack["app_visit"])
	require.Equal(t, plan, w.plan(t), "the same request, the same plan")
	require.Equal(t, "start_backfill", plan.Next[0].Tool)
	require.Equal(t, plan.PlanID, plan.Next[0].Arguments["plan_id"])

	started := w.start(t, plan.PlanID)
	require.Equal(t, backfill.Queued, started.Status)
	require.Contains(t, started.Notes[0], "cannot ask its user, so policy.writes has decided")
	require.Contains(t, started.Notes[1], "worker: external")
	again := w.start(t, plan.PlanID)
	require.Equal(t, started.RunID, again.RunID)
	require.Contains(t, again.Notes[0], "started before")
	check := asked[checked](t, w.App, "check_partitions", `{"nodes": ["fct_app_visit"]}`)
	require.Contains(t, check.Warnings[0], started.RunID+" (queued) has 1 partitions of these nodes still to write")
	status := asked[platform.StatusAnswer](t, w.App, "server_status", `{}`)
	require.Equal(t, platform.WorkerStatus{Mode: "external", Unfinished: 1}, status.Worker)
	require.Contains(t, strings.Join(status.Next, " "), "headwater worker")

	w.work(t)
	run := w.run(t, started.RunID)
	require.Equal(t, backfill.Succeeded, run.Status, "%+v", run.Failures)
	require.Equal(t, backfill.Progress{Done: 4}, *run.Progress)
	require.Equal(t, plan.UsersBack, run.Promised)
	require.Empty(t, run.Receipt.NotReady)
	require.Equal(t, []backfill.Span{{Node: "activation.shop.app_visit_activation_daily", First: lostDay, Last: lostDay, Count: 1}}, run.Receipt.Ready)
	require.InDelta(t, run.Promised["app_visit"], run.Receipt.Users["app_visit"], float64(run.Promised["app_visit"])/5, "what came is near what was promised")
	require.Empty(t, run.Next)

	stale = asked[checked](t, w.App, "explain_staleness", `{"node": "app_visit_activation_daily", "period": "`+lostDay+`"}`)
	require.True(t, stale.Ready, "%+v", stale)
	require.Empty(t, stale.Next)
	done := asked[platform.PlanAnswer](t, w.App, "plan_backfill", wholeRepair)
	require.Empty(t, done.PlanID)
	require.Contains(t, done.Notes[0], "Nothing is wrong with what was asked for")
	anew := asked[platform.PlanAnswer](t, w.App, "plan_backfill", strings.Replace(wholeRepair, "{", `{"scope": "all", "downstream": false, `, 1))
	require.NotEqual(t, plan.PlanID, anew.PlanID)
	entries := w.audit(t)
	require.Len(t, entries, 1)
	require.Equal(t, "start", entries[0].Action)
	require.Equal(t, "the file was lost", entries[0].Detail)
	require.Equal(t, morning, entries[0].AsOf)
}

// TestWhatIsFoundBrokenComesWithAPlan: the checks and the explanation end with a call that plans the repair; where all is well they do not.
func TestWhatIsFoundBrokenComesWithAPlan(t *testing.T) {
	t.Parallel()
	w := sick(t, "writes: deny")
	check := asked[checked](t, w.App, "check_partitions", `{"nodes": ["raw.app_events"]}`)
	require.Equal(t, []platform.Call{{
		Tool:      "plan_backfill",
		Arguments: map[string]any{"nodes": []any{"source.shop.raw.app_events"}, "first": lostDay, "last": lostDay},
		Why:       "The least that has to be run to mend them.",
	}}, check.Next)
	check = asked[checked](t, w.App, "check_partitions", `{"nodes": ["raw.app_events"], "first": "2026-06-01", "last": "2026-06-13"}`)
	require.Empty(t, check.Next)
	why := asked[checked](t, w.App, "explain_active_users", `{"fact": "app_visit", "grain": "day"}`)
	plans := 0
	for _, step := range why.Next {
		if step.Tool != "plan_backfill" {
			continue
		}
		plans++
		arguments, err := json.Marshal(step.Arguments)
		require.NoError(t, err)
		plan := asked[platform.PlanAnswer](t, w.App, step.Tool, string(arguments))
		require.Contains(t, nodesOf(plan), "source.shop.raw.app_events")
		require.Contains(t, nodesOf(plan), "activation.shop.app_visit_activation_daily", "and what was built from it")
	}
	require.Equal(t, 1, plans)
}

// TestTheDefaultPolicyPlansAndStartsNothing: a plan can be looked at, and the refusal of a start names the line and is in the audit log.
func TestTheDefaultPolicyPlansAndStartsNothing(t *testing.T) {
	t.Parallel()
	w := sick(t, "writes: deny")
	plan := w.plan(t)
	require.Empty(t, plan.Next)
	require.Contains(t, plan.Notes[0], "policy: {writes: activation}")
	arguments := fmt.Sprintf(`{"plan_id": %q, "reason": "why not"}`, plan.PlanID)
	refused(t, w.App, "start_backfill", arguments, fault.Blocked, "policy.writes is deny", "policy: {writes: allow}")
	runs := asked[platform.RunAnswer](t, w.App, "get_backfill", `{}`).Runs
	require.Len(t, runs, 1, "that by which the world itself was built")
	require.Equal(t, "headwater build", runs[0].Reason)
	entries := w.audit(t)
	require.Len(t, entries, 1)
	require.Equal(t, "start refused", entries[0].Action)
	require.Equal(t, plan.PlanID, entries[0].PlanID)

	// A person at a terminal who says yes overrules a denial, and nothing else.
	p, err := w.Current(t.Context())
	require.NoError(t, err)
	by := platform.Starter{By: backfill.Actor{User: "ada"}, Consent: true}
	started, err := p.StartBackfill(t.Context(), platform.StartRequest{PlanID: plan.PlanID, Reason: "by hand"}, by)
	require.NoError(t, err)
	w.control(t, started.RunID, backfill.Pause)
	refused(t, w.App, "control_backfill", fmt.Sprintf(`{"run_id": %q, "action": "resume"}`, started.RunID), fault.Blocked, "policy.writes is deny")
	require.Equal(t, backfill.Cancelled, w.control(t, started.RunID, backfill.Cancel).Status, "stopping needs no permission")
}

// TestThePolicyBoundsPlans: what may not be written is refused with the remedy, and a plan that is too large with how to split it.
func TestThePolicyBoundsPlans(t *testing.T) {
	t.Parallel()
	t.Run("own outputs only", func(t *testing.T) {
		t.Parallel()
		plan := sick(t, "writes: activation").plan(t)
		require.Equal(t, []string{"activation.shop.app_visit_activation_daily"}, nodesOf(plan))
		why := map[string]backfill.Refusal{}
		for _, r := range plan.Refused {
			why[r.Node] = r.Why
			require.Contains(t, r.Remedy, "policy: {writes: allow}")
		}
		require.Equal(t, map[string]backfill.Refusal{
			"source.shop.raw.app_events": "protected", "model.shop.int_user_events": "protected", "model.shop.fct_app_visit": "protected",
		}, why)
	})
	t.Run("protected relations", func(t *testing.T) {
		t.Parallel()
		plan := sick(t, "writes: allow, protected: [raw.*]").plan(t)
		require.NotContains(t, nodesOf(plan), "source.shop.raw.app_events")
		require.Equal(t, backfill.Refusal("protected"), plan.Refused[len(plan.Refused)-1].Why)
		require.Contains(t, fmt.Sprint(plan.Refused), `policy.protected in headwater.yaml has "raw.*"`)
	})
	t.Run("too many", func(t *testing.T) {
		t.Parallel()
		refused(t, sick(t, "writes: allow, max_pairs: 3").App, "plan_backfill", wholeRepair, fault.Blocked, "policy.max_pairs is 3", "fewer periods")
	})
	t.Run("a long plan is shown in part", func(t *testing.T) {
		t.Parallel()
		w := sick(t, "writes: activation")
		plan := asked[platform.PlanAnswer](t, w.App, "plan_backfill", `{"select": "source:raw.app_events+", "first": "2026-03-01", "last": "2026-06-14", "scope": "all"}`)
		require.Positive(t, plan.Estimate.Pairs)
		p, err := w.Current(t.Context())
		require.NoError(t, err)
		whole, err := p.Plan(t.Context(), plan.PlanID)
		require.NoError(t, err)
		require.Len(t, whole.Pairs, plan.Estimate.Pairs)
	})
}

// TestQuestionsAboutRunsThatMakeNoSense are refused with what would make sense.
func TestQuestionsAboutRunsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	w := sick(t, "writes: allow")
	plan := w.plan(t)
	refused(t, w.App, "plan_backfill", `{"first": "2026-06-14", "last": "2026-06-14"}`, fault.Invalid, "Name nodes, or select some")
	refused(t, w.App, "plan_backfill", `{"nodes": ["fct_app_vist"], "first": "2026-06-14", "last": "2026-06-14"}`, fault.NotFound, "fct_app_visit")
	refused(t, w.App, "plan_backfill", `{"nodes": ["fct_app_visit"], "first": "2026-06-14", "last": "2026-06-10"}`, fault.Invalid)
	refused(t, w.App, "plan_backfill", `{"nodes": ["fct_app_visit"], "first": "june", "last": "2026-06-10"}`, fault.Invalid)
	refused(t, w.App, "plan_backfill", strings.Replace(wholeRepair, "{", `{"scope": "most", `, 1), fault.Invalid, "problems")
	refused(t, w.App, "start_backfill", `{"plan_id": "plan-0", "reason": "x"}`, fault.NotFound, `no plan "plan-0"`, "plan_backfill")
	refused(t, w.App, "start_backfill", fmt.Sprintf(`{"plan_id": %q, "reason": " "}`, plan.PlanID), fault.Invalid, "Say in reason why")
	refused(t, w.App, "start_backfill", fmt.Sprintf(`{"plan_id": %q, "reason": %q}`, plan.PlanID, strings.Repeat("very ", 101)), fault.Invalid, "505 characters")
	refused(t, w.App, "get_backfill", `{"run_id": "run-0"}`, fault.NotFound, "run-0")
	refused(t, w.App, "get_backfill", `{"run_id": "run-0", "wait_seconds": 5}`, fault.NotFound, "run-0")
	refused(t, w.App, "get_backfill", `{"run_id": "run-0", "wait_seconds": 26}`, fault.Invalid, "25")
	refused(t, w.App, "control_backfill", `{"run_id": "run-0", "action": "pause"}`, fault.NotFound, "run-0")
	refused(t, w.App, "control_backfill", `{"run_id": "run-0", "action": "stop"}`, fault.Invalid, "cancel")

	// A day later the plan is too old; after somebody else has loaded the day it is about another world.
	later := reopened(t, w.dir, morning.Add(24*time.Hour))
	arguments := fmt.Sprintf(`{"plan_id": %q, "reason": "late"}`, plan.PlanID)
	refused(t, later, "start_backfill", arguments, fault.Conflict, "expired at 2026-06-16T08:00:00Z", "plan_backfill")
	t.Run("after a load by somebody else", func(t *testing.T) {
		// One of the loads, in a process of its own as everything that writes this file.
		w.start(t, w.planOf(t, `{"nodes": ["raw.app_events"], "first": "`+lostDay+`", "last": "`+lostDay+`", "downstream": false}`))
		w.work(t)
		refused(t, w.App, "start_backfill", arguments, fault.Conflict, "Since plan "+plan.PlanID+" was made", "source.shop.raw.app_events 2026-06-14", "plan_backfill")
	})
	require.Equal(t, []string{"start refused", "start", "start refused"}, actionsOf(w.audit(t)))
}

func (w patient) planOf(t *testing.T, arguments string) string {
	t.Helper()
	return asked[platform.PlanAnswer](t, w.App, "plan_backfill", arguments).PlanID
}

func actionsOf(entries []store.AuditEntry) []string {
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = e.Action
	}
	return out
}

// TestAFailureIsToldAndTriedAgain: the first loader fails, what reads it is blocked and not run, and a retry goes on with both.
func TestAFailureIsToldAndTriedAgain(t *testing.T) {
	t.Parallel()
	w := sick(t, "writes: allow")
	require.NoError(t, os.WriteFile(filepath.Join(w.dir, obstacle), nil, 0o600))
	started := w.start(t, w.plan(t).PlanID)
	w.work(t)
	run := w.run(t, started.RunID)
	require.Equal(t, backfill.Failed, run.Status)
	require.Equal(t, 1, run.Progress.Failed)
	require.Equal(t, 3, run.Progress.Failed+run.Progress.Blocked+run.Progress.Done-1, "%+v", run.Progress)
	require.Len(t, run.Failures, 1)
	require.Equal(t, "source.shop.raw.app_events", run.Failures[0].Node)
	require.Equal(t, 1, run.Failures[0].Attempt)
	require.Contains(t, run.Failures[0].LogTail, "there is an obstacle before raw.app_events")
	require.NotEmpty(t, run.Receipt.NotReady)
	require.Equal(t, []platform.Call{{
		Tool: "control_backfill", Arguments: map[string]any{"run_id": started.RunID, "action": "retry_failed"}, Why: "Goes on with what is left, once its cause is mended.",
	}}, run.Next)
	refused(t, w.App, "control_backfill", fmt.Sprintf(`{"run_id": %q, "action": "pause"}`, started.RunID), fault.Conflict, "retry_failed")

	require.NoError(t, os.Remove(filepath.Join(w.dir, obstacle)))
	require.Equal(t, backfill.Running, w.control(t, started.RunID, backfill.RetryFailed).Status)
	w.work(t)
	run = w.run(t, started.RunID)
	require.Equal(t, backfill.Succeeded, run.Status, "%+v", run.Failures)
	require.Empty(t, run.Failures)
	require.Equal(t, []string{"retry_failed", "start"}, actionsOf(w.audit(t)))
}

// TestWhatJobsSaidIsToldWithTheRun: a few sentences, short, and how to get the rest.
func TestWhatJobsSaidIsToldWithTheRun(t *testing.T) {
	t.Parallel()
	w := sick(t, "writes: allow")
	run := w.start(t, w.plan(t).PlanID).RunID
	s, err := w.Store()
	require.NoError(t, err)
	job, err := s.Claim(t.Context(), run, []int{0}, time.Now())
	require.NoError(t, err)
	end := backfill.JobEnd{Outcomes: []backfill.Outcome{{Seq: 0, Done: true}}}
	for i := range 7 {
		end.Notes = append(end.Notes, fmt.Sprintf("Test %d failed: %s", i, strings.Repeat("x", 1000)))
	}
	_, err = s.Record(t.Context(), run, job, end, w.Limits(), time.Now())
	require.NoError(t, err)

	short := asked[platform.RunAnswer](t, w.App, "get_backfill", fmt.Sprintf(`{"run_id": %q}`, run)).Notes
	require.Contains(t, short, "5 of 7 notes of jobs are shown; limit shows more.")
	require.True(t, slices.ContainsFunc(short, func(n string) bool { return strings.HasPrefix(n, "Test 4 failed") && len(n) < 400 }))
	require.False(t, slices.ContainsFunc(short, func(n string) bool { return strings.HasPrefix(n, "Test 5") }))
	p, err := w.Current(t.Context())
	require.NoError(t, err)
	all, err := p.GetBackfill(t.Context(), platform.RunRequest{RunID: run, Limit: 10})
	require.NoError(t, err)
	require.Subset(t, all.Notes, end.Notes)
}

// TestAPersonIsAskedBeforeRowsAreOverwritten: what is asked names the rows, a no is a refusal in the audit log, a yes a run.
func TestAPersonIsAskedBeforeRowsAreOverwritten(t *testing.T) {
	t.Parallel()
	w := sick(t, "writes: allow")
	plan := w.plan(t)
	p, err := w.Current(t.Context())
	require.NoError(t, err)
	q := platform.StartRequest{PlanID: plan.PlanID, Reason: "the file was lost"}
	var questions []string
	ask := func(answer error) platform.Starter {
		return platform.Starter{By: backfill.Actor{Client: "robot"}, Confirm: func(_ context.Context, question string) error {
			questions = append(questions, question)
			return answer
		}}
	}
	_, err = p.StartBackfill(t.Context(), q, ask(fault.New(fault.Blocked, "No, said ada.")))
	require.EqualError(t, err, "No, said ada.")
	require.Equal(t, []string{fmt.Sprintf("Plan %s runs 4 partitions and overwrites those that hold rows now: "+
		"1 of activation.shop.app_visit_activation_daily, 1 of model.shop.fct_app_visit, 1 of model.shop.int_user_events. Start it?", plan.PlanID)}, questions)
	_, err = p.StartBackfill(t.Context(), q, ask(fault.New(fault.Unavailable, "Nobody is there.")))
	require.Error(t, err)
	require.Len(t, w.audit(t), 1, "a question that could not be put is nobody's refusal")
	started, err := p.StartBackfill(t.Context(), q, ask(nil))
	require.NoError(t, err)
	require.NotContains(t, strings.Join(started.Notes, " "), "cannot ask")
	_, err = p.StartBackfill(t.Context(), q, ask(fault.New(fault.Blocked, "Not again.")))
	require.NoError(t, err, "a plan that was started gives its run and asks nobody")
	require.Len(t, questions, 3)
	require.Equal(t, []string{"start", "start refused"}, actionsOf(w.audit(t)))
}

// TestResourcesSayWhatTheToolsSay, and that of a run is told to change until it has succeeded.
func TestResourcesSayWhatTheToolsSay(t *testing.T) {
	t.Parallel()
	w := sick(t, "writes: allow")
	plan := w.plan(t)
	started := w.start(t, plan.PlanID)
	shelf := map[string]wire.Resource{}
	for _, r := range resources.All(w.Current) {
		require.NoError(t, r.Validate())
		shelf[r.Name] = r
	}
	read := func(name string, variables map[string]string) any {
		t.Helper()
		got, err := shelf[name].Read(t.Context(), variables)
		require.NoError(t, err)
		return got
	}
	require.Len(t, shelf, 7)
	require.Equal(t, asked[platform.StatusAnswer](t, w.App, "server_status", `{}`).Worker, read("status", nil).(platform.StatusAnswer).Worker)
	require.Equal(t, "app_visit", read("facts", nil).(platform.FactsAnswer).Facts[0].Name)
	require.Equal(t, "model.shop.fct_app_visit", read("node", map[string]string{"id": "model.shop.fct_app_visit"}).(platform.NodeAnswer).ID)
	partitions := read("partitions", map[string]string{"id": "raw.app_events"}).(platform.PartitionsAnswer)
	require.Equal(t, "plan_backfill", partitions.Next[0].Tool)
	require.NotEmpty(t, read("activation", map[string]string{"fact": "app_visit", "grain": "day"}).(platform.QueryAnswer).Rows)
	require.Len(t, read("plan", map[string]string{"plan_id": plan.PlanID}).(backfill.Plan).Pairs, plan.Estimate.Pairs)
	of := map[string]string{"run_id": strings.TrimPrefix(started.Resource, "headwater://backfill/")}
	status := func() backfill.Status { return read("backfill", of).(platform.RunAnswer).Status }
	require.Equal(t, backfill.Queued, status())
	_, err := shelf["backfill"].Read(t.Context(), map[string]string{"run_id": "run-0"})
	require.Equal(t, fault.NotFound, fault.KindOf(err))
	shelf["backfill"].Watch(t.Context(), map[string]string{"run_id": "run-0"}, func() { t.Error("nothing is there to change") })

	changes, ended := make(chan struct{}, 100), make(chan struct{})
	go func() {
		defer close(ended)
		shelf["backfill"].Watch(t.Context(), of, func() { changes <- struct{}{} })
	}()
	told := func() {
		t.Helper()
		select {
		case <-changes:
		case <-ended:
			t.Fatal("the watch has ended")
		case <-time.After(time.Minute):
			t.Fatal("nobody was told of a change")
		}
	}
	told() // what it is when the watch begins
	for _, step := range []struct {
		action backfill.Action
		want   backfill.Status
	}{
		{backfill.Pause, backfill.Paused},
		{backfill.Resume, backfill.Running},
		{backfill.Cancel, backfill.Cancelled},
		{backfill.RetryFailed, backfill.Running},
	} {
		require.Equal(t, step.want, w.control(t, started.RunID, step.action).Status)
		told()
		require.Equal(t, step.want, status())
	}
	w.work(t)
	<-ended
	require.NotEmpty(t, changes)
	require.Equal(t, backfill.Succeeded, status())
}
