package lineage_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
)

// drawPart draws a selector for a graph of randomGraph.
func drawPart(t *rapid.T, label string) string {
	prefix := rapid.SampledFrom([]string{"", "+", "1+", "2+", "@"}).Draw(t, label+" prefix")
	core := rapid.SampledFrom([]string{"n00", "n03", "n0*", "tag:x", "tag:[yz]", "resource_type:test", "shop.n1?", "nothing"}).Draw(t, label)
	suffix := ""
	if prefix != "@" {
		suffix = rapid.SampledFrom([]string{"", "+", "+1"}).Draw(t, label+" suffix")
	}
	return prefix + core + suffix
}

func choose(t require.TestingT, g *lineage.Graph, r lineage.SelectRequest) []string {
	nodes, _, err := g.Select(r)
	require.NoError(t, err)
	return names(nodes)
}

// Without indirect selection a space is the union, a comma the intersection and exclude the difference of sets.
func TestSelectIsSetAlgebra(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, _ := randomGraph(t, rapid.Bool().Draw(t, "cyclic"))
		a, b := drawPart(t, "a"), drawPart(t, "b")
		ask := func(sel, exclude string) []string {
			return choose(t, g, lineage.SelectRequest{Select: sel, Exclude: exclude, Indirect: lineage.Empty})
		}
		inA, inB := ask(a, ""), ask(b, "")
		union := slices.Compact(slices.Sorted(slices.Values(slices.Concat(inA, inB))))
		both := slices.DeleteFunc(slices.Clone(inA), func(n string) bool { return !slices.Contains(inB, n) })
		require.ElementsMatch(t, union, ask(a+" "+b, ""))
		require.ElementsMatch(t, both, ask(a+","+b, ""))
		require.ElementsMatch(t, diff(inA, inB), ask(a, b))
		require.Equal(t, ask(a+" "+b, ""), ask(b+" "+a, ""))
		require.Empty(t, ask(a, a))
	})
}

// The four ways are ordered: each brings the tests of the one before it and perhaps more, and all agree on the rest.
func TestIndirectSelectionGrows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, _ := randomGraph(t, false)
		sel := drawPart(t, "a") + rapid.SampledFrom([]string{" ", ","}).Draw(t, "operator") + drawPart(t, "b")
		var before []string
		for _, mode := range []lineage.Indirect{lineage.Cautious, lineage.Buildable, lineage.Eager} {
			now := choose(t, g, lineage.SelectRequest{Select: sel, Indirect: mode})
			require.Empty(t, diff(before, now), mode)
			before = now
		}
	})
}

func TestGraphOperatorsEqualTrace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, _ := randomGraph(t, rapid.Bool().Draw(t, "cyclic"))
		n := rapid.SampledFrom(g.Nodes()).Draw(t, "node")
		for sel, direction := range map[string]lineage.Direction{
			"+" + n.Name: lineage.Upstream, n.Name + "+": lineage.Downstream, "+" + n.Name + "+": lineage.Both,
		} {
			trace, err := g.Trace(lineage.TraceRequest{Node: n.ID, Direction: direction})
			require.NoError(t, err)
			var want []string
			for _, x := range trace.Nodes {
				want = append(want, x.Name)
			}
			require.ElementsMatch(t, want, choose(t, g, lineage.SelectRequest{Select: sel, Indirect: lineage.Empty}))
		}
	})
}

func TestSelectWarnsWhatWasProbablyMeant(t *testing.T) {
	t.Parallel()
	g := lineage.New("shop", []*lineage.Node{node("orders"), node("customers")}, nil)
	for sel, want := range map[string][]string{
		"orders, customers": {`"orders," matches nothing. A space separates alternatives, also after a comma. ` +
			`Write "orders,customers" for what both select, "orders customers" for what either selects.`},
		"orders,":           {`"orders," matches nothing. Nothing follows the comma. Write "orders" alone, or a,b for what both select.`},
		",orders":           {`",orders" matches nothing. A comma wants a part on both sides: a,b is what both select.`},
		"orders  customers": {`"" matches nothing. There is a space too many: parts are separated by single spaces.`},
		"orders,customers":  {`"orders,customers" matches nothing. No node is selected by all of its parts.`},
		"+costumers":        {`"+costumers" matches nothing. Did you mean customers?`},
		"package:shoop x":   {`"package:shoop" matches nothing. Did you mean shop?`, `"x" matches nothing.`},
		"tag:nightly":       {`"tag:nightly" matches nothing.`},
	} {
		_, warnings, err := g.Select(lineage.SelectRequest{Select: sel})
		require.NoError(t, err, sel)
		require.Equal(t, want, warnings, sel)
	}
	_, warnings, err := g.Select(lineage.SelectRequest{Exclude: "nothing"})
	require.NoError(t, err)
	require.Len(t, warnings, 1, "an exclude that excludes nothing is said, too")
}

func TestSelectHintsAtCommonSlips(t *testing.T) {
	t.Parallel()
	orders := node("orders")
	orders.Tags, orders.Path, orders.Access, orders.Group = []string{"nightly"}, "models/marts/orders.sql", "public", "growth"
	orders.Config = map[string]any{"materialized": "table", "tags": []any{"nightly"}}
	raw := &lineage.Node{ID: "source.shop.raw.events", Name: "events", Type: lineage.TypeSource, Source: &lineage.Source{Name: "raw"}}
	audit := &lineage.Node{ID: "analysis.shop.audit", Name: "audit", Type: lineage.TypeAnalysis, FQN: []string{"shop", "audit"}}
	g := lineage.New("shop", []*lineage.Node{orders, node("customers"), raw, audit}, nil)
	for _, c := range []struct {
		sel, hint string
		before    *lineage.Before
	}{
		{"orders and customers", "Write a comma without spaces for and", nil},
		{"orders or customers", "a space is or already", nil},
		{"orders --exclude customers", "give exclude as an argument of its own", nil},
		{"+ orders", "The operator stands alone", nil},
		{"raw.events", `write "source:raw.events"`, nil},
		{"events+", `write "source:raw.events"`, nil},
		{"tag:", "Nothing follows the colon", nil},
		{"tag::nightly", "a colon too many", nil},
		{"tag.a:x", "Only config takes a key after a dot", nil},
		{"config:table", "config wants a key", nil},
		{"config.materialized:TABLE", "Did you mean table?", nil},
		{"config.materialized:tab*", "config takes no wildcards. Did you mean table?", nil},
		{"config.tags:nightl", "Did you mean nightly?", nil},
		{"access:pub*", "access takes no wildcards. Did you mean public?", nil},
		{"file:ORDERS.sq*", "Capital letters count: there is orders.sql", nil},
		{"path:models/mart", "Did you mean models/marts", nil},
		{"orders,tag:nightli", `Of its parts "tag:nightli" matches nothing by itself. Did you mean nightly?`, nil},
		{"orders,customers", "No node is selected by all of its parts", nil},
		{"audit", "selects only nodes of type analysis, which a selection leaves out by default", nil},
		{"result:eror", "Did you mean error?", &lineage.Before{Results: map[string]string{orders.ID: "error"}}},
		{"state:modified", "Nothing differs from the earlier manifest", &lineage.Before{Graph: g}},
	} {
		_, warnings, err := g.Select(lineage.SelectRequest{Select: c.sel, Before: c.before})
		require.NoError(t, err, c.sel)
		require.Len(t, warnings, 1, c.sel)
		require.Contains(t, warnings[0], c.hint, c.sel)
	}
}

func TestSelectRefusesAndTeaches(t *testing.T) {
	t.Parallel()
	g := lineage.New("shop", []*lineage.Node{node("orders")}, nil)
	for _, c := range []struct {
		request lineage.SelectRequest
		says    string
	}{
		{lineage.SelectRequest{Select: "tags:x"}, `"tags" in "tags:x" is no selector method. Did you mean tag?`},
		{lineage.SelectRequest{Select: "@orders+"}, `"@orders+" has @ before and + after`},
		{lineage.SelectRequest{Select: "resource_type:models"}, `Did you mean model?`},
		{lineage.SelectRequest{ResourceTypes: []string{"modell"}}, `"modell" is no resource type. Did you mean model?`},
		{lineage.SelectRequest{Indirect: "cautios"}, `Did you mean cautious?`},
		{lineage.SelectRequest{Select: "path:/models"}, "is absolute"},
		{lineage.SelectRequest{Select: "path:mod**/x"}, "** stands alone"},
		{lineage.SelectRequest{Select: "result:error"}, "there is none"},
		{lineage.SelectRequest{Select: "a\nb"}, "line break"},
		{lineage.SelectRequest{Exclude: "version:newest"}, "Valid are: latest, prerelease, old, none"},
	} {
		_, _, err := g.Select(c.request)
		require.Error(t, err, c.request)
		require.Equal(t, fault.Invalid, fault.KindOf(err), c.request)
		require.Contains(t, err.Error(), c.says)
	}
}

func TestSelectTakesActivationNodesAlong(t *testing.T) {
	t.Parallel()
	out := &lineage.Node{
		ID: "activation.shop.visit_daily", Name: "visit_daily", Type: lineage.TypeActivation, Package: "shop", FQN: []string{"shop", "visit_daily"},
	}
	g := lineage.New("shop", []*lineage.Node{node("fct")}, nil).With([]*lineage.Node{out}, []lineage.Edge{{From: "model.shop.fct", To: out.ID}})
	require.Equal(t, []string{"visit_daily", "fct"}, choose(t, g, lineage.SelectRequest{Select: "fct+"}))
	require.Equal(t, []string{"visit_daily"}, choose(t, g, lineage.SelectRequest{Select: "visit*", ResourceTypes: []string{"activation"}}))
	require.Equal(t, []string{"fct"}, choose(t, g, lineage.SelectRequest{Exclude: "resource_type:activation"}))
}
