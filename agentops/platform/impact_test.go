package platform_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/lineage"
)

// hub is a model that thousands read: half of them directly, the others behind those, and a dashboard behind every tenth.
func hub(descendants int) *platform.Platform {
	model := func(name string) *lineage.Node {
		return &lineage.Node{ID: "model.analytics_platform." + name, Name: name, Type: lineage.TypeModel, Owner: "team " + name[len(name)-2:]}
	}
	nodes, edges := []*lineage.Node{model("dim_customers_current")}, []lineage.Edge{}
	for i := range descendants {
		n := model(fmt.Sprintf("fct_marketing_campaign_performance_%05d", i))
		from := nodes[0].ID
		if i >= descendants/2 {
			from = nodes[i-descendants/2+1].ID
		}
		if i%10 == 9 {
			n.ID, n.Type = "exposure.analytics_platform."+n.Name, lineage.TypeExposure
			n.Usage = &lineage.Usage{Kind: "dashboard", URL: "https://bi.example.com/dashboards/" + n.Name}
		}
		nodes, edges = append(nodes, n), append(edges, lineage.Edge{From: from, To: n.ID})
	}
	return &platform.Platform{Graph: lineage.New("analytics_platform", nodes, edges)}
}

// TestImpactOfAHubStaysSmall: a default answer is within its 2,000 tokens of 4 bytes, says what was cut and how to go on, and its
// pages are the whole.
func TestImpactOfAHubStaysSmall(t *testing.T) {
	t.Parallel()
	p := hub(3000)
	seen := map[string]bool{}
	pages := 0
	for q := (platform.ImpactRequest{Node: "dim_customers_current"}); ; pages++ {
		a, err := p.AssessImpact(t.Context(), q)
		require.NoError(t, err)
		text, err := json.Marshal(a)
		require.NoError(t, err)
		require.LessOrEqual(t, len(text)/4, 2000)
		require.Equal(t, 3000, a.Total)
		require.Len(t, a.Affected, a.Returned)
		for _, one := range a.Affected {
			require.False(t, seen[one.ID], one.ID)
			seen[one.ID] = true
		}
		if q.Cursor = a.NextCursor; q.Cursor == "" {
			break
		}
		require.True(t, a.Truncated)
		require.Contains(t, a.Notice, fmt.Sprintf("%d of 3000 affected nodes are shown", a.Returned))
		require.Contains(t, a.Notice, "10 of 300 exposures, 10 of 100 owners")
		require.GreaterOrEqual(t, a.Returned, 5)
	}
	require.Len(t, seen, 3000)
}

func TestImpactWithALimitGivesThatMany(t *testing.T) {
	t.Parallel()
	a, err := hub(3000).AssessImpact(t.Context(), platform.ImpactRequest{Node: "dim_customers_current", Limit: 500})
	require.NoError(t, err)
	require.Equal(t, 500, a.Returned)
	require.Len(t, a.Exposures, 300)
}
