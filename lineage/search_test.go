package lineage_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
)

func library() *lineage.Graph {
	visit := node("fct_app_visit")
	visit.Description = "One row per visit of the app."
	visit.Columns = []lineage.Column{{Name: "user_id"}, {Name: "platform", Description: "ios or android"}}
	visit.Tags = []string{"nightly"}
	daily := node("app_visit_daily_report")
	daily.Description = "Visits a day, by platform."
	orders := node("orders")
	orders.Columns = []lineage.Column{{Name: "customer_id"}, {Name: "amount"}}
	customers := node("dim_customers")
	check := node("unique_orders_id")
	check.ID, check.Type, check.Test = "test.shop.unique_orders_id", lineage.TypeTest, &lineage.Test{Kind: lineage.KindGeneric}
	return lineage.New("shop", []*lineage.Node{visit, daily, orders, customers, check}, nil)
}

func TestSearchRanks(t *testing.T) {
	t.Parallel()
	g := library()
	for text, first := range map[string]string{
		"fct_app_visit":  "fct_app_visit",
		"app visit":      "fct_app_visit",
		"vist":           "fct_app_visit",
		"costumers":      "dim_customers",
		"orders":         "orders",
		"ORDER":          "orders",
		"amount":         "orders",
		"android":        "fct_app_visit",
		"daily visits":   "app_visit_daily_report",
		"nightly":        "fct_app_visit",
		"platfom report": "app_visit_daily_report",
	} {
		hits, total := g.Search(text, nil, 10)
		require.NotEmpty(t, hits, text)
		require.Equal(t, first, hits[0].Node.Name, text)
		require.Equal(t, len(hits), total)
		for k, h := range hits {
			require.Positive(t, h.Score, text)
			require.LessOrEqual(t, h.Score, 1.0, text)
			require.True(t, k == 0 || hits[k-1].Score >= h.Score, text)
		}
	}
}

func TestSearchFindsNothingAndSaysHowMuchItCut(t *testing.T) {
	t.Parallel()
	g := library()
	for _, text := range []string{"", "  ", "→", "quarterly revenue forecast"} {
		hits, total := g.Search(text, nil, 10)
		require.Empty(t, hits, text)
		require.NotNil(t, hits)
		require.Zero(t, total)
	}
	hits, total := g.Search("visit", nil, 1)
	require.Len(t, hits, 1)
	require.Equal(t, 2, total)

	within, _, err := g.Select(lineage.SelectRequest{Select: "app_*"})
	require.NoError(t, err)
	hits, _ = g.Search("visit", within, 10)
	require.Len(t, hits, 1)
	hits, _ = g.Search("visit", []*lineage.Node{}, 10)
	require.Empty(t, hits, "an empty selection holds nothing, it is not all")
}
