// Package initialise looks at a dbt project for somebody who has no headwater.yaml yet: it proposes facts, each with
// the reason in words, and renders the file.
//
// It guesses from names, types, configs and tests that the artifacts tell, and reads no rows; a proposal is for a person
// to confirm. What a fact is, and whether the file is right, is left to packages activation and config.
//
// Invariants: the same graph gives the same proposals in the same order; a rendered file loads.
package initialise

import (
	"cmp"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/lineage"
)

// Proposal is a fact that a project seems to have.
type Proposal struct {
	Fact activation.Fact
	// Why says in a sentence what speaks for it.
	Why string
}

const (
	// most is how many proposals a person still reads.
	most = 3
	// enough is the score below which a model is not worth proposing: a fitting name alone, or fitting columns in a
	// model that is named like something else, do not reach it.
	enough = 12
	// within is how far behind the best a further proposal may be.
	within = 12
)

// candidate is a model with the best columns it has for a fact.
type candidate struct {
	node       *lineage.Node
	user, time column
	dimensions []string
	reasons    []string
	score      int
}

// Propose returns the facts that the models of a graph suggest, best first, at most three. Columns are known only where
// catalog.json or the project's YAML lists them; a model without known columns is never proposed.
func Propose(g *lineage.Graph) []Proposal {
	unique := uniqueColumns(g)
	earlier := upstream(g, Declared(g))
	var found []candidate
	for _, n := range g.Nodes() {
		if c, ok := consider(n, unique); ok && c.score >= enough && !earlier[n.ID] {
			found = append(found, c)
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.node.ID, b.node.ID))
	})
	out := []Proposal{}
	taken := map[string]bool{}
	for _, c := range found {
		if len(out) == most || c.score < found[0].score-within {
			break
		}
		name := factName(c.node.Name)
		if taken[name] || earlier[c.node.ID] {
			continue // the same events a layer earlier
		}
		taken[name] = true
		for id := range upstream(g, []*lineage.Node{c.node}) {
			earlier[id] = true
		}
		out = append(out, Proposal{Fact: c.fact(g, name), Why: c.why()})
	}
	return out
}

func (c *candidate) fact(g *lineage.Graph, name string) activation.Fact {
	model := c.node.Name
	if same, err := g.Resolve(model); err != nil || same.ID != c.node.ID {
		model = c.node.ID
	}
	return activation.Fact{
		Name: name, Model: model, User: c.user.name, Time: c.time.name, Grains: []string{"day", "week", "month"},
		Dimensions: c.dimensions,
	}
}

// why is a sentence or two, in one line.
func (c *candidate) why() string {
	s := c.node.Name + " is " + strings.Join(c.reasons, " and ") + ": " + c.user.why + ", " + c.time.why + "."
	if len(c.reasons) == 0 {
		s = "In " + c.node.Name + " " + c.user.why + ", " + c.time.why + "."
	}
	return oneLine(s)
}

// consider finds a model's best columns for a fact and how well it fits; false where it cannot be one.
func consider(n *lineage.Node, unique map[string]map[string]bool) (candidate, bool) {
	c := candidate{node: n}
	if n.Type != lineage.TypeModel || n.Unselectable || declared(n) {
		return c, false
	}
	switch n.Materialized {
	case "incremental":
		c.add(2, "an incremental model")
	case "table", "materialized_view", "dynamic_table":
		c.add(1, "a table")
	case "view":
		c.add(-2, "")
	default:
		return c, false
	}
	c.user, c.time = best(n, userScore), best(n, timeScore)
	if event := columnNamed(n, n.Build.EventTime); n.Build.EventTime != "" {
		c.time = column{event, eventTimeScore, event + " is dbt's event_time"}
	}
	if c.user.score == 0 || c.time.score == 0 || unique[n.ID][strings.ToLower(c.user.name)] {
		return c, false // without a user or a time it is no fact, and one row a user is a list of users
	}
	points, reason := nameScore(n.Name)
	c.add(points, reason)
	c.score += c.user.score + c.time.score
	c.dimensions = dimensions(n, c.user.name, c.time.name)
	return c, true
}

func (c *candidate) add(points int, reason string) {
	c.score += points
	if reason != "" && points > 0 {
		c.reasons = append(c.reasons, reason)
	}
}

// Declared returns the models that say themselves, in their meta, that they are facts or outputs of facts; by id.
func Declared(g *lineage.Graph) []*lineage.Node {
	return slices.DeleteFunc(slices.Clone(g.Nodes()), func(n *lineage.Node) bool { return !declared(n) })
}

func declared(n *lineage.Node) bool {
	if _, ok := n.Meta["activation"]; ok {
		return true
	}
	meta, _ := n.Meta["headwater"].(map[string]any)
	return meta["fact"] != nil || meta["output"] != nil
}

// upstream returns the ids of everything that nodes are made of, without themselves.
func upstream(g *lineage.Graph, nodes []*lineage.Node) map[string]bool {
	out := map[string]bool{}
	for queue := slices.Clone(nodes); len(queue) > 0; queue = queue[1:] {
		for _, parent := range g.Parents(queue[0].ID) {
			if !out[parent.ID] {
				out[parent.ID] = true
				queue = append(queue, parent)
			}
		}
	}
	return out
}

// uniqueColumns returns, by node id, the columns that a unique test of dbt is on, in lower case.
func uniqueColumns(g *lineage.Graph) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, n := range g.Nodes() {
		if n.Test == nil || n.Test.Name != "unique" || n.Test.Attached == "" || n.Test.Column == "" {
			continue
		}
		if out[n.Test.Attached] == nil {
			out[n.Test.Attached] = map[string]bool{}
		}
		out[n.Test.Attached][strings.ToLower(n.Test.Column)] = true
	}
	return out
}
