package lineage_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/lineage"
)

// table is a model of a package, built as a relation.
func table(pkg, name, relation string) *lineage.Node {
	return &lineage.Node{
		ID: "model." + pkg + "." + name, Name: name, Type: lineage.TypeModel, Package: pkg, Relation: relation,
	}
}

func sourceOf(pkg, name, relation string) *lineage.Node {
	return &lineage.Node{
		ID: "source." + pkg + ".raw." + name, Name: name, Type: lineage.TypeSource, Package: pkg, Relation: relation,
		Source: &lineage.Source{Name: "raw"},
	}
}

func link(from, to *lineage.Node) lineage.Edge { return lineage.Edge{From: from.ID, To: to.ID} }

func project(name string, nodes []*lineage.Node, edges ...lineage.Edge) lineage.Project {
	return lineage.Project{Name: name, Graph: lineage.New(name, nodes, edges)}
}

func TestASourceThatAnotherProjectBuildsIsTheSameTable(t *testing.T) {
	t.Parallel()
	orders, raw := table("core", "orders", `"DB"."Main"."ORDERS"`), sourceOf("core", "log", `"db"."raw"."log"`)
	source, report := sourceOf("finance", "orders", "`db`.`main`.`orders`"), table("finance", "report", `"db"."fin"."report"`)
	g := lineage.Stitch(project("finance", []*lineage.Node{source, report}, link(source, report)),
		[]lineage.Project{project("core", []*lineage.Node{orders, raw}, link(raw, orders))})

	require.Empty(t, g.Problems())
	require.Equal(t, "finance", g.Project())
	require.Equal(t, []string{raw.ID, orders.ID, source.ID, report.ID}, g.ShortestPath(raw.ID, report.ID))
	projects := map[string]string{}
	for _, n := range g.Nodes() {
		projects[n.Name+" "+string(n.Type)] = n.Project
	}
	require.Equal(t, map[string]string{"orders model": "core", "log source": "core", "orders source": "finance", "report model": "finance"}, projects)
	require.Empty(t, orders.Project, "nodes of the project's own graph stay as they are")
	m, err := g.Impact(lineage.ImpactRequest{Node: raw.ID})
	require.NoError(t, err)
	require.Len(t, m.Nodes(), 3)
}

func TestARelationMapNamesWhatEnvironmentsNameDifferently(t *testing.T) {
	t.Parallel()
	source := sourceOf("finance", "orders", "dev.main.orders")
	here := project("finance", []*lineage.Node{source})
	for name, c := range map[string]struct {
		relation string
		mapped   map[string]string
		crosses  bool
	}{
		"the whole relation":       {"prod.public.orders_v2", map[string]string{`"PROD".public.orders_v2`: "dev.main.orders"}, true},
		"database and schema":      {"prod.public.orders", map[string]string{"prod.public": "dev.main"}, true},
		"the database":             {"prod.main.orders", map[string]string{"prod": "dev"}, true},
		"the longest goes first":   {"prod.public.orders", map[string]string{"prod": "elsewhere", "prod.public": "dev.main"}, true},
		"only at a dot":            {"production.main.orders", map[string]string{"prod": "dev"}, false},
		"nothing without being so": {"prod.main.orders", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			there := project("core", []*lineage.Node{table("core", "orders", c.relation)})
			there.RelationMap = c.mapped
			g := lineage.Stitch(here, []lineage.Project{there})
			require.Equal(t, c.crosses, len(g.Parents(source.ID)) == 1)
			require.Equal(t, c.crosses, !slices.ContainsFunc(g.Problems(), func(p string) bool {
				return p == "project core shares no relation with the others, so no edge crosses to it; "+
					"where environments name databases or schemas differently, say so in its relation_map"
			}), "%v", g.Problems())
		})
	}
	there := project("core", []*lineage.Node{table("core", "orders", "dev.main.orders")})
	there.RelationMap = map[string]string{"gone.main": "dev.main"}
	require.Equal(t, []string{"relation_map of project core names gone.main, and no relation there begins so"},
		lineage.Stitch(here, []lineage.Project{there}).Problems())
}

// A package that two projects install is built twice; a source that both read, and a model that one only refers to, is not.
func TestIDsThatSeveralProjectsHave(t *testing.T) {
	t.Parallel()
	raw := sourceOf("zendesk", "ticket", "db.raw.ticket")
	build := func(pkg, schema string) (lineage.Project, *lineage.Node) {
		tickets := table("zendesk", "tickets", "db."+schema+".tickets")
		tested := &lineage.Node{
			ID: "test.zendesk.t", Name: "t", Type: lineage.TypeTest, Package: "zendesk", Test: &lineage.Test{Attached: tickets.ID},
		}
		return project(pkg, []*lineage.Node{raw, tickets, tested}, link(raw, tickets), link(tickets, tested)), tickets
	}
	shop, tickets := build("shop", "shop")
	finance, _ := build("finance", "fin")
	g := lineage.Stitch(shop, []lineage.Project{finance})
	require.Equal(t, []string{"2 nodes of package zendesk in project finance are not those of another project with the same ids: " +
		"their ids end in @finance, like model.zendesk.tickets@finance"}, g.Problems())
	require.Equal(t, []string{"tickets", "tickets"}, names(g.Children(raw.ID)))
	other, ok := g.Node(tickets.ID + "@finance")
	require.True(t, ok)
	require.Equal(t, "finance", other.Project)
	test, ok := g.Node("test.zendesk.t@finance")
	require.True(t, ok)
	require.Equal(t, other.ID, test.Test.Attached)
	require.Equal(t, []string{"t"}, names(g.Children(other.ID)))

	stub, whole := table("core", "orders", "db.main.orders"), table("core", "orders", "db.main.orders")
	whole.RawCode = "select 1"
	report, log := table("shop", "report", "db.shop.report"), sourceOf("core", "log", "db.raw.log")
	g = lineage.Stitch(project("shop", []*lineage.Node{stub, report}, link(stub, report)),
		[]lineage.Project{project("core", []*lineage.Node{whole, log}, link(log, whole))})
	require.Empty(t, g.Problems())
	n, _ := g.Node(whole.ID)
	require.Equal(t, "select 1", n.RawCode, "the project of a node's own package defines it")
	require.Equal(t, "core", n.Project)
	require.Len(t, g.ShortestPath(log.ID, report.ID), 3)
}

func TestTwoProjectsThatBuildOneRelationAreReported(t *testing.T) {
	t.Parallel()
	source := sourceOf("shop", "orders", "db.main.orders")
	broken := lineage.Project{Name: "b", Graph: lineage.New("b", []*lineage.Node{table("b", "orders", "DB.MAIN.ORDERS")},
		[]lineage.Edge{{From: "model.b.gone", To: "model.b.orders"}})}
	g := lineage.Stitch(project("shop", []*lineage.Node{source}),
		[]lineage.Project{project("a", []*lineage.Node{table("a", "orders", "db.main.orders")}), broken})
	require.Equal(t, []string{
		"db.main.orders is built by model.a.orders of project a and by model.b.orders of project b: each overwrites the other",
		"project b: model.b.orders depends on model.b.gone, which is not in the project: the edge is dropped",
	}, g.Problems())
	require.Len(t, g.Parents(source.ID), 2)
}

// Nothing is lost and nothing invented: every edge of each project is in the whole, and what is more crosses between projects.
func TestStitchingKeepsEveryProjectsEdges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		relation := func(who string) string {
			return "db.main.t" + rapid.StringMatching("[a-d]").Draw(t, "table of "+who)
		}
		var projects []lineage.Project
		inner := map[lineage.Edge]bool{}
		for k := range rapid.IntRange(2, 4).Draw(t, "projects") {
			pkg := fmt.Sprintf("p%d", k)
			source, model := sourceOf(pkg, "s", relation(pkg)), table(pkg, "m", relation(pkg))
			inner[link(source, model)] = true
			projects = append(projects, project(pkg, []*lineage.Node{source, model}, link(source, model)))
		}
		g := lineage.Stitch(projects[0], projects[1:])
		require.Equal(t, 2*len(projects), g.Len())
		for _, e := range g.Edges() {
			from, _ := g.Node(e.From)
			to, _ := g.Node(e.To)
			if !inner[e] {
				require.Equal(t, from.Relation, to.Relation)
				require.NotEqual(t, from.Project, to.Project)
				require.Equal(t, lineage.TypeSource, to.Type)
			}
			delete(inner, e)
		}
		require.Empty(t, inner)
		again := lineage.Stitch(projects[0], projects[1:])
		require.Equal(t, g.Problems(), again.Problems())
	})
}
