package lineage

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Project is one of several dbt projects that make one graph.
type Project struct {
	// Name tells the projects apart; empty is the name of the root package.
	Name  string
	Graph *Graph
	// RelationMap gives the relation as the other projects call it for a relation as this project calls it. A key may be
	// a whole relation (db.schema.table) or how it begins (db.schema, db); the longest that fits goes first.
	RelationMap map[string]string
}

// Stitch makes one graph of several projects; the first is the root, "this" of a selector. Every node says its Project.
//
// A source whose relation another project builds is the same table: the edge crosses from what builds it to the source,
// which stays a node of its own with its tests and freshness. An id that is in several projects is one node where its
// relation is the same table, defined by the project whose package it is of, else by the first; where it is another
// table, as of a package that two projects install, the later one's id ends in @ and the name of its project. What
// clashes, and what connects nothing, is said by Problems.
func Stitch(root Project, others []Project) *Graph {
	s := &stitcher{homes: map[string]int{}, builders: map[string][]place{}, connected: map[int]bool{}, macros: map[string]Macro{}}
	for k, p := range append([]Project{root}, others...) {
		p.Name = cmp.Or(p.Name, p.Graph.Project())
		mapped := newRelationMap(p.RelationMap)
		s.projects = append(s.projects, &stitched{Project: p, index: k, mapped: mapped, ids: map[string]string{}})
		if _, taken := s.homes[p.Graph.Project()]; !taken {
			s.homes[p.Graph.Project()] = k
		}
	}
	s.join()
	s.copyNodes()
	s.cross()
	s.report()
	return New(root.Graph.Project(), s.nodes, s.edges).inherit(s.problems).WithMacros(s.macros)
}

// stitched is a project under way.
type stitched struct {
	Project

	index  int
	mapped relationMap
	ids    map[string]string // the ids that are others in the one graph
}

// place is a node of one of the projects.
type place struct {
	project *stitched
	node    *Node
}

type stitcher struct {
	projects  []*stitched
	homes     map[string]int     // the project whose root package it is
	builders  map[string][]place // what builds a relation
	connected map[int]bool       // projects that share a table with another one
	dropped   map[place]bool     // nodes that another project defines
	nodes     []*Node
	edges     []Edge
	problems  []string
	macros    map[string]Macro // of two with one id, the earlier project's
}

// key is the relation of a place as all projects call it; empty where it has none.
func (p place) key() string {
	if p.node.Relation == "" {
		return ""
	}
	return p.project.mapped.of(foldRelation(p.node.Relation))
}

// id is what the node is called in the one graph.
func (p place) id() string { return cmp.Or(p.project.ids[p.node.ID], p.node.ID) }

// join decides for every id that several projects have which of them are one node.
func (s *stitcher) join() {
	s.dropped = map[place]bool{}
	all := map[string][]place{}
	for _, p := range s.projects {
		for _, n := range p.Graph.nodes {
			all[n.ID] = append(all[n.ID], place{p, n})
		}
	}
	apart := map[[2]string][]string{} // what became another node, by its package and project
	for _, id := range slices.Sorted(maps.Keys(all)) {
		places := all[id]
		home, known := s.homes[places[0].node.Package]
		slices.SortStableFunc(places, func(a, b place) int {
			return cmp.Compare(foreign(a, home, known), foreign(b, home, known))
		})
		for _, later := range places[1:] {
			if key := later.key(); key != "" && key == places[0].key() {
				s.dropped[later] = true
				s.connected[later.project.index], s.connected[places[0].project.index] = true, true
				continue
			}
			later.project.ids[id] = id + "@" + later.project.Name
			between := [2]string{later.node.Package, later.project.Name}
			apart[between] = append(apart[between], later.id())
		}
	}
	for between, ids := range apart {
		s.problems = append(s.problems, fmt.Sprintf("%s of package %s in project %s are not those of another project with the same ids: "+
			"their ids end in @%s, like %s", counted(len(ids), "node"), between[0], between[1], between[1], ids[0]))
	}
}

// foreign orders the places of one id: that of the package's own project goes first.
func foreign(p place, home int, known bool) int {
	if known && p.project.index == home {
		return 0
	}
	return 1
}

// copyNodes takes the nodes and edges of all projects. Nodes are shared with other graphs, so what changes is a copy.
func (s *stitcher) copyNodes() {
	for _, p := range slices.Backward(s.projects) {
		maps.Copy(s.macros, p.Graph.macros)
	}
	for _, p := range s.projects {
		for _, n := range p.Graph.nodes {
			at := place{p, n}
			if s.dropped[at] {
				continue
			}
			c := *n
			c.ID, c.Project = at.id(), p.Name
			if c.Test != nil && p.ids[c.Test.Attached] != "" {
				test := *c.Test
				test.Attached, c.Test = p.ids[c.Test.Attached], &test
			}
			s.nodes = append(s.nodes, &c)
			if key := at.key(); key != "" && n.Type.buildable() {
				s.builders[key] = append(s.builders[key], at)
			}
		}
		for _, e := range p.Graph.Edges() {
			s.edges = append(s.edges, Edge{From: cmp.Or(p.ids[e.From], e.From), To: cmp.Or(p.ids[e.To], e.To)})
		}
	}
}

// cross adds the edges from what one project builds to the sources of the others.
func (s *stitcher) cross() {
	for _, p := range s.projects {
		for _, n := range p.Graph.nodes {
			source := place{p, n}
			if n.Type != TypeSource {
				continue
			}
			for _, builder := range s.builders[source.key()] {
				if builder.project != p {
					s.edges = append(s.edges, Edge{From: builder.id(), To: source.id()})
					s.connected[p.index], s.connected[builder.project.index] = true, true
				}
			}
		}
	}
}

// report says what was wrong in each project, and which of them stand alone. Relations that two projects build are found by
// New.
func (s *stitcher) report() {
	for _, p := range s.projects {
		for _, problem := range p.Graph.Problems() {
			s.problems = append(s.problems, "project "+p.Name+": "+problem)
		}
		for _, from := range p.mapped.unused() {
			s.problems = append(s.problems, fmt.Sprintf("relation_map of project %s names %s, and no relation there begins so", p.Name, from))
		}
		if p.index > 0 && !s.connected[p.index] {
			s.problems = append(s.problems, fmt.Sprintf("project %s shares no relation with the others, so no edge crosses to it; "+
				"where environments name databases or schemas differently, say so in its relation_map", p.Name))
		}
	}
}
