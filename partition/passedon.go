package partition

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/plain"
)

// passOn adds to tested columns, by node, those that a view only passes on: what is unique in the view is unique in what it
// reads. A test of the node itself stands; of several views the first by id counts.
func passOn(graph *lineage.Graph, tested map[string]string) {
	for _, id := range slices.Sorted(maps.Keys(tested)) {
		n, ok := graph.Node(id)
		column := tested[id]
		for seen := map[string]bool{}; ok && isView(n) && !seen[n.ID]; {
			seen[n.ID] = true
			if n, column, ok = passedOn(graph, n, column); !ok {
				break
			}
			if _, own := tested[n.ID]; !own {
				tested[n.ID] = column
			}
		}
	}
}

// passedOn finds the node, and the column of it, that a column of a view is without change.
func passedOn(graph *lineage.Graph, view *lineage.Node, column string) (*lineage.Node, string, bool) {
	relation, source, ok := plain.Column(cmp.Or(view.CompiledCode, view.RawCode), column)
	if !ok {
		return nil, "", false
	}
	parents := graph.Parents(view.ID)
	for k := 0; k < len(parents) && k < maxVisits; k++ {
		p := parents[k]
		if refersTo(relation, p) {
			return p, source, true
		}
		if strings.EqualFold(p.Materialized, ephemeral) { // its code is a part of the view's
			parents = append(slices.Clone(parents), graph.Parents(p.ID)...)
		}
	}
	return nil, "", false
}

// refersTo reports whether a relation in code is a node.
func refersTo(relation string, n *lineage.Node) bool {
	if name, ok := strings.CutPrefix(relation, "ref "); ok {
		return name == n.RefName() || n.Source == nil && (name == n.Package+"."+n.Name || name == n.Name && !n.Versioned())
	}
	return n.Relation != "" && strings.EqualFold(relation, strings.NewReplacer(`"`, "", "`", "").Replace(n.Relation))
}
