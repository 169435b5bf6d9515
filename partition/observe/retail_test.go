package observe_test

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/sharedtest"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// TestOnlineRetail asks about a year of a real shop (UCI Online Retail, 2010-12-01 to 2011-12-09): it never sells on
// Saturdays, and was closed on 16 other days.
func TestOnlineRetail(t *testing.T) {
	t.Parallel()
	file := filepath.Join(sharedtest.Dir(t, "events/online_retail"), "invoices.csv")
	s := newShop(t, "create table invoices as select * from read_csv('"+file+"', header = true)")
	node := &lineage.Node{
		ID: "source.shop.raw.invoices", Name: "invoices", Type: lineage.TypeSource, Relation: `"shop"."main"."invoices"`, Source: &lineage.Source{Name: "raw"},
	}
	graph := lineage.New("shop", []*lineage.Node{node}, nil)
	specs, err := partition.Derive(graph, []partition.Override{{Node: "raw.invoices", Grain: "day", Time: "ts", Begin: "2010-12-01"}}, nil)
	require.NoError(t, err)
	first, last := "2010-12-01", "2011-12-09"
	request := partition.CheckRequest{
		Nodes: []string{node.ID}, First: &first, Last: &last, Only: partition.OnlyAll, Limit: 1000, AsOf: time.Date(2011, 12, 10, 0, 0, 0, 0, time.UTC),
	}
	check := func(t *testing.T, closed map[string]bool) (partition.NodeReport, []partition.Range) {
		t.Helper()
		checker := partition.New(partition.Deps{Observer: s.observer, Closures: func(date string) bool { return closed[date] }})
		answer, err := checker.Check(t.Context(), graph, specs, request)
		require.NoError(t, err)
		require.Len(t, answer.Nodes, 1)
		var missing []partition.Range
		for _, r := range answer.Nodes[0].Ranges {
			if r.Presence == partition.Missing {
				missing = append(missing, r)
			}
		}
		return answer.Nodes[0], missing
	}
	node1, missing := check(t, nil)
	require.Equal(t, map[partition.Presence]int{partition.Present: 358, partition.Missing: 16}, node1.Counts)
	require.Equal(t, 53, node1.Findings[partition.EmptyAsUsual])

	closed := map[string]bool{}
	for _, r := range missing {
		for p := r.First; p.Index <= r.Last.Index; p = p.Next() {
			require.NotEqual(t, time.Saturday, p.UTCDate().Weekday())
			closed[p.String()] = true
		}
	}
	require.Len(t, closed, 16)
	node2, missing := check(t, closed)
	require.Empty(t, missing)
	require.Equal(t, map[partition.Presence]int{partition.Present: 374}, node2.Counts)
	require.Equal(t, 69, node2.Findings[partition.EmptyAsUsual])

	t.Run("the month in which the data ends is open", func(t *testing.T) {
		t.Parallel()
		monthly, err := partition.Derive(graph, []partition.Override{{Node: "raw.invoices", Grain: "month", Time: "ts", Begin: "2010-12-01"}}, nil)
		require.NoError(t, err)
		answer, err := partition.New(partition.Deps{Observer: s.observer}).Check(t.Context(), graph, monthly, request)
		require.NoError(t, err)
		require.Equal(t, map[partition.Presence]int{partition.Present: 12, partition.Open: 1}, answer.Nodes[0].Counts)
	})
	t.Run("the default answer is short", func(t *testing.T) {
		t.Parallel()
		request := request
		request.Only, request.Limit = "", 0
		checker := partition.New(partition.Deps{Observer: s.observer})
		answer, err := checker.Check(t.Context(), graph, specs, request)
		require.NoError(t, err)
		text, err := json.Marshal(answer)
		require.NoError(t, err)
		require.LessOrEqual(t, len(text), 8000)
	})
}
