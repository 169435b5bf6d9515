package lineage

// State is what dbt's state: methods compare of a node and the Node does not hold otherwise: 64-bit hashes of what is
// written in the manifest, so that two graphs can be compared without keeping either manifest. Equal hashes mean equal
// values; 0 stands for nothing there. Nodes that were not read from artifacts have none.
type State struct {
	Config   uint64 // the config as written (unrendered), the keys that dbt compares, less those of Notes
	Notes    uint64 // of these keys, the ones by which nothing is computed: meta and docs
	Place    uint64 // database, schema and alias, of a source database and schema, as written (unrendered)
	Body     uint64 // of a seed its checksum; else 0 unless RawCode was cleaned of something
	Columns  uint64 // names and descriptions of the declared columns
	Contract uint64 // of an enforced contract
	Rest     uint64 // what else dbt compares of a node of this type
	Params   uint64 // what defines a node and dbt does not compare: the parameters of a metric or a saved query
	Macros   []string
}

// Contract is what an enforced contract promises.
type Contract struct {
	Columns     []Column // as declared, whatever the warehouse has
	Constraints uint64   // hash of all constraints, 0 where there are none
}

// Macro is what state: methods compare of a macro.
type Macro struct {
	Sum   uint64   // hash of its text
	Needs []string // ids of the macros that it calls
}

// WithMacros returns the same graph with the macros of its project by id.
func (g *Graph) WithMacros(macros map[string]Macro) *Graph {
	h := *g
	h.macros = macros
	return &h
}

// comparison compares nodes with what they were in an earlier graph, as dbt does.
type comparison struct {
	base *Graph
	// unrendered is dbt's flag state_modified_compare_more_unrendered_values: the relation of a source is compared as
	// written, not as rendered for the target.
	unrendered bool
	macros     map[string]bool // changed, or calling one that is
}

func compare(base, current *Graph, unrendered bool) *comparison {
	return &comparison{base: base, unrendered: unrendered, macros: changedMacros(base.macros, current.macros)}
}

// before returns what a node was, nil where it is new. What dbt drops from an old manifest was not there.
func (c *comparison) before(n *Node) *Node {
	i, ok := c.base.index[n.ID]
	if !ok || c.base.nodes[i].Unselectable {
		return nil
	}
	return c.base.nodes[i]
}

// changedMacros returns the macros that changed, came or went, and those that call one of them through any number of
// others.
func changedMacros(before, now map[string]Macro) map[string]bool {
	var queue []string
	callers := map[string][]string{}
	for id, m := range now {
		if old, ok := before[id]; !ok || old.Sum != m.Sum {
			queue = append(queue, id)
		}
		for _, needed := range m.Needs {
			callers[needed] = append(callers[needed], id)
		}
	}
	for id := range before {
		if _, ok := now[id]; !ok {
			queue = append(queue, id)
		}
	}
	changed := map[string]bool{}
	for len(queue) > 0 {
		id := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if !changed[id] {
			changed[id] = true
			queue = append(queue, callers[id]...)
		}
	}
	return changed
}
