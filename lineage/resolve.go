package lineage

import (
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// maxCandidates is how many nodes a sentence about an ambiguous name lists.
const maxCandidates = 8

// Resolve finds the node that ref means: its unique_id; its name as ref() or source() takes it (orders, shop.orders,
// dim.v2, raw.orders); or its relation in any quoting and case, with or without the database.
//
// A bare name means what ref() can name before it means a source, metric, exposure or test of the same name, and a
// versioned model's bare name means its latest version. A relation means the node that builds it before a source that
// declares it. What is left ambiguous is Invalid with the candidates, an unknown name is NotFound with near misses.
func (g *Graph) Resolve(ref string) (*Node, error) {
	ref = strings.TrimSpace(ref)
	if ref == "" {
		return nil, fault.New(fault.Invalid,
			"No node is named. Name one by its unique_id, its name or its relation, for example %s.", g.example())
	}
	switch found := g.meant(ref); len(found) {
	case 0:
		return nil, g.unknown(ref)
	case 1:
		return g.nodes[found[0]], nil
	default:
		return nil, g.ambiguous(ref, found)
	}
}

// meant finds what a name means: several nodes where it is ambiguous, none where it is unknown.
func (g *Graph) meant(ref string) []int32 {
	if i, ok := g.index[ref]; ok {
		return []int32{i}
	}
	for _, found := range [][]int32{
		g.names.exact[ref], g.names.relation[foldRelation(ref)], g.names.folded[strings.ToLower(ref)],
	} {
		if len(found) > 0 {
			return g.preferred(found)
		}
	}
	return nil
}

// preferred narrows nodes of one name to those that the name means first.
func (g *Graph) preferred(found []int32) []int32 {
	latest := slices.DeleteFunc(slices.Clone(found), func(i int32) bool {
		n := g.nodes[i]
		return n.Versioned() && n.Version != n.Latest
	})
	if len(latest) > 0 {
		found = latest
	}
	for _, first := range []func(*Node) bool{
		func(n *Node) bool { return n.Type.buildable() },
		func(n *Node) bool { return n.Type != TypeTest && n.Type != TypeUnitTest && n.Type != TypeSemanticModel },
	} {
		better := slices.DeleteFunc(slices.Clone(found), func(i int32) bool { return !first(g.nodes[i]) })
		if len(better) > 0 {
			return better
		}
	}
	return found
}

func (g *Graph) ambiguous(ref string, found []int32) error {
	var ids []string
	for _, n := range g.at(found[:min(len(found), maxCandidates)]) {
		ids = append(ids, n.ID)
	}
	more := ""
	if len(found) > maxCandidates {
		more = " and others"
	}
	return fault.New(fault.Invalid, "%q is the name of %d nodes: %s%s. Name one by its unique_id.",
		ref, len(found), strings.Join(ids, ", "), more)
}

func (g *Graph) unknown(ref string) error {
	near := fault.DidYouMean(ref, g.vocabulary(strings.Contains(ref, ".")))
	if near == "" {
		near = " Search with find_nodes(text=…), or list all with find_nodes()."
	}
	return fault.New(fault.NotFound, "No node is called %q.%s", ref, near)
}

// vocabulary lists what a mistyped name may have meant. Tests are left out: their names repeat the names of what they
// test. A word with dots is compared with ids, too.
func (g *Graph) vocabulary(dotted bool) []string {
	var words []string
	for _, n := range g.nodes {
		if n.Type == TypeTest {
			continue
		}
		words = append(words, n.RefName())
		if dotted {
			words = append(words, n.ID)
			words = append(words, n.relationNames()...)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

func (g *Graph) example() string {
	for _, n := range g.nodes {
		if n.Type == TypeModel {
			return n.ID + " or " + n.Name
		}
	}
	return "model.shop.orders or orders"
}

// ResolveAny finds the nodes that a request names either by refs, in the order given and each once, or by a selection
// as in Select. Both together are Invalid. Neither means the whole selection, every node of the default types.
func (g *Graph) ResolveAny(refs []string, sel SelectRequest) (nodes []*Node, warnings []string, err error) {
	if len(refs) == 0 {
		return g.Select(sel)
	}
	if sel.Select != "" || sel.Exclude != "" {
		return nil, nil, fault.New(fault.Invalid,
			"nodes and select were given together. Give nodes (names) or select and exclude (dbt's selectors), not both.")
	}
	nodes = []*Node{}
	seen := map[string]bool{}
	for _, ref := range refs {
		n, err := g.Resolve(ref)
		if err != nil {
			return nil, nil, err
		}
		if !seen[n.ID] {
			seen[n.ID] = true
			nodes = append(nodes, n)
		}
	}
	return nodes, []string{}, nil
}
