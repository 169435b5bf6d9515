package lineage_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
)

// shop is a project in which names repeat in every way that dbt allows.
func shop() *lineage.Graph {
	orders := node("orders")
	orders.Relation, orders.Database, orders.Schema, orders.Identifier = `"Shop"."Main"."Orders"`, "Shop", "Main", "Orders"
	version := func(v string) *lineage.Node {
		n := node("dim")
		n.ID, n.Version, n.Latest, n.FQN = "model.shop.dim.v"+v, v, "2", []string{"shop", "dim", "v" + v}
		n.Relation = "`shop.main.dim_v" + v + "`"
		return n
	}
	source := func(group, relation string) *lineage.Node {
		return &lineage.Node{
			ID: "source.shop." + group + ".orders", Name: "orders", Type: lineage.TypeSource, Package: "shop", Relation: relation,
			Source: &lineage.Source{Name: group}, FQN: []string{"shop", group, "orders"},
		}
	}
	other := &lineage.Node{ID: "model.lib.util", Name: "util", Type: lineage.TypeModel, Package: "lib", FQN: []string{"lib", "util"}}
	return lineage.New("shop", []*lineage.Node{
		orders, version("1"), version("2"), version("3"), node("util"), other, source("raw", "shop.main.orders"), source("erp", "erp.orders"),
		{ID: "metric.shop.orders", Name: "orders", Type: lineage.TypeMetric, Package: "shop"},
		{ID: "exposure.shop.Dash", Name: "Dash", Type: lineage.TypeExposure, Package: "shop"},
	}, nil)
}

func TestResolve(t *testing.T) {
	t.Parallel()
	g := shop()
	for ref, id := range map[string]string{
		"model.shop.orders":      "model.shop.orders",
		"orders\t":               "model.shop.orders",
		"shop.orders":            "model.shop.orders",
		"ORDERS":                 "model.shop.orders",
		"raw.orders":             "source.shop.raw.orders",
		"shop.raw.orders":        "source.shop.raw.orders",
		"dash":                   "exposure.shop.Dash",
		`"Shop"."Main"."Orders"`: "model.shop.orders",
		"shop.main.orders":       "model.shop.orders",
		"main.orders":            "model.shop.orders",
		"[ERP].[Orders]":         "source.shop.erp.orders",
		"`shop`.`main`.`dim_v1`": "model.shop.dim.v1",
		"dim":                    "model.shop.dim.v2",
		"dim.v3":                 "model.shop.dim.v3",
		"dim_v3":                 "model.shop.dim.v3",
		"shop.dim.v1":            "model.shop.dim.v1",
		"lib.util":               "model.lib.util",
		"metric.shop.orders":     "metric.shop.orders",
		"source.shop.erp.orders": "source.shop.erp.orders",
	} {
		n, err := g.Resolve(ref)
		require.NoError(t, err, ref)
		require.Equal(t, id, n.ID, ref)
	}
}

func TestResolveTeaches(t *testing.T) {
	t.Parallel()
	g := shop()
	for ref, want := range map[string]struct {
		kind fault.Kind
		says string
	}{
		"util":             {fault.Invalid, `"util" is the name of 2 nodes: model.lib.util, model.shop.util. Name one by its unique_id.`},
		"ordes":            {fault.NotFound, `No node is called "ordes". Did you mean orders?`},
		"model.shop.order": {fault.NotFound, `No node is called "model.shop.order". Did you mean model.shop.orders`},
		"zzzzzz":           {fault.NotFound, `No node is called "zzzzzz". Search with find_nodes(text=…), or list all with find_nodes().`},
		"  ":               {fault.Invalid, "No node is named."},
	} {
		_, err := g.Resolve(ref)
		require.Error(t, err, ref)
		require.Equal(t, want.kind, fault.KindOf(err), ref)
		require.Contains(t, err.Error(), want.says)
	}
}

func TestResolveAny(t *testing.T) {
	t.Parallel()
	g := shop()
	nodes, warnings, err := g.ResolveAny([]string{"dim", "orders", "model.shop.orders"}, lineage.SelectRequest{})
	require.NoError(t, err)
	require.Empty(t, warnings)
	require.Equal(t, []string{"dim", "orders"}, names(nodes), "in the order of the request, each once")

	nodes, warnings, err = g.ResolveAny(nil, lineage.SelectRequest{Select: "source:raw nothing"})
	require.NoError(t, err)
	require.Equal(t, []string{"orders"}, names(nodes))
	require.Len(t, warnings, 1)

	_, _, err = g.ResolveAny([]string{"orders"}, lineage.SelectRequest{Select: "orders"})
	require.Equal(t, fault.Invalid, fault.KindOf(err))
}
