package partition_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// TestATestOfAViewThatOnlyPassesOnGivesItsTablesKey, through several views, and not where the view does anything else, or the node has a
// test of its own.
func TestATestOfAViewThatOnlyPassesOnGivesItsTablesKey(t *testing.T) {
	t.Parallel()
	const passing = "with source as (select * from raw.a) select id as b_id, upper(name) as name from source"
	unique := func(of, column string) *lineage.Node {
		return &lineage.Node{ID: "test.p.u_" + of, Type: lineage.TypeTest, Test: &lineage.Test{Kind: "generic", Name: "unique", Column: column, Attached: of}}
	}
	for name, test := range map[string]struct {
		first, second, materialized string
		tests                       []*lineage.Node
		want                        []string
	}{
		"one view":              {passing, "", "view", []*lineage.Node{unique("model.p.b", "b_id")}, []string{"id"}},
		"two views":             {passing, "select b_id as c_id from main.b as x", "view", []*lineage.Node{unique("model.p.c", "c_id")}, []string{"id"}},
		"an ephemeral one":      {passing, "with __dbt__cte__b as (" + "select id as b_id from raw.a" + ") select * from __dbt__cte__b", "ephemeral", []*lineage.Node{unique("model.p.c", "b_id")}, []string{"id"}},
		"a filter":              {passing + " where true", "", "view", []*lineage.Node{unique("model.p.b", "b_id")}, nil},
		"a column that is made": {passing, "", "view", []*lineage.Node{unique("model.p.b", "name")}, nil},
		"a table":               {passing, "", "table", []*lineage.Node{unique("model.p.b", "b_id")}, nil},
		"another relation":      {"select id as b_id from raw.z", "", "view", []*lineage.Node{unique("model.p.b", "b_id")}, nil},
		"a test of its own":     {passing, "", "view", []*lineage.Node{unique("model.p.b", "b_id"), unique(sourceA, "uuid")}, []string{"uuid"}},
		"no code":               {"", "", "view", []*lineage.Node{unique("model.p.b", "b_id")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, c := model("b", test.materialized), model("c", "view")
			b.CompiledCode, c.CompiledCode = test.first, test.second
			g := project(append(test.tests, source("a"), b, c), [2]string{sourceA, b.ID}, [2]string{b.ID, c.ID})
			s := derive(t, g, partition.Override{Node: sourceA, Grain: "day", Time: "ts"}).Of(sourceA)
			require.Equal(t, test.want, s.Key)
		})
	}
}
