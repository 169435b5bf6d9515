package lineage

import "strings"

// nameIndex finds nodes by what people call them.
type nameIndex struct {
	exact    map[string][]int32 // names as written: orders, dim.v2, raw.orders, shop.orders
	folded   map[string][]int32 // the same in lower case
	relation map[string][]int32 // folded relation names
}

func indexNames(nodes []*Node) *nameIndex {
	x := &nameIndex{
		exact:    make(map[string][]int32, 3*len(nodes)),
		folded:   make(map[string][]int32, 3*len(nodes)),
		relation: make(map[string][]int32, len(nodes)),
	}
	for k, n := range nodes {
		i := int32(k)
		for _, name := range n.names() {
			x.exact[name] = append(x.exact[name], i)
			lower := strings.ToLower(name)
			x.folded[lower] = append(x.folded[lower], i)
		}
		for _, name := range n.relationNames() {
			x.relation[name] = append(x.relation[name], i)
		}
	}
	return x
}

// names returns what a node may be called besides its id and its relation.
func (n *Node) names() []string {
	names := []string{n.Name}
	add := func(name string) {
		if name != n.Name {
			names = append(names, name)
		}
	}
	add(n.RefName())
	if n.Versioned() {
		add(n.Name + "_v" + n.Version)
	}
	if n.Package != "" {
		add(n.Package + "." + n.RefName())
		if n.Versioned() {
			add(n.Package + "." + n.Name)
		}
	}
	return names
}
