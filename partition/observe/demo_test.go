package observe_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/demo"
	"github.com/headwater-mcp/headwater/lineage/dbt"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/partition/observe"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

func TestDemo(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "world")
	world, err := demo.World(t.Context(), dir)
	require.NoError(t, err)
	artifacts, err := dbt.Load(filepath.Join(dir, "target"))
	require.NoError(t, err)
	graph := artifacts.Graph
	w, err := duckdb.New(duckdb.Options{Path: filepath.Join(dir, demo.Warehouse)})
	require.NoError(t, err)
	o, err := observe.New(w)
	require.NoError(t, err)
	specs, err := partition.Derive(graph, nil, nil)
	require.NoError(t, err)
	require.Empty(t, specs.Problems())
	for _, id := range specs.IDs() {
		text, _ := json.Marshal(specs.Of(id))
		t.Log(id, specs.Of(id).From, string(text))
	}
	c := partition.New(partition.Deps{Observer: o})
	var ids []string
	for _, n := range graph.Nodes() {
		ids = append(ids, n.ID)
	}
	answer, err := c.Check(t.Context(), graph, specs, partition.CheckRequest{Nodes: ids, AsOf: world.AsOf})
	require.NoError(t, err)
	text, _ := json.MarshalIndent(answer, "", " ")
	compact, _ := json.Marshal(answer)
	t.Log(len(compact), string(text))
	troubles, err := c.Upstream(t.Context(), graph, specs, "model.shop.fct_app_visit", []period.Period{period.UTC().At(period.Day, world.AsOf).Prev()}, world.AsOf)
	require.NoError(t, err)
	for _, tr := range troubles {
		t.Logf("%s %s %s %v %v %v %s", tr.Node, tr.Partition(), tr.Presence, tr.Findings, tr.Consequence, tr.Path, tr.Detail)
	}
}
