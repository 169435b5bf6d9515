package lineage

// SelectRequest asks for nodes in dbt's selector grammar, as `dbt ls` takes it.
type SelectRequest struct {
	Select        string     // --select; empty means every node of the default types
	Exclude       string     // --exclude
	ResourceTypes []string   // --resource-type; empty means the default types
	Indirect      Indirect   // which tests come along; empty means Eager
	Selectors     *Selectors // of selectors.yml, for selector: and the default; nil where there is none
	Selector      string     // --selector, the name of one of them; goes before Select and Exclude
	Before        *Before    // what state:, result: and source_status: compare with; nil where nothing is known
}

// Before is what earlier runs left behind, for the methods that compare with it. A nil map or graph says that there is
// no such artifact.
type Before struct {
	Graph *Graph // of an earlier manifest
	// Unrendered is dbt's flag state_modified_compare_more_unrendered_values (true by default from dbt 1.12 on): whether
	// the database and schema of a source are compared as written or as rendered for the target.
	Unrendered bool
	// Project is the project whose manifest it is, by Node.Project, where the graph has several.
	Project string

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
	e := &evaluation{g: g, types: g.ofTypes(types...), indirect: indirect, selectors: r.Selectors, before: r.Before}
	chosen, err := e.choose(r)
	if err != nil {
		return nil, nil, err
	}
	e.remarkTypes(chosen, r)
	chosen.intersect(e.types)
	nodes = make([]*Node, 0, chosen.len())
	chosen.each(func(i int32) { nodes = append(nodes, g.nodes[i]) })
	return nodes, e.warnings(r), nil
}

// choose evaluates what the request selects: a named selector, else --select and --exclude, else the default selector,
// else everything.
func (e *evaluation) choose(r SelectRequest) (set, error) {
	if r.Selector != "" {
		return e.named(r.Selector)
	}
	if name := r.Selectors.Default(); name != "" && r.Select == "" && r.Exclude == "" {
		e.remarks = append(e.remarks, `"" selects what the default selector `+name+` of selectors.yml selects, as in dbt.`)
		return e.named(name)
	}
	include, err := parseUnion(r.Select, e.indirect)
	if err != nil {
		return nil, err
	}
	if r.Select == "" {
		include = everything(e.indirect)
	}
	exclude, err := parseUnion(r.Exclude, e.indirect)
	if err != nil {
		return nil, err
	}
	chosen, _, err := e.eval(&group{op: difference, parts: []spec{include, exclude}, indirect: Eager})
	return chosen, err
}
