package lineage_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
)

// everyChange compares without a limit.
func everyChange(t require.TestingT, base, current *lineage.Graph) []lineage.NodeChange {
	var all []lineage.NodeChange
	r := lineage.CompareRequest{Limit: 1000}
	for {
		c, err := lineage.Compare(base, current, r)
		require.NoError(t, err)
		all = append(all, c.Changes...)
		if r.Cursor = c.NextCursor; r.Cursor == "" {
			require.Len(t, all, c.Total)
			return all
		}
	}
}

// requireAgreement: what is said to be modified for dbt's state is what state:modified selects, what was added is what
// state:new selects, and a graph does not differ from itself.
func requireAgreement(t *testing.T, base, current *lineage.Graph) {
	t.Helper()
	require.Empty(t, everyChange(t, base, base))
	selected := func(state string) []string {
		nodes, _, err := current.Select(lineage.SelectRequest{
			Select: state, ResourceTypes: []string{"all"}, Indirect: lineage.Empty, Before: &lineage.Before{Graph: base},
		})
		require.NoError(t, err)
		return idsOf(nodes)
	}
	modified, added := []string{}, []string{}
	for _, c := range everyChange(t, base, current) {
		require.NotEmpty(t, c.Why)
		if c.StateModified {
			modified = append(modified, c.ID)
		}
		switch c.Change {
		case lineage.Added:
			added = append(added, c.ID)
		case lineage.Removed:
			n, there := current.Node(c.ID)
			_, was := base.Node(c.ID)
			require.True(t, was && (!there || n.Config["enabled"] == false), c.ID)
		case lineage.Modified:
			require.NotEmpty(t, c.Reasons)
		}
	}
	slices.Sort(modified)
	require.Equal(t, selected("state:modified"), modified)
	slices.Sort(added)
	require.Equal(t, selected("state:new"), added)
}

// A chain of models over a source, with an exposure at its end, and a test.
func chain() ([]*lineage.Node, []lineage.Edge) {
	nodes := []*lineage.Node{
		{ID: "source.p.raw.events", Name: "events", Type: lineage.TypeSource, Source: &lineage.Source{Name: "raw"}},
		{ID: "exposure.p.board", Name: "board", Type: lineage.TypeExposure},
		{ID: "test.p.not_null", Name: "not_null", Type: lineage.TypeTest, Test: &lineage.Test{Kind: lineage.KindGeneric}},
	}
	edges := []lineage.Edge{{From: "source.p.raw.events", To: "model.p.m0"}}
	for i := range 5 {
		id := fmt.Sprintf("model.p.m%d", i)
		columns := []lineage.Column{{Name: "id", Type: "INTEGER"}, {Name: "at", Type: "TIMESTAMP"}}
		nodes = append(nodes, &lineage.Node{
			ID: id, Name: fmt.Sprintf("m%d", i), Type: lineage.TypeModel, FQN: []string{"p", "a", fmt.Sprintf("m%d", i)}, RawCode: "select 1",
			Materialized: "table", Access: "protected", Columns: columns, Observed: len(columns), Tags: []string{"x", "y"}, Language: "sql",
		})
		if i > 0 {
			edges = append(edges, lineage.Edge{From: fmt.Sprintf("model.p.m%d", i-1), To: id})
		}
	}
	return nodes, append(edges, lineage.Edge{From: "model.p.m4", To: "exposure.p.board"}, lineage.Edge{From: "model.p.m2", To: "test.p.not_null"})
}

// mutation is an edit of one kind with what it is to be reported as.
type mutation struct {
	name     string
	edit     func(n *lineage.Node)
	reason   lineage.Reason
	category lineage.Category
	state    bool // dbt's state:modified sees it
}

func mutations() []mutation {
	return []mutation{
		{"body", func(n *lineage.Node) { n.RawCode = "select 2" }, lineage.ReasonBody, lineage.CategoryUnknown, true},
		{"line ends", func(n *lineage.Node) { n.State.Body = 7 }, lineage.ReasonBody, lineage.CategoryUnknown, true},
		{"config", func(n *lineage.Node) { n.State.Config = 7 }, lineage.ReasonConfigs, lineage.CategoryUnknown, true},
		{"relation", func(n *lineage.Node) { n.State.Place = 7 }, lineage.ReasonRelation, lineage.CategoryUnknown, true},
		{"path", func(n *lineage.Node) { n.FQN = []string{"p", "b", n.Name} }, lineage.ReasonPath, lineage.CategoryMetadata, true},
		{"docs", func(n *lineage.Node) { n.State.Notes = 7 }, lineage.ReasonDocs, lineage.CategoryMetadata, true},
		{"description", func(n *lineage.Node) { n.Description = "new" }, lineage.ReasonDescriptions, lineage.CategoryMetadata, false},
		{"column description", func(n *lineage.Node) { n.State.Columns = 7 }, lineage.ReasonDescriptions, lineage.CategoryMetadata, false},
		{"tags", func(n *lineage.Node) { n.Tags = []string{"x"} }, lineage.ReasonTags, lineage.CategoryMetadata, false},
		{"meta", func(n *lineage.Node) { n.Meta = map[string]any{"a": 1.0} }, lineage.ReasonMeta, lineage.CategoryMetadata, false},
		{"public", func(n *lineage.Node) { n.Access = "public" }, lineage.ReasonAccess, lineage.CategoryMetadata, true},
		{"private", func(n *lineage.Node) { n.Access = "private" }, lineage.ReasonAccess, lineage.CategoryUnknown, true},
		{"latest version", func(n *lineage.Node) { n.Latest = "2" }, lineage.ReasonVersion, lineage.CategoryUnknown, true},
		{"deprecation", func(n *lineage.Node) { n.State.Rest = 7 }, lineage.ReasonDeprecation, lineage.CategoryMetadata, true},
		{"a column more", func(n *lineage.Node) {
			n.Columns = append(slices.Clone(n.Columns), lineage.Column{Name: "amount", Type: "DOUBLE"})
			n.Observed = 3
		}, lineage.ReasonColumns, lineage.CategoryNonBreaking, false},
		{"a column less", func(n *lineage.Node) { n.Columns, n.Observed = n.Columns[:1], 1 }, lineage.ReasonColumns, lineage.CategoryBreaking, false},
		{"another type", func(n *lineage.Node) {
			n.Columns = []lineage.Column{{Name: "ID", Type: "BIGINT"}, n.Columns[1]}
		}, lineage.ReasonColumns, lineage.CategoryBreaking, false},
	}
}

// An edit of one kind to one node is reported as exactly that, whatever other nodes there are; what is downstream is counted.
func TestCompareReportsExactlyTheEdit(t *testing.T) {
	t.Parallel()
	all := mutations()
	rapid.Check(t, func(t *rapid.T) {
		nodes, edges := chain()
		base := lineage.New("p", nodes, edges)
		i := rapid.IntRange(0, 4).Draw(t, "model")
		m := rapid.SampledFrom(all).Draw(t, "edit")
		at := slices.IndexFunc(nodes, func(n *lineage.Node) bool { return n.Name == fmt.Sprintf("m%d", i) })
		changed := *nodes[at]
		m.edit(&changed)
		nodes = slices.Clone(nodes)
		nodes[at] = &changed
		c, err := lineage.Compare(base, lineage.New("p", nodes, edges), lineage.CompareRequest{})
		require.NoError(t, err)
		require.Len(t, c.Changes, 1, m.name)
		got := c.Changes[0]
		require.Equal(t, changed.ID, got.ID)
		require.Equal(t, lineage.Modified, got.Change)
		require.Equal(t, []lineage.Reason{m.reason}, got.Reasons, m.name)
		require.Equal(t, m.category, got.Category, m.name)
		require.Equal(t, m.state, got.StateModified, m.name)
		require.Equal(t, 1, c.ByCategory[m.category])
		if m.category != lineage.CategoryMetadata {
			require.Equal(t, 5-i, got.Affected, "the models below and the exposure, not the test")
			require.Equal(t, []string{"board"}, got.Exposures)
		}
	})
}

func TestCompareMacrosPersistedDocsAndContracts(t *testing.T) {
	t.Parallel()
	nodes, edges := chain()
	model := func(edit func(n *lineage.Node)) *lineage.Graph {
		out := slices.Clone(nodes)
		n := *nodes[3]
		edit(&n)
		out[3] = &n
		return lineage.New("p", out, edges)
	}
	macros := func(a, b uint64) map[string]lineage.Macro {
		return map[string]lineage.Macro{"macro.p.a": {Sum: a, Needs: []string{"macro.p.b"}}, "macro.p.b": {Sum: b}, "macro.p.c": {Sum: 1}}
	}
	contract := func(sum uint64, columns ...lineage.Column) func(n *lineage.Node) {
		return func(n *lineage.Node) {
			n.Contract, n.State.Contract, n.Observed = &lineage.Contract{Columns: columns}, sum, 0
		}
	}
	id, name := lineage.Column{Name: "id", Type: "int"}, lineage.Column{Name: "name", Type: "varchar(10)"}
	persist := func(description string) func(n *lineage.Node) {
		return func(n *lineage.Node) {
			n.Description, n.Config = description, map[string]any{"persist_docs": map[string]any{"relation": true}}
		}
	}
	calls := func(id string) func(n *lineage.Node) {
		return func(n *lineage.Node) { n.State.Macros = []string{id} }
	}
	compiled := func(raw string) func(n *lineage.Node) {
		return func(n *lineage.Node) { n.RawCode, n.CompiledCode = raw, "select 1" }
	}
	plain := func(*lineage.Node) {}
	for _, c := range []struct {
		name          string
		base, current *lineage.Graph
		reason        lineage.Reason
		category      lineage.Category
	}{
		{"an inner macro", model(calls("macro.p.a")).WithMacros(macros(1, 1)), model(calls("macro.p.a")).WithMacros(macros(1, 2)), lineage.ReasonMacros, lineage.CategoryUnknown},
		{"persisted", model(persist("a")), model(persist("b")), lineage.ReasonPersisted, lineage.CategoryMetadata},
		{"contract dropped", model(contract(1, id)), model(func(n *lineage.Node) { n.Observed = 0 }), lineage.ReasonContract, lineage.CategoryBreaking},
		{"contract new", model(plain), model(contract(1, id)), lineage.ReasonContract, lineage.CategoryUnknown},
		{"contract column gone", model(contract(1, id, name)), model(contract(2, id)), lineage.ReasonContract, lineage.CategoryBreaking},
		{"contract column added", model(contract(1, id)), model(contract(2, id, name)), lineage.ReasonContract, lineage.CategoryNonBreaking},
		{"contract column retyped", model(contract(1, name)), model(contract(2, lineage.Column{Name: "name", Type: "text"})), lineage.ReasonContract, lineage.CategoryBreaking},
		{"contract column longer", model(contract(1, name)), model(contract(2, lineage.Column{Name: "name", Type: "VARCHAR(20)"})), lineage.ReasonContract, lineage.CategoryNonBreaking},
		{"compiled the same", model(compiled("{{ a }}")), model(compiled("{{ b }}")), lineage.ReasonBody, lineage.CategoryMetadata},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all := everyChange(t, c.base, c.current)
			require.Len(t, all, 1)
			require.Equal(t, []lineage.Reason{c.reason}, all[0].Reasons)
			require.Equal(t, c.category, all[0].Category, all[0].Why)
			require.True(t, all[0].StateModified)
		})
	}
	other := model(calls("macro.p.c")).WithMacros(macros(1, 2))
	require.Empty(t, everyChange(t, model(calls("macro.p.c")).WithMacros(macros(1, 1)), other), "a macro that it does not call")
}

func TestCompareRemovedNodes(t *testing.T) {
	t.Parallel()
	nodes, edges := chain()
	base := lineage.New("p", nodes, edges)
	without := func(ids ...string) *lineage.Graph {
		left := slices.DeleteFunc(slices.Clone(nodes), func(n *lineage.Node) bool { return slices.Contains(ids, n.ID) })
		return lineage.New("p", left, slices.DeleteFunc(slices.Clone(edges), func(e lineage.Edge) bool {
			return slices.Contains(ids, e.From) || slices.Contains(ids, e.To)
		}))
	}
	categories := func(ids ...string) map[string]lineage.Category {
		out := map[string]lineage.Category{}
		for _, c := range everyChange(t, base, without(ids...)) {
			require.Equal(t, lineage.Removed, c.Change)
			out[c.ID] = c.Category
		}
		return out
	}
	require.Equal(t, map[string]lineage.Category{"model.p.m2": lineage.CategoryBreaking}, categories("model.p.m2"))
	require.Equal(t, map[string]lineage.Category{"model.p.m4": lineage.CategoryBreaking}, categories("model.p.m4"), "an exposure uses it")
	require.Equal(t, map[string]lineage.Category{
		"model.p.m3": lineage.CategoryUnknown, "model.p.m4": lineage.CategoryUnknown, "exposure.p.board": lineage.CategoryMetadata,
	}, categories("model.p.m3", "model.p.m4", "exposure.p.board"), "consumers that are gone with it do not count")

	c, err := lineage.Compare(base, without("model.p.m2"), lineage.CompareRequest{Select: lineage.SelectRequest{Select: "m2"}})
	require.NoError(t, err)
	require.Len(t, c.Changes, 1, "a removed node is selected where it was")
	require.Equal(t, 3, c.Changes[0].Affected)
	require.Empty(t, c.Warnings)
	c, err = lineage.Compare(base, without("model.p.m2"), lineage.CompareRequest{Select: lineage.SelectRequest{Select: "m3 nosuch"}})
	require.NoError(t, err)
	require.Empty(t, c.Changes)
	require.Len(t, c.Warnings, 1)
	_, err = lineage.Compare(nil, base, lineage.CompareRequest{})
	require.Equal(t, fault.Invalid, fault.KindOf(err))
}
