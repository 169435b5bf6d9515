package app_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/worker"
)

const mayWriteOutputs = "policy: {writes: activation}"

// broken is a world whose outputs of 4 June are stale.
func broken(t *testing.T, lines ...string) *ownBuilds {
	t.Helper()
	o := newOwnBuilds(t, lines...)
	o.build()
	o.later(time.Hour).do(`delete from visits where user_id = 3 and cast("at" as date) = date '2026-06-04'`)
	return o
}

func (o *ownBuilds) platform() *platform.Platform {
	o.t.Helper()
	p, err := o.app.Current(o.t.Context())
	require.NoError(o.t, err)
	return p
}

func (o *ownBuilds) plan(q platform.PlanRequest) (platform.PlanAnswer, error) {
	q.Nodes = []string{"activation.shop.visit_activation_daily"}
	return o.platform().PlanBackfill(o.t.Context(), q)
}

// planned is the plan for 4 June.
func (o *ownBuilds) planned() string {
	o.t.Helper()
	answer, err := o.plan(platform.PlanRequest{First: "2026-06-04", Last: "2026-06-04"})
	require.NoError(o.t, err)
	require.NotEmpty(o.t, answer.PlanID)
	return answer.PlanID
}

var robot = platform.Starter{By: backfill.Actor{Client: "robot"}}

func (o *ownBuilds) start(plan string) (platform.StartAnswer, error) {
	return o.platform().StartBackfill(o.t.Context(), platform.StartRequest{PlanID: plan, Reason: "test"}, robot)
}

// requireRefused: the start is refused in these words, and what stands in the audit log are the same.
func (o *ownBuilds) requireRefused(plan string, kind fault.Kind, words ...string) {
	o.t.Helper()
	_, err := o.start(plan)
	require.Error(o.t, err)
	require.Equal(o.t, kind, fault.KindOf(err), err.Error())
	for _, w := range words {
		require.ErrorContains(o.t, err, w)
	}
	if entries := o.audited(); kind != fault.NotFound {
		require.Equal(o.t, []string{"start refused", plan, err.Error(), "robot"},
			[]string{entries[0].Action, entries[0].PlanID, entries[0].Detail, entries[0].By.Client})
	}
	require.Len(o.t, o.runs(), 1, "the first build's alone")
}

// work executes what there is and ends.
func (o *ownBuilds) work() {
	o.t.Helper()
	options, err := o.app.WorkerOptions()
	require.NoError(o.t, err)
	limits := options.Limits()
	limits.Backoff = time.Millisecond
	options.Now, options.Limits = time.Now, func() backfill.Limits { return limits }
	require.NoError(o.t, worker.Run(o.t.Context(), options))
}

// TestAPlanOfAnotherWorldIsNotStarted: unknown, expired, of other rows, of another definition, or of a fact that is gone.
func TestAPlanOfAnotherWorldIsNotStarted(t *testing.T) {
	t.Parallel()
	t.Run("unknown", func(t *testing.T) {
		t.Parallel()
		broken(t, mayWriteOutputs).requireRefused("plan-0000", fault.NotFound, `There is no plan "plan-0000"`, "plan_backfill")
	})
	t.Run("expired", func(t *testing.T) {
		t.Parallel()
		o := broken(t, mayWriteOutputs)
		plan := o.planned()
		o.later(25*time.Hour).requireRefused(plan, fault.Conflict, "expired at 2026-06-16T07:00:00Z", "plan_backfill")
	})
	t.Run("a row was added", func(t *testing.T) {
		t.Parallel()
		o := broken(t, mayWriteOutputs)
		plan := o.planned()
		o.later(time.Minute).do(`insert into visits values (99, timestamp '2026-06-04 13:00', 'KR', 'a')`)
		o.requireRefused(plan, fault.Conflict, "source.shop.main.visits 2026-06-04", "Make it anew with plan_backfill")
	})
	t.Run("the definition is another", func(t *testing.T) {
		t.Parallel()
		o := broken(t, mayWriteOutputs)
		plan := o.planned()
		o = o.opened("  - {name: visit, relation: main.visits, user: user_id, time: at, begin: 2026-06-01}", mayWriteOutputs)
		o.requireRefused(plan, fault.Conflict, "activation.shop.visit_activation_daily", "changed")
	})
	t.Run("the fact is gone", func(t *testing.T) {
		t.Parallel()
		o := broken(t, mayWriteOutputs)
		plan := o.planned()
		o = o.opened("  - {name: call, relation: main.visits, user: user_id, time: at}", mayWriteOutputs)
		o.requireRefused(plan, fault.Conflict, `no node "activation.shop.visit_activation_daily" any more`)
	})
}

// TestThePolicyDecidesWhatRuns: nothing by default, with the line that would allow it; never what is protected; no more than max_pairs.
func TestThePolicyDecidesWhatRuns(t *testing.T) {
	t.Parallel()
	o := broken(t)
	o.requireRefused(o.planned(), fault.Blocked, "policy.writes is deny", "`policy: {writes: activation}`")

	o = o.opened(visitFact, "policy: {writes: activation, max_pairs: 3}")
	_, err := o.plan(platform.PlanRequest{First: "2026-06-01", Last: "2026-06-10", Scope: "all"})
	require.Equal(t, fault.Blocked, fault.KindOf(err))
	require.ErrorContains(t, err, "policy.max_pairs is 3")
	require.ErrorContains(t, err, "Ask for fewer periods at a time")

	o = o.opened(visitFact, "policy: {writes: activation, protected: ['*.visit_*']}")
	answer, err := o.plan(platform.PlanRequest{First: "2026-06-04", Last: "2026-06-04"})
	require.NoError(t, err)
	require.Empty(t, answer.PlanID)
	require.Len(t, answer.Refused, 1)
	require.Equal(t, backfill.RefusedProtected, answer.Refused[0].Why)
	require.Contains(t, answer.Refused[0].Remedy, `"*.visit_*"`)
}

// TestAPlanRunsOnceWhateverComesOfItsClient: the second start gives the run of the first, also after the world has changed; and the run
// goes on when whoever started it has gone.
func TestAPlanRunsOnceWhateverComesOfItsClient(t *testing.T) {
	t.Parallel()
	o := broken(t, mayWriteOutputs, "worker: external")
	plan := o.planned()
	first, err := o.start(plan)
	require.NoError(t, err)
	require.Contains(t, first.Notes, "headwater.yaml says worker: external, and none lives: runs wait until an operator runs `headwater worker`.")
	o.later(30 * time.Hour).do(`insert into visits values (99, timestamp '2026-06-04 13:00', 'KR', 'a')`)
	second, err := o.start(plan)
	require.NoError(t, err)
	require.Equal(t, first.RunID, second.RunID)
	require.Contains(t, second.Notes, "The plan was started before; this is its run.")

	other := o.opened(visitFact, mayWriteOutputs)
	require.NoError(t, o.app.Close())
	other.work()
	run, err := other.store().Backfill(t.Context(), first.RunID)
	require.NoError(t, err)
	require.Equal(t, backfill.Succeeded, run.Status)
	require.NotEmpty(t, run.Receipt.Ready)
	require.Empty(t, run.Receipt.NotReady)
	require.Len(t, other.written()[first.RunID+"/"+first.RunID+"-1"], 1)
	third, err := other.start(plan)
	require.NoError(t, err)
	require.Equal(t, first.RunID, third.RunID)
}
