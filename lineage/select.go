package lineage

// SelectRequest asks for nodes in dbt's selector grammar, as `dbt ls` takes it.
type SelectRequest struct {
	Select        string   // --select; empty means every node of the default types
	Exclude       string   // --exclude
	ResourceTypes []string // --resource-type; empty means the default types
	Indirect      Indirect // which tests come along; empty means Eager
	Before        *Before  // what state:, result: and source_status: compare with; nil where nothing is known
}

// Before is what earlier runs left behind, for the methods that compare with it. A nil map or graph says that there is
// no such artifact.
type Before struct {
	Graph *Graph // of an earlier manifest
	// Unrendered is dbt's flag state_modified_compare_more_unrendered_values (true by default from dbt 1.12 on): whether
	// the database and schema of a source are compared as written or as rendered for the target.
	Unrendered bool

	Results        map[string]string // status by node id, of an earlier run_results.json
	Sources        map[string]string // max_loaded_at by source id, of an earlier sources.json
	CurrentSources map[string]string // max_loaded_at by source id, of the present sources.json
}

// Select returns the nodes that dbt would list, sorted by id, and a sentence for every part that dbt lets pass although
// it matches nothing; each begins with the part in quotes. What dbt refuses is Invalid, with what would be valid.
func (g *Graph) Select(r SelectRequest) (nodes []*Node, warnings []string, err error) {
	types, err := ParseTypes(r.ResourceTypes)
	if err != nil {
		return nil, nil, err
	}
	indirect, err := parseIndirect(r.Indirect)
	if err != nil {
		return nil, nil, err
	}
	include, err := parseUnion(r.Select, indirect)
	if err != nil {
		return nil, nil, err
	}
	if r.Select == "" {
		include = everything(indirect)
	}
	exclude, err := parseUnion(r.Exclude, indirect)
	if err != nil {
		return nil, nil, err
	}
	e := &evaluation{g: g, before: r.Before}
	chosen, _, err := e.eval(&group{op: difference, parts: []spec{include, exclude}, indirect: Eager})
	if err != nil {
		return nil, nil, err
	}
	chosen.intersect(g.ofTypes(types...))
	nodes = make([]*Node, 0, chosen.len())
	chosen.each(func(i int32) { nodes = append(nodes, g.nodes[i]) })
	return nodes, e.warnings(r), nil
}
