package lineage_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
)

func columnTest(of, kind, column string) *lineage.Node {
	id := "test.shop." + kind + "_" + of + "_" + column
	return &lineage.Node{
		ID: id, Name: strings.TrimPrefix(id, "test.shop."), Type: lineage.TypeTest, Package: "shop",
		Test: &lineage.Test{Kind: lineage.KindGeneric, Name: kind, Column: column, Attached: "model.shop." + of},
	}
}

func withColumns(n *lineage.Node, columns ...string) *lineage.Node {
	for _, c := range columns {
		n.Columns = append(n.Columns, lineage.Column{Name: c, Type: "INTEGER"})
	}
	return n
}

// world is a small project with one node of every kind that matters below stg.
func world() *lineage.Graph {
	contract, public, history, plain, fact := node("contract"), node("public"), node("history"), node("plain"), node("fact")
	contract.ContractEnforced, public.Access, public.Owner = true, "public", "team-b"
	history.Materialized = "incremental"
	withColumns(plain, "ID", "other")
	exposure := &lineage.Node{
		ID: "exposure.shop.board", Name: "board", Type: lineage.TypeExposure, Owner: "Ann <ann@shop.example>",
		Usage: &lineage.Usage{Kind: "dashboard", Maturity: "high", URL: "https://bi.example/1"},
	}
	output := &lineage.Node{ID: "activation.shop.visit_activation_daily", Name: "visit_activation_daily", Type: lineage.TypeActivation}
	onID, onOther := columnTest("stg", "not_null", "id"), columnTest("stg", "unique", "other")
	far := columnTest("plain", "not_null", "ID")
	relation := &lineage.Node{
		ID: "test.shop.relationships_plain", Name: "relationships_plain", Type: lineage.TypeTest,
		Test: &lineage.Test{
			Kind: lineage.KindGeneric, Name: "relationships", Column: "stg_id", Attached: "model.shop.plain",
			Kwargs: map[string]any{"to": "ref('stg')", "field": "id"},
		},
	}
	link := func(from string, to *lineage.Node) lineage.Edge { return lineage.Edge{From: from, To: to.ID} }
	return lineage.New("shop",
		[]*lineage.Node{withColumns(node("stg"), "id", "other"), contract, public, history, plain, fact, exposure, output, onID, onOther, far, relation},
		[]lineage.Edge{
			edge("stg", "contract"), edge("stg", "plain"), edge("plain", "public"), edge("plain", "history"), edge("stg", "fact"),
			link("model.shop.public", exposure), link("model.shop.fact", output), link("model.shop.stg", onID), link("model.shop.stg", onOther),
			link("model.shop.plain", far), link("model.shop.plain", relation), link("model.shop.stg", relation),
		})
}

func visit() lineage.ImpactFact {
	return lineage.ImpactFact{
		Name: "visit", Model: "model.shop.fact", Outputs: []string{"activation.shop.visit_activation_daily"},
		Roles: map[string]string{"id": "user"},
	}
}

func told(t *testing.T, m *lineage.Impact) []string {
	t.Helper()
	all, info, err := m.Page(1000, "")
	require.NoError(t, err)
	require.Equal(t, len(all), info.Total)
	lines := []string{}
	for _, a := range all {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %d %s %s %s", a.Severity, a.Distance, a.Name, a.Proof, a.Why)))
	}
	return lines
}

func TestImpactSaysWhatIsHitAndWhy(t *testing.T) {
	t.Parallel()
	m, err := world().Impact(lineage.ImpactRequest{Node: "model.shop.stg", Change: lineage.ChangeDrop, Facts: []lineage.ImpactFact{visit()}})
	require.NoError(t, err)
	require.Equal(t, []string{
		"critical 1 contract  Enforces a contract, so its build fails if its columns or types change; reads it and fails once it is gone.",
		"critical 3 board  Dashboard of high maturity outside dbt, which no dbt run checks; not refreshed while plain fails.",
		"high 1 fact  Carries fact visit; reads it and fails once it is gone.",
		"high 2 visit_activation_daily  Activation output; not refreshed while fact fails.",
		"high 2 public  Public: other projects may read it; not refreshed while plain fails.",
		"medium 1 plain  2 column tests; reads it and fails once it is gone.",
		"medium 2 history  Incremental: rows already built stay as they are until rebuilt; not refreshed while plain fails.",
		"info 1 not_null_stg_id  Reads it and fails once it is gone.",
		"info 1 relationships_plain  Reads it and fails once it is gone.",
		"info 1 unique_stg_other  Reads it and fails once it is gone.",
		"info 2 not_null_plain_ID  Not refreshed while plain fails.",
	}, told(t, m))
	require.Equal(t, map[lineage.Severity]int{"critical": 2, "high": 3, "medium": 2, "info": 4}, m.Severity)
	require.Equal(t, []lineage.AffectedExposure{{
		ID: "exposure.shop.board", Name: "board", Kind: "dashboard", Owner: "Ann <ann@shop.example>", URL: "https://bi.example/1", Distance: 3,
	}}, m.Exposures)
	require.Equal(t, []lineage.AffectedFact{{
		Name: "visit", Model: "model.shop.fact", Outputs: []string{"activation.shop.visit_activation_daily"}, Distance: 1,
		Why: "Its model is 1 step downstream; its active users may change.",
	}}, m.Facts)
	require.Equal(t, []lineage.AffectedOwner{{"Ann <ann@shop.example>", 1}, {"team-b", 1}}, m.Owners)
}

func TestAContractHoldsWhenOnlyValuesChange(t *testing.T) {
	t.Parallel()
	for _, change := range []lineage.Change{"", lineage.ChangeLogic, lineage.ChangeData} {
		m, err := world().Impact(lineage.ImpactRequest{Node: "model.shop.stg", Change: change})
		require.NoError(t, err)
		require.Contains(t, told(t, m),
			"high 1 contract  Enforces a contract, which checks names and types and not values; reads it: values may change.")
		require.NotContains(t, strings.Join(told(t, m), "\n"), "fails", "nothing fails for sure")
	}
}

func TestImpactOfAColumnProvesOnlyWhatIsDeclared(t *testing.T) {
	t.Parallel()
	m, err := world().Impact(lineage.ImpactRequest{Node: "model.shop.stg", Column: "ID", Change: lineage.ChangeRename})
	require.NoError(t, err)
	require.Equal(t, "id", m.Column, "as the project spells it")
	lines := told(t, m)
	require.Contains(t, lines, "info 1 not_null_stg_id proved Tests this column and fails without it.")
	require.Contains(t, lines, "info 1 relationships_plain proved Tests this column and fails without it.")
	require.Contains(t, lines, "medium 1 plain hinted 2 column tests; has a column id, and so has every node between: a hint that it is passed on, then it may fail.")
	require.Contains(t, lines, "critical 3 board possible Dashboard of high maturity outside dbt, which no dbt run checks; depends on the node; if on this column, it may fail.")
	require.NotContains(t, strings.Join(lines, "\n"), "unique_stg_other", "a unique test reads its own column only")
	require.Equal(t, []string{
		"Columns are not followed through SQL: proved is what declares that it reads the column (a test, a fact); everything else downstream may or may not.",
		"Left out because they read other columns only: 1 test.",
	}, m.Notes)
}

func TestImpactOfAFactsColumn(t *testing.T) {
	t.Parallel()
	for column, want := range map[string]struct{ proof, fact string }{
		"id":  {"proved", "The column is its user column."},
		"foo": {"possible", "Its model has the column, and the fact does not use it; its rows may still be chosen by it."},
	} {
		m, err := world().Impact(lineage.ImpactRequest{Node: "model.shop.fact", Column: column, Facts: []lineage.ImpactFact{visit()}})
		require.NoError(t, err)
		affected, _, err := m.Page(0, "")
		require.NoError(t, err)
		require.Len(t, affected, 1)
		require.EqualValues(t, want.proof, affected[0].Proof)
		require.Equal(t, want.fact, m.Facts[0].Why)
		require.Contains(t, m.Notes[0], "whether it exists was not checked")
	}
}

func TestImpactRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	g := world()
	for name, c := range map[string]struct {
		request lineage.ImpactRequest
		kind    fault.Kind
		says    string
	}{
		"unknown node":   {lineage.ImpactRequest{Node: "model.shop.stgg"}, fault.NotFound, "model.shop.stg"},
		"unknown change": {lineage.ImpactRequest{Node: "model.shop.stg", Change: "delete"}, fault.Invalid, "drop, rename, type, logic, data"},
		"unknown column": {lineage.ImpactRequest{Node: "model.shop.stg", Column: "othr"}, fault.Invalid, "other"},
		"depth below 0":  {lineage.ImpactRequest{Node: "model.shop.stg", Depth: -1}, fault.Invalid, "depth"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := g.Impact(c.request)
			require.Equal(t, c.kind, fault.KindOf(err))
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestResolveColumn(t *testing.T) {
	t.Parallel()
	source := &lineage.Node{
		ID: "source.shop.raw.orders", Name: "orders", Type: lineage.TypeSource, Package: "shop", Relation: `"db"."raw"."orders"`,
		Source: &lineage.Source{Name: "raw"},
	}
	g := lineage.New("shop", []*lineage.Node{node("stg"), source}, nil)
	for ref, want := range map[string][2]string{
		"stg":                {"model.shop.stg", ""},
		"stg.id":             {"model.shop.stg", "id"},
		"model.shop.stg.id":  {"model.shop.stg", "id"},
		"shop.stg":           {"model.shop.stg", ""},
		"raw.orders":         {"source.shop.raw.orders", ""},
		"raw.orders.user_id": {"source.shop.raw.orders", "user_id"},
		"db.RAW.orders.x":    {"source.shop.raw.orders", "x"},
	} {
		n, column, err := g.ResolveColumn(ref)
		require.NoError(t, err, ref)
		require.Equal(t, want, [2]string{n.ID, column}, ref)
	}
	_, _, err := g.ResolveColumn("stgg.id")
	require.Equal(t, fault.NotFound, fault.KindOf(err))
	require.ErrorContains(t, err, "stgg")
	g = lineage.New("shop", []*lineage.Node{node("customers")}, nil)
	_, _, err = g.ResolveColumn("custmers.loyalty_points")
	require.Equal(t, fault.NotFound, fault.KindOf(err))
	require.ErrorContains(t, err, `No node is called "custmers". Did you mean customers?`)
}

// What is affected is what a trace downstream finds; each path is the one that ShortestPath gives; pages join to the whole.
func TestImpactIsTheDownstream(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, _ := randomGraph(t, rapid.Bool().Draw(t, "cyclic"))
		start := rapid.SampledFrom(g.Nodes()).Draw(t, "start").ID
		depth := rapid.IntRange(0, 4).Draw(t, "depth")
		m, err := g.Impact(lineage.ImpactRequest{Node: start, Depth: depth})
		require.NoError(t, err)
		whole, _, err := m.Page(1000, "")
		require.NoError(t, err)
		trace, err := g.Trace(lineage.TraceRequest{Node: start, Direction: lineage.Downstream, Depth: depth})
		require.NoError(t, err)
		var found, reached []string
		for _, a := range whole {
			found = append(found, fmt.Sprint(a.ID, a.Distance))
			require.Equal(t, g.ShortestPath(start, a.ID), a.Path)
		}
		for _, n := range trace.Nodes[1:] {
			reached = append(reached, fmt.Sprint(n.ID, n.Distance))
		}
		require.ElementsMatch(t, reached, found)

		limit := rapid.IntRange(1, 5).Draw(t, "limit")
		joined := []lineage.Affected{}
		for cursor := ""; ; {
			some, info, err := m.Page(limit, cursor)
			require.NoError(t, err)
			joined = append(joined, some...)
			if cursor = info.NextCursor; cursor == "" {
				break
			}
		}
		require.Equal(t, whole, joined)
	})
}

// An answer never holds null where a list is meant.
func TestImpactOfALeafIsEmptyAndSaysSo(t *testing.T) {
	t.Parallel()
	m, err := world().Impact(lineage.ImpactRequest{Node: "exposure.shop.board"})
	require.NoError(t, err)
	affected, info, err := m.Page(0, "")
	require.NoError(t, err)
	require.Zero(t, info.Total)
	text, err := json.Marshal([]any{affected, m.Exposures, m.Facts, m.Owners, m.Notes, m.Severity})
	require.NoError(t, err)
	require.NotContains(t, string(text), "null")
	require.Equal(t, []string{"Nothing in the project depends on board."}, m.Notes)
}
