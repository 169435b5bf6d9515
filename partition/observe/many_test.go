package observe_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// TestTwoHundredRelationsTakeTwoHundredQueries: 400 days of each, whatever the days are and whatever is asked about them.
func TestTwoHundredRelationsTakeTwoHundredQueries(t *testing.T) {
	t.Parallel()
	const relations = 200
	statements := []string{"create table days as select timestamp '2025-05-01 12:00' + to_days(range::integer) as ts, range as id from range(400)"}
	nodes := make([]*lineage.Node, relations)
	overrides := make([]partition.Override, relations)
	ids := make([]string, relations)
	for i := range relations {
		name := fmt.Sprintf("t%03d", i)
		ids[i] = "source.shop.raw." + name
		statements = append(statements, "create view "+name+" as select * from days")
		nodes[i] = &lineage.Node{ID: ids[i], Name: name, Type: lineage.TypeSource, Relation: "main." + name, Source: &lineage.Source{Name: "raw"}}
		overrides[i] = partition.Override{Node: ids[i], Grain: "day", Time: "ts", Key: "id", Begin: "2025-05-01"}
	}
	s := newShop(t, statements...)
	graph := lineage.New("shop", nodes, nil)
	specs, err := partition.Derive(graph, overrides, nil)
	require.NoError(t, err)
	first, last := "2025-05-01", "2026-06-04"
	answer, err := partition.New(partition.Deps{Observer: s.observer, AtOnce: s.observer.AtOnce}).Check(t.Context(), graph, specs, partition.CheckRequest{
		Nodes: ids, First: &first, Last: &last, Only: partition.OnlyAll, Limit: 1000, AsOf: time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC),
	})
	require.NoError(t, err)
	require.EqualValues(t, relations, s.queries.Load())
	require.Len(t, answer.Nodes, relations)
	for _, n := range answer.Nodes {
		require.Equal(t, map[partition.Presence]int{partition.Present: 400}, n.Counts, n.ID)
	}
}
