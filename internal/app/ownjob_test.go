package app_test

import (
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/internal/worker"
)

// TestWhatAJobHasBuiltIsRightAfterwards: a plan restates a day that has changed. Its receipt, an hour later, and the next check know
// of that build, and not only of the one before.
func TestWhatAJobHasBuiltIsRightAfterwards(t *testing.T) {
	t.Parallel()
	o := newOwnBuilds(t)
	o.build()
	o.later(time.Hour).do("delete from visits where user_id < 3 and cast(\"at\" as date) = '2026-06-03'")
	stale, _ := o.found("activation")
	require.Contains(t, stale, "day activation 2026-06-03 stale")

	p, err := o.app.Current(t.Context())
	require.NoError(t, err)
	plan, err := p.PlanBackfill(t.Context(), platform.PlanRequest{
		Nodes: []string{"visit_activation_daily", "visit_activation_weekly", "visit_activation_monthly"}, First: "2026-06-01", Last: "2026-06-14",
	})
	require.NoError(t, err)
	started, err := p.StartBackfill(t.Context(), platform.StartRequest{PlanID: plan.PlanID, Reason: "rows were erased"}, platform.Starter{Consent: true})
	require.NoError(t, err)

	o.later(time.Hour)
	store, err := o.app.Store()
	require.NoError(t, err)
	require.NoError(t, worker.Run(t.Context(), worker.Options{
		Store: store, Executors: o.app.Executors, Node: o.app.Node, Limits: o.app.Limits, Now: func() time.Time { return o.now }, Log: zerolog.Nop(),
		Receipt: o.app.Receipt, JobEnded: o.app.JobEnded,
	}))
	run, err := store.Backfill(t.Context(), started.RunID)
	require.NoError(t, err)
	require.Equal(t, backfill.Succeeded, run.Status)
	require.Empty(t, run.Receipt.NotReady)
	require.NotEmpty(t, run.Receipt.Ready)
	stale, _ = o.found("activation", "transitions")
	require.Empty(t, stale)
}
