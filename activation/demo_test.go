package activation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/internal/demo"
)

// TestTheDemosWorldEqualsAFullRecompute: all outputs of the fact that people meet first, at every grain.
func TestTheDemosWorldEqualsAFullRecompute(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	summary, err := demo.World(t.Context(), dir)
	require.NoError(t, err)
	w := world{dir + "/" + demo.Warehouse}
	def, err := activation.Define(activation.Fact{
		Name: summary.Fact, Relation: "analytics.fct_app_visit", User: "user_id", Time: "event_at", Dimensions: []string{"country", "platform"},
	}, activation.Defaults{})
	require.NoError(t, err)
	e := open(t, w.path)
	for _, g := range def.Grains {
		_, err := e.Build(t.Context(), def, activation.BuildRequest{Grain: g, AsOf: summary.AsOf, Run: "test"})
		require.NoError(t, err)
		built, err := e.Periods(t.Context(), def, g)
		require.NoError(t, err)
		w.requireEqualsOracle(t, oracleCase{def: def, grain: g, first: built[0].Period, last: built[len(built)-1].Period,
			label: labelOf("event_at", "date", "", "monday", g)})
	}
}
