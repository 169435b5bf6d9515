package lineage

import (
	"slices"
	"strings"
)

// reportShared reports relations that several nodes build: dbt refuses two in one project, and projects that are stitched,
// or a manifest that another tool wrote, can have them. Whoever reads such a relation reads what was built last.
func (g *Graph) reportShared() {
	for name, numbers := range g.names.relation {
		if len(numbers) < 2 {
			continue
		}
		var who []string
		for _, n := range g.at(numbers) {
			if !n.Type.buildable() || foldRelation(n.Relation) != name {
				continue
			}
			called := n.ID
			if n.Project != "" {
				called += " of project " + n.Project
			}
			who = append(who, called)
		}
		if len(who) > 1 {
			g.reportf("%s is built by %s: each overwrites the other", name, strings.Join(who, " and by "))
		}
	}
	slices.Sort(g.problems)
}
