package lineage

import (
	"cmp"
	"slices"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/page"
)

// Difference is what became of a node between two graphs.
type Difference string

// The differences. A node that is disabled, or that dbt drops from an old manifest, is not there.
const (
	Added    Difference = "added"    // only the current graph has it
	Removed  Difference = "removed"  // only the base has it; a renamed node is removed and added
	Modified Difference = "modified" // both have it, and it differs in one of its reasons
)

// Category says what a difference can do to those who use the node.
type Category string

// The categories, the worst first. A difference has the worst one that any of its reasons has.
const (
	// CategoryBreaking: a consumer can fail, or a column's meaning changes.
	CategoryBreaking Category = "breaking"
	// CategoryUnknown: it could not be proved to be any other; to be treated as breaking.
	CategoryUnknown Category = "unknown"
	// CategoryPartial: only consumers of named columns. Needs lineage of columns; nodes alone never prove it.
	CategoryPartial Category = "partial"
	// CategoryNonBreaking: something was added, and what was there is unchanged.
	CategoryNonBreaking Category = "non_breaking"
	// CategoryMetadata: nothing computed changes.
	CategoryMetadata Category = "metadata"
)

// Categories lists the categories, the worst first.
func Categories() []Category {
	return []Category{CategoryBreaking, CategoryUnknown, CategoryPartial, CategoryNonBreaking, CategoryMetadata}
}

// CompareRequest asks for the differences between two graphs of one project.
type CompareRequest struct {
	// Select keeps the differences of the nodes that it selects, removed nodes from the base; empty keeps all. Its Before is
	// the base, whatever is set.
	Select SelectRequest
	// Unrendered is Before.Unrendered.
	Unrendered bool
	// Downstream is the graph in which affected nodes are counted, where it is wider than the current one: with other
	// projects, and what headwater adds.
	Downstream *Graph
	Limit      int // 0: as many as a short answer holds
	Cursor     string
}

// Comparison lists the differences: the worst category first, then by id.
type Comparison struct {
	Changes    []NodeChange     `json:"changes"`
	ByCategory map[Category]int `json:"by_category"` // of all changes, not of this page
	Warnings   []string         `json:"warnings"`
	page.Info
}

// NodeChange is the difference of one node.
type NodeChange struct {
	ID       string     `json:"id"`
	Change   Difference `json:"change"`
	Category Category   `json:"category"`
	Why      string     `json:"why"` // what the category rests on
	Reasons  []Reason   `json:"reasons"`
	// Diff is the code before and now, as a unified diff; set where there is one change to be shown.
	Diff string `json:"diff,omitempty"`
	// StateModified says that dbt's state:modified selects the node.
	StateModified bool           `json:"state_modified"`
	Columns       *ColumnChanges `json:"columns,omitempty"` // where the artifacts of both sides know them and they differ
	// Affected counts the nodes downstream, tests apart; 0 where nothing computed changes.
	Affected int `json:"affected"`
	// Exposures names the first of them by id that use the data outside.
	Exposures []string `json:"exposures,omitempty"`
}

// maxExposures bounds the names in a change; assess_impact has them all.
const maxExposures = 3

// Compare says how the current graph of a project differs from an earlier one, node by node. What is modified is decided
// as dbt's state: methods do; changes that dbt passes over (descriptions that are not persisted, tags, columns of the
// warehouse) are listed besides, with StateModified false.
func Compare(base, current *Graph, r CompareRequest) (Comparison, error) {
	out := Comparison{Changes: []NodeChange{}, ByCategory: map[Category]int{}, Warnings: []string{}}
	if base == nil || current == nil {
		return out, fault.New(fault.Invalid, "Two sets of artifacts are needed for a comparison.")
	}
	k := &comparer{comparison: compare(base, current, r.Unrendered), current: current}
	all := k.differences()
	if r.Select.Select != "" || r.Select.Exclude != "" || r.Select.Selector != "" {
		kept, warnings, err := k.selected(r.Select)
		if err != nil {
			return out, err
		}
		out.Warnings = warnings
		all = slices.DeleteFunc(all, func(c NodeChange) bool { return !kept[c.ID] })
	}
	for _, c := range Categories() {
		out.ByCategory[c] = 0
	}
	for _, c := range all {
		out.ByCategory[c.Category]++
	}
	slices.SortFunc(all, func(a, b NodeChange) int {
		return cmp.Or(cmp.Compare(severity(a.Category), severity(b.Category)), cmp.Compare(a.ID, b.ID))
	})
	var err error
	if out.Changes, out.Info, err = page.Cut(all, r.Limit, r.Cursor); err != nil {
		return out, err
	}
	wide := cmp.Or(r.Downstream, current)
	for i := range out.Changes {
		k.count(&out.Changes[i], wide)
	}
	if r.Limit == 0 {
		fitted, _, err := page.Fit(out.Changes, 0, "")
		if err != nil {
			return out, err
		}
		out.Changes, out.Info, err = page.Cut(all, len(fitted), r.Cursor)
		return out, err
	}
	return out, nil
}

func severity(c Category) int { return slices.Index(Categories(), c) }

// comparer compares two graphs whole.
type comparer struct {
	*comparison

	current *Graph
}

func (g *Graph) has(id string) bool {
	i, ok := g.index[id]
	return ok && g.members.has(i) && g.nodes[i].Type != TypeActivation
}

func (k *comparer) differences() []NodeChange {
	var out []NodeChange
	for _, n := range k.current.nodes {
		switch {
		case !k.current.has(n.ID):
		case !k.base.has(n.ID):
			category, why := added(n)
			out = append(out, NodeChange{
				ID: n.ID, Change: Added, Category: category, Why: why, Reasons: []Reason{}, StateModified: k.modified(n),
			})
		default:
			if c, differs := k.change(k.before(n), n); differs {
				out = append(out, c)
			}
		}
	}
	for _, n := range k.base.nodes {
		if k.base.has(n.ID) && !k.current.has(n.ID) {
			category, why := k.removed(n)
			out = append(out, NodeChange{ID: n.ID, Change: Removed, Category: category, Why: why, Reasons: []Reason{}})
		}
	}
	return out
}

// selected evaluates a selection on both graphs: removed nodes are selected where they were.
func (k *comparer) selected(r SelectRequest) (map[string]bool, []string, error) {
	before := Before{}
	if r.Before != nil {
		before = *r.Before
	}
	before.Graph, before.Unrendered = k.base, k.unrendered
	r.Before = &before
	now, warnings, err := k.current.Select(r)
	if err != nil {
		return nil, nil, err
	}
	then, missing, err := k.base.Select(r)
	if err != nil {
		return nil, nil, err
	}
	kept := make(map[string]bool, len(now))
	for _, n := range now {
		kept[n.ID] = true
	}
	for _, n := range then {
		if !k.current.has(n.ID) {
			kept[n.ID] = true
		}
	}
	// A part that selects a removed node does match something.
	warnings = slices.DeleteFunc(warnings, func(w string) bool { return !slices.Contains(missing, w) })
	return kept, warnings, nil
}

// count counts what is downstream of a change. What was removed has its consumers in the base.
func (k *comparer) count(c *NodeChange, wide *Graph) {
	if c.Category == CategoryMetadata {
		return
	}
	if c.Change == Removed {
		wide = k.base
	}
	i, ok := wide.index[c.ID]
	if !ok {
		return
	}
	from := wide.newSet()
	from.add(i)
	reached := (&evaluation{g: wide}).reach(from, wide.children, -1)
	reached.subtract(wide.ofTypes(TypeTest, TypeUnitTest))
	c.Affected = reached.len()
	reached.intersect(wide.ofTypes(TypeExposure))
	reached.each(func(at int32) {
		if len(c.Exposures) < maxExposures {
			c.Exposures = append(c.Exposures, wide.nodes[at].Name)
		}
	})
}
