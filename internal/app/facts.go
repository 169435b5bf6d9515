package app

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// facts collects the declared facts, sorted by name: those of headwater.yaml, and those of the meta of the project's own
// models. A name that headwater.yaml declares is its own, whatever a model says.
func (a *App) facts(graph *lineage.Graph, project string) []platform.Fact {
	var out []platform.Fact
	seen := map[string]bool{}
	add := func(f platform.Fact) {
		if !seen[f.Name] {
			seen[f.Name] = true
			out = append(out, f)
		}
	}
	for _, f := range a.options.Config.Facts {
		add(define(graph, f))
	}
	for _, n := range ownNodes(graph, project) {
		declared, err := factOf(n)
		switch {
		case err != nil:
			add(platform.Fact{Name: n.Name, ModelID: n.ID, Problem: err})
		case declared != nil:
			add(define(graph, *declared))
		}
	}
	slices.SortFunc(out, func(x, y platform.Fact) int { return cmp.Compare(x.Name, y.Name) })
	madeByDBT(ownNodes(graph, project), out)
	return out
}

func define(graph *lineage.Graph, f activation.Fact) platform.Fact {
	out := platform.Fact{Name: f.Name}
	var defaults activation.Defaults
	if f.Model != "" {
		n, err := graph.Resolve(f.Model)
		if err != nil && f.Relation == "" {
			out.Problem = fault.Wrap(err, fault.KindOf(err), "Fact %s, model: %s", f.Name, err)
			return out
		}
		if err == nil {
			out.ModelID = n.ID
			defaults = activation.Defaults{Relation: n.Relation, EventTime: n.Build.EventTime}
		}
	}
	out.Definition, out.Problem = activation.Define(f, defaults)
	if out.ModelID == "" && out.Problem == nil {
		if n, err := graph.Resolve(out.Definition.Relation.String()); err == nil {
			out.ModelID = n.ID
		}
	}
	return out
}

// factOf reads meta.headwater.fact, or meta.activation, of a node; nil where it declares none.
func factOf(n *lineage.Node) (*activation.Fact, error) {
	declared, ok := n.Meta["activation"]
	if own, is := n.Meta["headwater"].(map[string]any); is && own["fact"] != nil {
		declared, ok = own["fact"], true
	}
	if !ok {
		return nil, nil //nolint:nilnil // most nodes declare no fact, which is no error
	}
	text, err := json.Marshal(declared)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "meta.headwater.fact of %s cannot be read.", n.ID)
	}
	f := activation.Fact{}
	if err := strict(text, &f); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "meta.headwater.fact of %s cannot be read (%s). Valid keys are those of a fact in headwater.yaml.", n.ID, err)
	}
	if f.Model == "" {
		f.Model = n.ID
	}
	return &f, nil
}

// withRelations adds a source for each fact whose relation no node of the project builds, so that partition checks, trace and
// explanations treat it like any other table. It returns the facts with their nodes.
func withRelations(graph *lineage.Graph, project string, facts []platform.Fact) (*lineage.Graph, []platform.Fact) {
	var nodes []*lineage.Node
	facts = slices.Clone(facts)
	ids := map[string]string{}
	for i, f := range facts {
		if f.Definition == nil || f.ModelID != "" {
			continue
		}
		r := f.Definition.Relation
		if ids[r.Key()] == "" {
			ids[r.Key()] = "source." + project + "." + r.String()
			nodes = append(nodes, &lineage.Node{
				ID: ids[r.Key()], Name: string(r.Name), Type: lineage.TypeSource, Package: project, FQN: []string{project, string(r.Name)},
				Relation: r.String(), Database: string(r.Database), Schema: string(r.Schema), Identifier: string(r.Name),
				Description: "Declared by fact " + f.Name + " in headwater.yaml; no dbt project builds it.",
				Source:      &lineage.Source{Name: cmp.Or(string(r.Schema), project)},
			})
		}
		facts[i].ModelID = ids[r.Key()]
	}
	if len(nodes) == 0 {
		return graph, facts
	}
	return graph.With(nodes, nil), facts
}

// withOutputs adds each output as a node below its fact's model, but for the grains that dbt makes: its models are nodes already.
func withOutputs(graph *lineage.Graph, project, schema string, facts []platform.Fact) *lineage.Graph {
	var nodes []*lineage.Node
	var edges []lineage.Edge
	for _, f := range facts {
		if f.Definition == nil || f.ModelID == "" {
			continue
		}
		for _, o := range f.Definition.Outputs() {
			if f.Definition.ByDBT(o.Grain) {
				continue
			}
			id := outputID(project, o.Name)
			nodes = append(nodes, &lineage.Node{
				ID: id, Name: o.Name, Type: lineage.TypeActivation, Package: project, FQN: []string{project, "activation", o.Name},
				Materialized: materialized(o), Relation: quoted(schema) + "." + quoted(o.Name), Schema: schema, Identifier: o.Name,
				Description: "Activation output " + o.Kind + " of fact " + f.Name + " by " + string(o.Grain) + ".",
			})
			edges = append(edges, lineage.Edge{From: f.ModelID, To: id})
		}
	}
	if len(nodes) == 0 {
		return graph
	}
	return graph.With(nodes, edges)
}

// outputID is the id of an output's node.
func outputID(project, name string) string { return "activation." + project + "." + name }

func materialized(o activation.Output) string {
	if o.Kind == "first_last" || o.Kind == "activation_status" {
		return "view"
	}
	return "table"
}

// tables are the outputs that our engine makes of a grain and that have a row, or rows, of each period.
func tables(d *activation.Definition, g period.Grain) []activation.Output {
	return slices.DeleteFunc(d.Outputs(), func(o activation.Output) bool {
		return o.Grain != g || d.ByDBT(g) || materialized(o) != "table"
	})
}

// givenOutput says how an output is partitioned: by its column period, the local date on which a period of the fact starts.
// Outputs keep what the fact has dropped.
func givenOutput(d *activation.Definition, g period.Grain, schema string) partition.Given {
	out := partition.Given{From: "output of fact " + d.Fact.Name, Override: partition.Override{
		Grain: string(g), Time: "period", Timezone: d.Calendar.Zone(), WeekStart: d.Fact.WeekStart, Settle: d.Fact.Settle,
	}}
	out.Noted = &partition.Noted{
		Relation: quoted(schema) + "." + quoted(d.PeriodsName(g)), Definition: d.Hash(), Again: "headwater build " + d.Fact.Name,
	}
	if !d.Begin.IsZero() {
		out.Override.Begin = d.Calendar.FirstFrom(g, d.Begin).String()
	}
	return out
}

// givenByFacts says what facts tell of the partitions of their models: rows have a time, and days are what is watched; and of
// those of their outputs.
func givenByFacts(project, schema string, facts []platform.Fact) map[string]partition.Given {
	out := map[string]partition.Given{}
	for _, f := range facts {
		if f.Definition == nil || f.ModelID == "" {
			continue
		}
		d := f.Definition
		out[f.ModelID] = partition.Given{From: "fact " + f.Name, ColumnZone: d.Fact.TimeZoneOfColumn, Override: partition.Override{
			Grain: string(finest(d.Grains)), Time: d.Fact.Time, Timezone: d.Calendar.Zone(), WeekStart: d.Fact.WeekStart,
			Begin: d.Fact.Begin, ExpiresAfter: d.Fact.ExpiresAfter,
		}}
		for _, g := range d.Grains {
			for _, o := range tables(d, g) {
				out[outputID(project, o.Name)] = givenOutput(d, g, schema)
			}
		}
	}
	return out
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// retain tells facts how long their models keep rows: older periods of theirs are frozen.
func retain(facts []platform.Fact, specs partition.Specs) {
	for i, f := range facts {
		if f.Definition == nil {
			continue
		}
		if err := f.Definition.Retain(specs.Of(f.ModelID).Override().ExpiresAfter); err != nil {
			facts[i].Problem = err
		}
	}
}

func finest(grains []period.Grain) period.Grain {
	for _, g := range period.Grains() {
		if slices.Contains(grains, g) {
			return g
		}
	}
	return period.Day
}
