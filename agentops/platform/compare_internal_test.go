package platform

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
)

// TestALongDiffIsCutAndSaysSo, and one that fits is whole.
func TestALongDiffIsCutAndSaysSo(t *testing.T) {
	t.Parallel()
	graph := func(code string) *lineage.Graph {
		return lineage.New("shop", []*lineage.Node{{ID: "model.shop.a", Name: "a", Type: lineage.TypeModel, RawCode: code}}, nil)
	}
	diff, cut := codeDiff(graph("select 1\n"), graph("select 2"), "model.shop.a")
	require.Equal(t, "@@ -1 +1 @@\n-select 1\n+select 2\n", diff)
	require.False(t, cut)
	diff, cut = codeDiff(graph("select 1"), graph(strings.Repeat("select 2\n", maxDiff)), "model.shop.a")
	require.Len(t, diff, maxDiff)
	require.True(t, cut)
	diff, _ = codeDiff(graph("select 1"), graph("select 1"), "model.shop.a")
	require.Empty(t, diff)
}
