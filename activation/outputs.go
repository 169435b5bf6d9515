package activation

import (
	"github.com/headwater-mcp/headwater/activation/statements"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// Output is one relation of the standard shape.
type Output struct {
	// Kind is the middle of the name: first_last, activation, activation_status, transitions or periods.
	Kind string
	// Name is the table name: <fact>_<kind>_<grain>.
	Name  string
	Grain period.Grain
}

// kinds are the outputs of every fact and grain, in the order in which they are documented.
func kinds() []string {
	return []string{"first_last", "activation", "activation_status", "transitions", "periods"}
}

// Outputs lists the relations of a fact, grain by grain.
func (d *Definition) Outputs() []Output {
	outputs := make([]Output, 0, len(kinds())*len(d.Grains))
	for _, g := range d.Grains {
		for _, kind := range kinds() {
			outputs = append(outputs, Output{Kind: kind, Name: outputName(d.Fact.Name, kind, g), Grain: g})
		}
	}
	return outputs
}

// PeriodsName is the name of the output that says which periods of a grain are built, and by which definition.
func (d *Definition) PeriodsName(g period.Grain) string { return outputName(d.Fact.Name, "periods", g) }

func outputName(fact, kind string, g period.Grain) string {
	return fact + "_" + kind + "_" + g.Adverb()
}

// values is what the templates know of a fact and grain; the kind of the time column is set where the fact is read.
func (e *Engine) values(d *Definition, g period.Grain) statements.Values {
	at := func(name string) warehouse.Relation {
		return warehouse.Relation{Schema: e.schema, Name: warehouse.Ident(name)}
	}
	of := func(kind string) warehouse.Relation {
		if made, ok := d.Made[g][kind]; ok {
			return made
		}
		return at(outputName(d.Fact.Name, kind, g))
	}
	v := statements.Values{
		Name: d.Fact.Name, Grain: string(g),
		Fact: d.Relation, User: warehouse.Ident(d.Fact.User), Time: warehouse.Ident(d.Fact.Time),
		ColumnZone: d.ColumnZone, Zone: d.Calendar.Zone(), WeekStart: d.Calendar.WeekStart(),
		Schema: e.schema, Registry: at(registry), AllTransitions: at("activation_transitions"),
		// Not an output: what first_last, a view, is read from beside the activation table.
		Base: of(baseKind), Reads: of(readsKind),
		FirstLast: of("first_last"), Activation: of("activation"), Status: of("activation_status"),
		Transitions: of("transitions"), Periods: of("periods"),
	}
	for _, dim := range d.Fact.Dimensions {
		v.Dimensions = append(v.Dimensions, warehouse.Ident(dim))
	}
	if g == period.Day {
		v.Skipped = d.Calendar.SkippedDates()
	}
	return v
}

// What stands beside the outputs in their schema: the registry of what was built by which definition, the base of FirstLast,
// and what the source held.
const (
	registry = "headwater_outputs"
	baseKind = "headwater_base"
	// readsKind is what the source held of each period when it was read.
	readsKind = "headwater_reads"
)
