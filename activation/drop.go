package activation

import (
	"context"
	"slices"

	"github.com/headwater-mcp/headwater/activation/statements"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// Drop removes every output of a fact, declared or not, in one transaction, and says which. A fact without outputs is
// fault.NotFound.
func (e *Engine) Drop(ctx context.Context, fact string) ([]string, error) {
	dropped := []string{}
	err := e.warehouse.Write(ctx, func(ctx context.Context, w warehouse.Writer) error {
		names, err := e.tables(ctx, w)
		if err != nil {
			return err
		}
		for _, o := range removals(fact, grains()...) {
			if !slices.Contains(names, o.name) {
				continue
			}
			if err := e.exec(ctx, w, o.statement, statements.Values{Target: e.Relation(o.name)}); err != nil {
				return err
			}
			dropped = append(dropped, o.name)
		}
		if len(dropped) == 0 {
			return fault.New(fault.NotFound, "Fact %s has no outputs in schema %s.", fact, e.schema)
		}
		return e.forgetOutputs(ctx, w, fact)
	})
	return dropped, err
}

// removal is one drop.
type removal struct{ statement, name string }

// removals are the drops of a fact at some grains, views first: they read the tables.
func removals(fact string, at ...period.Grain) []removal {
	var out []removal
	for _, g := range at {
		for _, kind := range []string{"activation_status", "first_last"} {
			out = append(out, removal{"drop_view", outputName(fact, kind, g)})
		}
		for _, kind := range []string{baseKind, readsKind, "activation", "transitions", "periods"} {
			out = append(out, removal{"drop_table", outputName(fact, kind, g)})
		}
	}
	return out
}

// forgetOutputs takes a fact out of the registry and of the view over all transitions.
func (e *Engine) forgetOutputs(ctx context.Context, w warehouse.Writer, fact string) error {
	v := statements.Values{Registry: e.Relation(registry)}
	for _, g := range grains() {
		if err := e.exec(ctx, w, "registry_delete", v, fact, string(g)); err != nil {
			return err
		}
	}
	return e.publishAll(ctx, w)
}

// grains are those by which facts are followed.
func grains() []period.Grain { return []period.Grain{period.Day, period.Week, period.Month} }
