package engine

import (
	"strings"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/period"
)

// Find returns the fact and grain of which a node is an output: <fact>_activation_<grain> or one of its siblings. One that no
// fact of the definitions has is fault.NotFound.
func Find(definitions []*activation.Definition, n *lineage.Node) (*activation.Definition, period.Grain, error) {
	names := make([]string, 0, len(definitions))
	for _, d := range definitions {
		for _, o := range d.Outputs() {
			if o.Name == n.Name {
				return d, o.Grain, nil
			}
			if o.Kind == "activation" {
				names = append(names, o.Name)
			}
		}
	}
	return nil, "", fault.New(fault.NotFound, "%s is an output of no declared fact.%s Outputs by period: %s.",
		n.ID, fault.DidYouMean(n.Name, names), strings.Join(names, ", "))
}

// factOf is the fact of which a table is an output, by the table's name.
func factOf(table string) string {
	for _, kind := range activation.Kinds() {
		for _, g := range []period.Grain{period.Day, period.Week, period.Month} {
			if fact, ok := strings.CutSuffix(table, "_"+kind+"_"+g.Adverb()); ok {
				return fact
			}
		}
	}
	return table
}
