package app_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/partition"
)

// view is a warehouse without a row, which notes how often it was opened for a view, and what was looked at outside of any.
type view struct {
	opened, outside, inside int
}

type viewKey struct{}

func (v *view) atOnce(ctx context.Context, fn func(context.Context) error) error {
	if ctx.Value(viewKey{}) == nil {
		v.opened++
	}
	return fn(context.WithValue(ctx, viewKey{}, true))
}

func (v *view) look(ctx context.Context) {
	if ctx.Value(viewKey{}) == nil {
		v.outside++
		return
	}
	v.inside++
}

func (v *view) Observe(ctx context.Context, _ partition.ObserveRequest) (partition.Observation, error) {
	v.look(ctx)
	return partition.Observation{Counts: map[int]partition.Count{}}, nil
}

func (v *view) Whole(ctx context.Context, _ partition.WholeRequest) (partition.WholeObservation, error) {
	v.look(ctx)
	return partition.WholeObservation{}, nil
}

// TestAPlanLooksAtTheWarehouseOnce: opening it costs more than most looks, and a plan of many nodes stands on one instant.
func TestAPlanLooksAtTheWarehouseOnce(t *testing.T) {
	t.Parallel()
	w := sick(t, "writes: allow")
	p, err := w.Current(t.Context())
	require.NoError(t, err)
	seen := &view{}
	p.Checker = partition.New(partition.Deps{Observer: seen, AtOnce: seen.atOnce})
	plan, err := p.PlanBackfill(t.Context(), platform.PlanRequest{Nodes: []string{"raw.app_events"}, First: "2026-06-10", Last: lostDay, Scope: "all"})
	require.NoError(t, err)
	require.Greater(t, plan.Estimate.Pairs, 5, "%+v", plan)
	require.Equal(t, 1, seen.opened)
	require.Greater(t, seen.inside, 1)
	require.Zero(t, seen.outside)
}
