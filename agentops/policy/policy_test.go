package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/policy"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
)

func table(database, schema, identifier string) *lineage.Node {
	return &lineage.Node{
		ID: "model.p." + identifier, Name: identifier, Type: lineage.TypeModel, Relation: `"` + database + `"."` + schema + `"."` + identifier + `"`,
		Database: database, Schema: schema, Identifier: identifier,
	}
}

func TestProtectedRelationsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern string
		node    *lineage.Node
		refused bool
	}{
		{"prod.*", table("prod", "main", "orders"), true},
		{"prod.*", table("lake", "prod", "orders"), true},
		{"prod.*", table("lake", "dev", "orders"), false},
		{"prod.*", table("lake", "product", "orders"), false},
		{"PROD.main.*", table("prod", "MAIN", "Orders"), true},
		{"lake.prod.orders", table("lake", "prod", "orders"), true},
		{"lake.prod.orders", table("lake", "prod", "orders_2"), false},
		{"fct_*", table("lake", "prod", "fct_orders"), true},
		{"*.prod.*", table("lake", "prod", "orders"), true},
		{"prod.*", &lineage.Node{ID: "model.p.x", Name: "x", Type: lineage.TypeModel, Relation: "`prod`.`a`.`x`"}, true},
		{"prod.*", &lineage.Node{ID: "model.p.x", Name: "x", Type: lineage.TypeModel}, false},
	} {
		why, remedy := policy.Policy{Writes: policy.Allow, Protected: []string{"other.*", c.pattern}}.Refuses(c.node)
		if !c.refused {
			require.Empty(t, why, "%s and %s", c.pattern, c.node.Relation)
			continue
		}
		require.Equal(t, backfill.RefusedProtected, why, "%s and %s", c.pattern, c.node.Relation)
		require.Contains(t, remedy, c.pattern)
	}
}

func TestWritesOfOwnOutputsOnly(t *testing.T) {
	t.Parallel()
	p := policy.Policy{Writes: policy.Activation}
	why, remedy := p.Refuses(table("lake", "prod", "orders"))
	require.Equal(t, backfill.RefusedProtected, why)
	require.Contains(t, remedy, "`policy: {writes: allow}`")
	why, _ = p.Refuses(&lineage.Node{ID: "activation.p.x_activation_daily", Name: "x_activation_daily", Type: lineage.TypeActivation})
	require.Empty(t, why)
	require.NoError(t, p.MayStart())
}

func TestDenialNamesTheLine(t *testing.T) {
	t.Parallel()
	for _, w := range []policy.Writes{"", policy.Deny, "alow"} {
		err := policy.Policy{Writes: w}.MayStart()
		require.Equal(t, fault.Blocked, fault.KindOf(err))
		require.ErrorContains(t, err, "`policy: {writes: activation}`")
	}
}

func TestLargePlansAreRefusedWithHowToSplitThem(t *testing.T) {
	t.Parallel()
	require.NoError(t, policy.Policy{MaxPairs: 500}.Fits(500))
	require.NoError(t, policy.Policy{}.Fits(1_000_000))
	err := policy.Policy{MaxPairs: 500}.Fits(1001)
	require.Equal(t, fault.Blocked, fault.KindOf(err))
	require.ErrorContains(t, err, "1001 pairs")
	require.ErrorContains(t, err, "about 3 plans")
}
