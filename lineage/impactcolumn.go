package lineage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// Proof says how sure it is that a change of a column reaches a node. Columns are not followed through SQL: only what
// the artifacts declare is proved.
type Proof string

// How sure it is.
const (
	// ProofProved: the artifacts say that the node reads the column, as a test of it does.
	ProofProved Proof = "proved"
	// ProofHinted: the node has a column of the same name, and so has every node between.
	ProofHinted Proof = "hinted"
	// ProofPossible: the node depends on the changed one; whether on this column cannot be told.
	ProofPossible Proof = "possible"
)

// changed is the column that changes; the zero value is a change of the whole node.
type changed struct {
	column string // as the project spells it
	folded string
	node   *Node
	known  *Column // nil where the artifacts do not list it
	spared int     // tests left out because they read other columns
}

// ResolveColumn finds the node, and where ref ends in a column's name the column, that ref means: orders, orders.amount,
// model.shop.orders.amount, db.main.orders.amount. What Resolve finds whole is a node without a column.
func (g *Graph) ResolveColumn(ref string) (n *Node, column string, err error) {
	ref = strings.TrimSpace(ref)
	if dot := strings.LastIndexByte(ref, '.'); dot > 0 && dot < len(ref)-1 && len(g.meant(ref)) == 0 && len(g.meant(ref[:dot])) > 0 {
		ref, column = ref[:dot], strings.TrimSpace(ref[dot+1:])
	}
	if n, err = g.Resolve(ref); fault.KindOf(err) == fault.NotFound {
		// Where nothing is called nearly so as a whole, the node before the column may be.
		dot := strings.LastIndexByte(ref, '.')
		if dot > 0 && fault.DidYouMean(ref, g.vocabulary(true)) == "" && fault.DidYouMean(ref[:dot], g.vocabulary(false)) != "" {
			err = g.unknown(ref[:dot])
		}
	}
	return n, column, err
}

func foldColumn(name string) string { return foldRelation(name) }

// columnOf finds a column in any case.
func (n *Node) columnOf(folded string) *Column {
	for k := range n.Columns {
		if foldColumn(n.Columns[k].Name) == folded {
			return &n.Columns[k]
		}
	}
	return nil
}

// changed checks the column of a request. Declared columns can be a few of many: only where each has a type, as a
// catalog or a contract gives, the list is taken to be whole and another name refused.
func (g *Graph) changed(i int32, r ImpactRequest) (changed, error) {
	n := g.nodes[i]
	if r.Column == "" {
		return changed{}, nil
	}
	c := changed{column: r.Column, folded: foldColumn(r.Column), node: n}
	if c.known = n.columnOf(c.folded); c.known != nil {
		c.column = c.known.Name
		return c, nil
	}
	for _, child := range g.children.of(i) {
		if c.tests(g.nodes[child]) {
			return c, nil
		}
	}
	var names []string
	for _, col := range n.Columns {
		if col.Type == "" {
			return c, nil
		}
		names = append(names, col.Name)
	}
	if len(names) == 0 {
		return c, nil
	}
	return c, fault.New(fault.Invalid, "%s has no column %q.%s get_node with include columns lists its %d columns.",
		n.ID, r.Column, fault.DidYouMean(r.Column, names), len(names))
}

// tests reports whether a test is of the column that changes: by its own column, or as the other end of a relationship.
func (c *changed) tests(n *Node) bool {
	t := n.Test
	if t == nil || c.node == nil {
		return false
	}
	if t.Attached == c.node.ID && t.Column != "" && foldColumn(t.Column) == c.folded {
		return true
	}
	field, _ := t.Kwargs["field"].(string)
	to, _ := t.Kwargs["to"].(string)
	named := strings.Contains(to, "'"+c.node.Name+"'") || strings.Contains(to, `"`+c.node.Name+`"`)
	return t.Name == "relationships" && named && foldColumn(field) == c.folded
}

// oneColumn are dbt's own tests that read no column but the one that they are of.
var oneColumn = []string{"not_null", "unique", "accepted_values"} //nolint:gochecknoglobals // constant

// sparedTest reports whether a test provably reads only other columns of the changed node. A condition could read any.
func (c *changed) sparedTest(n *Node) bool {
	t := n.Test
	if t == nil || c.node == nil || t.Attached != c.node.ID || t.Column == "" || t.Namespace != "" || n.Config["where"] != nil {
		return false
	}
	return slices.Contains(oneColumn, t.Name) && foldColumn(t.Column) != c.folded
}

// columnEffect says what a change of one column does to a node, and how sure that is.
func (m *Impact) columnEffect(i int32, n *Node) (string, Proof) {
	if m.reach.steps[i] == 1 && m.change.tests(n) {
		switch m.Change {
		case ChangeDrop, ChangeRename:
			return "tests this column and fails without it", ProofProved
		case ChangeType, ChangeLogic, ChangeData:
			return "tests this column and may fail", ProofProved
		}
	}
	if role := m.roles[n.ID]; role != "" {
		if m.Change.structural() {
			return "computed from this column, the fact's " + role + " column: fails until the fact is declared anew", ProofProved
		}
		return "computed from this column, the fact's " + role + " column", ProofProved
	}
	effect := "its values may change"
	if m.Change.structural() {
		effect = "it may fail"
	}
	if m.named(i) {
		return fmt.Sprintf("has a column %s, and so has every node between: a hint that it is passed on, then %s", m.Column, effect), ProofHinted
	}
	if m.reach.steps[i] == 1 {
		return "reads the node; if this column, " + effect, ProofPossible
	}
	return "depends on the node; if on this column, " + effect, ProofPossible
}

// named reports whether a node and all on its path have a column of the name that changes.
func (m *Impact) named(i int32) bool {
	for ; i != m.reach.start; i = m.reach.from[i] {
		if m.graph.nodes[i].columnOf(m.change.folded) == nil {
			return false
		}
	}
	return true
}

// note says what is true of the changed node itself and what the answer cannot know.
func (m *Impact) note() {
	add := func(format string, args ...any) { m.Notes = append(m.Notes, fmt.Sprintf(format, args...)) }
	n, c := m.Node, m.change
	if len(m.found) == 0 {
		add("Nothing in the project depends on %s.", n.Name)
	}
	if n.ContractEnforced && m.Change.structural() && (c.node == nil || c.known != nil) {
		what := "its columns"
		if c.node != nil {
			what = c.column
		}
		add("%s itself enforces a contract that names %s: its own build fails until the contract is changed too.", n.Name, what)
	}
	if n.Access == "public" && m.Change.structural() {
		add("%s is public: projects that are not in this graph may read it.", n.Name)
	}
	if c.node == nil {
		return
	}
	if c.known == nil {
		add("The artifacts do not list a column %s of %s, nor all of its columns: whether it exists was not checked.", c.column, n.Name)
	}
	add("Columns are not followed through SQL: proved is what declares that it reads the column (a test, a fact); everything else downstream may or may not.")
	if c.spared > 0 {
		add("Left out because they read other columns only: %s.", counted(c.spared, "test"))
	}
}
