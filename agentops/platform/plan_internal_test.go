package platform

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/period"
)

// TestWhatHasNotEndedIsNotPromised: the week that is open is built for what there is of it, and no receipt could call it ready.
func TestWhatHasNotEndedIsNotPromised(t *testing.T) {
	t.Parallel()
	var pairs []backfill.Pair
	for i, name := range []string{"2026-06-01", "2026-06-08", "2026-06-15"} {
		at, err := period.UTC().Parse(period.Week, name)
		require.NoError(t, err)
		pairs = append(pairs, backfill.Pair{Seq: i, Node: "activation.shop.visit_activation_weekly", Period: name, Grain: period.Week, Start: at.Start(), End: at.End()})
	}
	pairs = append(pairs, backfill.Pair{Seq: 3, Node: "model.shop.users"})
	monday := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	require.Equal(t, []int{1, 3}, closed(pairs, []int{1, 2, 3}, monday.Add(time.Hour)))
	require.Equal(t, []int{1, 3}, closed(pairs, []int{1, 2, 3}, monday), "a week has ended when the next one begins")
	require.Equal(t, []int{3}, closed(pairs, []int{1, 2, 3}, monday.Add(-time.Second)))
}
