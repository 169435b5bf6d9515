package lineage_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestPathsToANodeAreItsShortestPaths, in graphs with cycles as well.
func TestPathsToANodeAreItsShortestPaths(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, _ := randomGraph(t, rapid.Bool().Draw(t, "cyclic"))
		nodes := g.Nodes()
		to := rapid.SampledFrom(nodes).Draw(t, "to").ID
		path := g.PathsTo(to)
		for _, n := range nodes {
			require.Equal(t, g.ShortestPath(n.ID, to), path(n.ID), "%s to %s", n.ID, to)
		}
		require.Empty(t, path("model.nobody"))
		require.Empty(t, g.PathsTo("model.nobody")(to))
	})
}
