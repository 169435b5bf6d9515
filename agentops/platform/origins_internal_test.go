package platform

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/lineage"
)

// TestADimensionComesFromWhereItsColumnIsFirstSeen: events and web make visits, people are joined to it; a country is written in
// capitals upstream, and a bucket is made up on the way.
func TestADimensionComesFromWhereItsColumnIsFirstSeen(t *testing.T) {
	t.Parallel()
	node := func(name string, columns ...string) *lineage.Node {
		n := &lineage.Node{ID: "model.p." + name, Name: name, Type: lineage.TypeModel}
		for _, c := range columns {
			n.Columns = append(n.Columns, lineage.Column{Name: c})
		}
		return n
	}
	nodes := []*lineage.Node{
		node("events", "user", "version"), node("web", "user", "version"), node("people", "user", "COUNTRY"), node("rates"),
		node("visits", "user", "version"), node("fact", "user", "version", "country", "bucket"),
	}
	edges := [][2]string{{"events", "visits"}, {"web", "visits"}, {"rates", "visits"}, {"visits", "fact"}, {"people", "fact"}}
	list := make([]lineage.Edge, len(edges))
	for i, e := range edges {
		list[i] = lineage.Edge{From: "model.p." + e[0], To: "model.p." + e[1]}
	}
	found := origins(lineage.New("p", nodes, list), "model.p.fact", []string{"version", "country", "bucket", "plan"})
	require.ElementsMatch(t, []explain.Origin{
		{Node: "events", Path: []string{"events", "visits", "fact"}}, {Node: "web", Path: []string{"web", "visits", "fact"}},
	}, found["version"])
	require.Equal(t, []explain.Origin{{Node: "people", Path: []string{"people", "fact"}}}, found["country"])
	require.Equal(t, []explain.Origin{{Node: "fact", Path: []string{"fact"}}}, found["bucket"], "it is computed in the fact itself")
	require.NotContains(t, found, "plan", "of which the artifacts know nothing")
	require.Empty(t, origins(lineage.New("p", nodes, list), "", []string{"version"}), "a fact without a project")
}
