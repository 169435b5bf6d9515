package app

import (
	"context"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// madeByDBT tells the facts which of their outputs are models: those whose meta.headwater.output says so. A model that says it
// wrong is the fact's problem, since its output would be made twice.
func madeByDBT(nodes []*lineage.Node, facts []platform.Fact) {
	byName := map[string]*platform.Fact{}
	for i := range facts {
		byName[facts[i].Name] = &facts[i]
	}
	for _, n := range nodes {
		output := outputOf(n)
		if output == nil || n.Relation == "" {
			continue
		}
		name, _ := output["fact"].(string)
		f := byName[name]
		if f == nil || f.Definition == nil {
			continue
		}
		if err := made(f.Definition, n, output); err != nil {
			f.Definition, f.Problem = nil, err
		}
	}
}

// outputOf is meta.headwater.output of a node; nil where it says none.
func outputOf(n *lineage.Node) map[string]any {
	own, _ := n.Meta["headwater"].(map[string]any)
	output, _ := own["output"].(map[string]any)
	return output
}

func made(d *activation.Definition, n *lineage.Node, output map[string]any) error {
	kind, _ := output["kind"].(string)
	name, _ := output["grain"].(string)
	if !slices.Contains(activation.Kinds(), kind) {
		return fault.New(fault.Invalid, "meta.headwater.output of %s: kind %q is not valid; write %s.", n.ID, kind, strings.Join(activation.Kinds(), ", "))
	}
	g, err := period.ParseGrain(name)
	if err != nil || g == period.Hour || g == period.Year {
		return fault.New(fault.Invalid, "meta.headwater.output of %s: grain %q is not valid; write day, week or month.", n.ID, name)
	}
	relation, err := warehouse.ParseRelation(n.Relation)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "meta.headwater.output of %s: %s", n.ID, err)
	}
	if d.Made == nil {
		d.Made = map[period.Grain]map[string]warehouse.Relation{}
	}
	if d.Made[g] == nil {
		d.Made[g] = map[string]warehouse.Relation{}
	}
	if other, twice := d.Made[g][kind]; twice {
		return fault.New(fault.Invalid, "Two models make the output %s of fact %s by %s: %s and %s. Keep one.", kind, d.Fact.Name, g, other, relation)
	}
	d.Made[g][kind] = relation
	return nil
}

// mayDrop is fault.Conflict where a drop would remove tables that dbt makes.
func (a *App) mayDrop(ctx context.Context, name string) error {
	p, err := a.Current(ctx)
	if err != nil {
		return err
	}
	for _, f := range p.Facts {
		if f.Name != name || f.Definition == nil {
			continue
		}
		for g, outputs := range f.Definition.Made {
			for _, r := range outputs {
				if strings.EqualFold(string(r.Schema), a.options.Config.Output.Schema) {
					return fault.New(fault.Conflict, "dbt makes outputs of %s by %s in schema %s, such as %s, so nothing was dropped. Remove their models and drop them there, or set output.schema to another one.",
						name, g, r.Schema, r)
				}
			}
		}
	}
	return nil
}
