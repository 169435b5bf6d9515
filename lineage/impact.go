package lineage

import (
	"cmp"
	"slices"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/page"
)

// Change is what happens to a node or to one of its columns.
type Change string

// The changes whose impact can be asked for. An empty one means ChangeLogic.
const (
	ChangeDrop   Change = "drop"   // it is gone
	ChangeRename Change = "rename" // it is there under another name
	ChangeType   Change = "type"   // its columns, or the one named, have another type
	ChangeLogic  Change = "logic"  // its code computes something else, under the same names and types
	ChangeData   Change = "data"   // its rows are other rows, by the same code
)

// structural reports whether what reads the node may fail, rather than show other values.
func (c Change) structural() bool { return c == ChangeDrop || c == ChangeRename || c == ChangeType }

// ImpactRequest asks what a change affects. Node is an id; see ResolveColumn for names.
type ImpactRequest struct {
	Node   string
	Column string // empty: the whole node changes
	Change Change
	Depth  int // steps downstream; 0 means every step
	Facts  []ImpactFact
}

// ImpactFact tells an impact about a fact, which the graph does not know: the id of the model that carries it, the ids
// of its activation outputs, and what its columns are for ("user", "time", "dimension") by their folded names.
type ImpactFact struct {
	Name    string
	Model   string
	Outputs []string
	Roles   map[string]string
}

// Impact is everything downstream of a change, the worst first. It is immutable.
type Impact struct {
	Node      *Node
	Column    string // as the project spells it, where it knows the column
	Change    Change
	Severity  map[Severity]int // how many nodes of each; absent where none
	Exposures []AffectedExposure
	Facts     []AffectedFact
	Owners    []AffectedOwner
	Notes     []string // what is true of the changed node itself, and what cannot be known

	graph  *Graph
	facts  map[string][]string // names by the id of their model
	roles  map[string]string   // what the changed column is for, by the id of an output of a fact of the changed node
	reach  reach
	found  []hit // in the order of the answer
	change changed
}

// Affected is a node that a change reaches.
type Affected struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Type     Type     `json:"type"`
	Distance int      `json:"distance"`
	Path     []string `json:"path"` // a shortest one, from the changed node to this one; of several the first by id
	Severity Severity `json:"severity"`
	Owner    string   `json:"owner,omitempty"`
	Why      string   `json:"why"`
	Proof    Proof    `json:"proof,omitempty"` // of a column's change only
}

// AffectedExposure is what uses the data outside the project, and is reached.
type AffectedExposure struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Kind     string `json:"kind,omitempty"` // dashboard, notebook, analysis, ml or application
	Owner    string `json:"owner,omitempty"`
	URL      string `json:"url,omitempty"`
	Distance int    `json:"distance"`
}

// AffectedFact is a fact whose model changes or is reached. Distance is 0 where the model itself changes.
type AffectedFact struct {
	Name     string   `json:"name"`
	Model    string   `json:"model"`
	Outputs  []string `json:"outputs"`
	Distance int      `json:"distance"`
	Why      string   `json:"why"`
}

// AffectedOwner is somebody to tell: how many of the affected nodes are theirs.
type AffectedOwner struct {
	Owner string `json:"owner"`
	Nodes int    `json:"nodes"`
}

// hit is an affected node: its severity, its distance and its number in one, so that hits sort as numbers do.
type hit uint64

func newHit(severity int8, steps, node int32) hit {
	return hit(severity)<<56 | hit(steps)<<28 | hit(node) //nolint:gosec // none is negative, steps and nodes are far below 2^28
}

func (h hit) node() int32        { return int32(h & (1<<28 - 1)) }
func (h hit) severity() Severity { return severities[h>>56] }

// Impact finds what a change affects: every node downstream within the depth, apart from tests that provably read only
// other columns than the one that changes. An unknown node is NotFound, an unknown change Invalid, and so is a column
// that the node, whose columns are all known, does not have.
func (g *Graph) Impact(r ImpactRequest) (*Impact, error) {
	start, err := g.number(r.Node)
	if err != nil {
		return nil, err
	}
	if r.Depth < 0 {
		return nil, fault.New(fault.Invalid, "depth is %d. It counts steps from 1; 0 means every step.", r.Depth)
	}
	r.Change = cmp.Or(r.Change, ChangeLogic)
	if !slices.Contains([]Change{ChangeDrop, ChangeRename, ChangeType, ChangeLogic, ChangeData}, r.Change) {
		return nil, fault.New(fault.Invalid, "%q is no change. Valid are: drop, rename, type, logic, data.", r.Change)
	}
	m := &Impact{
		Node: g.nodes[start], Change: r.Change, Severity: map[Severity]int{}, Notes: []string{}, Exposures: []AffectedExposure{},
		graph: g, facts: map[string][]string{}, roles: map[string]string{},
	}
	if m.change, err = g.changed(start, r); err != nil {
		return nil, err
	}
	m.Column = m.change.column
	for _, f := range r.Facts {
		m.facts[f.Model] = append(m.facts[f.Model], f.Name)
		if role := f.Roles[m.change.folded]; role != "" && f.Model == r.Node && m.Column != "" {
			for _, id := range f.Outputs {
				m.roles[id] = role
			}
		}
	}
	m.reach = g.reachFrom(start, r.Depth)
	m.collect()
	m.Facts = m.affectedFacts(r.Facts)
	m.note()
	return m, nil
}

// collect weighs what was reached, orders it and counts it.
func (m *Impact) collect() {
	m.found = make([]hit, 0, len(m.reach.order))
	owners, count := map[string]int{}, [len(severities)]int{}
	for _, i := range m.reach.order {
		n := m.graph.nodes[i]
		if m.change.sparedTest(n) {
			m.change.spared++
			continue
		}
		severity := m.severity(m.marks(i))
		m.found = append(m.found, newHit(severity, m.reach.steps[i], i))
		count[severity]++
		if n.Owner != "" {
			owners[n.Owner]++
		}
	}
	slices.Sort(m.found)
	for severity, nodes := range count {
		if nodes > 0 {
			m.Severity[severities[severity]] = nodes
		}
	}
	for _, h := range m.found {
		if n := m.graph.nodes[h.node()]; n.Type == TypeExposure {
			m.Exposures = append(m.Exposures, exposureOf(n, int(m.reach.steps[h.node()])))
		}
	}
	m.Owners = make([]AffectedOwner, 0, len(owners))
	for owner, nodes := range owners {
		m.Owners = append(m.Owners, AffectedOwner{owner, nodes})
	}
	slices.SortFunc(m.Owners, func(a, b AffectedOwner) int {
		return cmp.Or(cmp.Compare(b.Nodes, a.Nodes), cmp.Compare(a.Owner, b.Owner))
	})
}

func exposureOf(n *Node, distance int) AffectedExposure {
	e := AffectedExposure{ID: n.ID, Name: n.Name, Owner: n.Owner, Distance: distance}
	if n.Usage != nil {
		e.Kind, e.URL = n.Usage.Kind, n.Usage.URL
	}
	return e
}

// affectedFacts lists the facts whose model is the changed node or downstream of it, by name.
func (m *Impact) affectedFacts(facts []ImpactFact) []AffectedFact {
	out := []AffectedFact{}
	for _, f := range facts {
		i, ok := m.graph.index[f.Model]
		if !ok || !m.reach.has(i) {
			continue
		}
		outputs := append([]string{}, f.Outputs...)
		out = append(out, AffectedFact{
			Name: f.Name, Model: f.Model, Outputs: outputs, Distance: int(m.reach.steps[i]), Why: m.whyFact(f, int(m.reach.steps[i])),
		})
	}
	slices.SortFunc(out, func(a, b AffectedFact) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Nodes returns all affected nodes in the order of the answer.
func (m *Impact) Nodes() []*Node {
	out := make([]*Node, len(m.found))
	for k, h := range m.found {
		out[k] = m.graph.nodes[h.node()]
	}
	return out
}

// Page returns a page of the affected nodes: the most severe first, then the nearest, then by id.
func (m *Impact) Page(limit int, cursor string) ([]Affected, page.Info, error) {
	hits, info, err := page.Cut(m.found, limit, cursor)
	if err != nil {
		return nil, info, err
	}
	out := make([]Affected, len(hits))
	for k, h := range hits {
		n := m.graph.nodes[h.node()]
		path := m.graph.ids(m.reach.path(h.node()))
		out[k] = Affected{
			ID: n.ID, Name: n.Name, Type: n.Type, Distance: len(path) - 1, Path: path,
			Severity: h.severity(), Owner: n.Owner,
		}
		out[k].Why, out[k].Proof = m.why(h.node(), m.marks(h.node()))
	}
	return out, info, nil
}
