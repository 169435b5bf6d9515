package app_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/internal/demo"
)

// TestTheDemosWorldEqualsAFullRecompute: all outputs of the fact that people meet first, at every grain.
func TestTheDemosWorldEqualsAFullRecompute(t *testing.T) {
	t.Parallel()
	a, summary := built(t)
	p, err := a.Current(t.Context())
	require.NoError(t, err)
	f, err := p.Fact(summary.Fact)
	require.NoError(t, err)
	w, def := activationtest.World{Path: filepath.Join(a.Config().Root, demo.Warehouse)}, f.Definition
	for _, g := range def.Grains {
		built, err := p.Engine.Periods(t.Context(), def, g)
		require.NoError(t, err)
		w.RequireEqual(t, activationtest.Case{
			Definition: def, Grain: g, First: built[0].Period, Last: built[len(built)-1].Period,
			Label: activationtest.Label("event_at", "date", "", "monday", g),
		})
	}
}
