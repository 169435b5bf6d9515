package activation

import (
	"context"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// Kinds are the outputs of the standard shape, in the order in which they are documented.
func Kinds() []string { return kinds() }

// ByDBT reports whether models of a dbt project make the outputs of a grain.
func (d *Definition) ByDBT(g period.Grain) bool { return len(d.Made[g]) > 0 }

// madeByDBT says why the engine writes nothing of a grain, and who does.
func (d *Definition) madeByDBT(g period.Grain) string {
	return "made by dbt: dbt build --select " + outputName(d.Fact.Name, "activation", g) + "+"
}

// readable is fault.Invalid where dbt makes some outputs of a grain and not those that answers are read from.
func (d *Definition) readable(g period.Grain) error {
	if !d.ByDBT(g) {
		return nil
	}
	var missing, models []string
	for _, kind := range []string{"activation", "transitions", "periods"} {
		if _, ok := d.Made[g][kind]; !ok {
			name := outputName(d.Fact.Name, kind, g)
			missing = append(missing, name)
			models = append(models, name+`.sql with {{ headwater.`+kind+`('`+d.Fact.Name+`', '`+string(g)+`') }}`)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "dbt makes outputs of %s by %s, but no model makes %s, which answers are read from. Add %s, and run dbt build --select %s.",
		d.Fact.Name, g, listed(missing), strings.Join(models, " and "), strings.Join(missing, " "))
}

// holds reports whether the warehouse has an output, ours or dbt's.
func (e *Engine) holds(ctx context.Context, r warehouse.Reader, output warehouse.Relation) (bool, error) {
	names, err := e.tablesOf(ctx, r, output.Schema)
	return slices.Contains(names, string(output.Name)), err
}
