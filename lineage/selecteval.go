package lineage

import "slices"

// evaluation is one run of a selection. It works on the graph's members.
type evaluation struct {
	g         *Graph
	types     set // that are asked for
	indirect  Indirect
	selectors *Selectors
	inside    []string // selectors of selectors.yml that are being evaluated
	before    *Before
	states    *comparison // with before.Graph, made by the first state: method
	misses    []string    // parts that matched nothing, as written, in order and each once
	remarks   []string    // what else is said beside the result
}

// eval returns the nodes that a spec selects, and the tests that it would select were their other parents selected too.
func (e *evaluation) eval(s spec) (direct, pending set, err error) {
	if g, ok := s.(*group); ok {
		return e.evalGroup(g)
	}
	c, _ := s.(*criterion)
	match, err := methodNamed(c.method)(e, c)
	if err != nil {
		return nil, nil, err
	}
	found := e.g.newSet()
	candidates := e.g.members
	if types := scope(c.method); types != nil {
		candidates = e.g.ofTypes(types...)
		candidates.intersect(e.g.members)
	}
	candidates.each(func(i int32) {
		if match(e.g.nodes[i], i) {
			found.add(i)
		}
	})
	selected := found.clone()
	if c.childrensParents {
		below := e.reach(found, e.g.children, -1)
		below.union(found)
		selected.union(below)
		selected.union(e.reach(below, e.g.parents, -1))
	}
	if c.parents.on {
		selected.union(e.reach(found, e.g.parents, c.parents.steps))
	}
	if c.children.on {
		selected.union(e.reach(found, e.g.children, c.children.steps))
	}
	if c.method == "selector" {
		return selected, e.g.newSet(), nil // the selector has brought the tests that it wants
	}
	direct, pending = e.expand(selected, c.indirect)
	return direct, pending, nil
}

func (e *evaluation) evalGroup(g *group) (direct, pending set, err error) {
	for k, part := range g.parts {
		d, p, err := e.eval(part)
		if err != nil {
			return nil, nil, err
		}
		p.union(d)
		if k == 0 {
			direct, pending = d, p
			continue
		}
		switch g.op {
		case union:
			direct.union(d)
			pending.union(p)
		case intersection:
			direct.intersect(d)
			pending.intersect(p)
		case difference:
			direct.subtract(d)
			pending.subtract(p)
		}
	}
	if len(g.parts) == 0 {
		direct, pending = e.g.newSet(), e.g.newSet()
	}
	direct = e.complete(direct, pending, g.indirect)
	if g.mustMatch && direct.empty() {
		e.miss(g.raw)
	}
	return direct, pending, nil
}

func (e *evaluation) miss(raw string) {
	if !slices.Contains(e.misses, raw) {
		e.misses = append(e.misses, raw)
	}
}

// reach returns what lies at most so many steps away (below zero: any number) along the edges. A node of from is in it
// only where another one, or a cycle, leads to it.
func (e *evaluation) reach(from set, edges adjacency, steps int) set {
	seen := e.g.newSet()
	var layer, following []int32
	from.each(func(i int32) { layer = append(layer, i) })
	for ; len(layer) > 0 && steps != 0; steps-- {
		following = following[:0]
		for _, i := range layer {
			for _, to := range edges.of(i) {
				if !seen.has(to) && e.g.members.has(to) {
					seen.add(to)
					following = append(following, to)
				}
			}
		}
		layer, following = following, layer
	}
	return seen
}
