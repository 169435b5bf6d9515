package lineage

import (
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// stateNames lists the values of the state method.
func stateNames() []string {
	return []string{
		"new", "old", "modified", "unmodified", "modified.body", "modified.configs", "modified.persisted_descriptions",
		"modified.relation", "modified.macros", "modified.contract",
	}
}

// matchState selects nodes by how they compare with an earlier manifest. What headwater itself adds to a graph is in no
// manifest and never selected, nor is what another project defines.
func matchState(e *evaluation, c *criterion) (matcher, error) {
	if e.before == nil || e.before.Graph == nil {
		return nil, fault.New(fault.Invalid,
			"%q compares with an earlier manifest, and none is given. Name one with state: previous, an invocation id, or a folder with a manifest.json.", c.raw)
	}
	if e.states == nil {
		e.states = compare(e.before.Graph, e.g, e.before.Unrendered)
	}
	states := e.states
	var holds func(n *Node) bool
	switch c.value {
	case "new":
		holds = func(n *Node) bool { return states.before(n) == nil }
	case "old":
		holds = func(n *Node) bool { return states.before(n) != nil }
	case "modified":
		holds = states.modified
	case "unmodified":
		holds = func(n *Node) bool { return !states.modified(n) }
	case "modified.body", "modified.configs", "modified.persisted_descriptions", "modified.relation", "modified.macros",
		"modified.contract":
		a := aspect(strings.TrimPrefix(c.value, "modified."))
		holds = func(n *Node) bool { return states.differs(a, n) }
	default:
		return nil, fault.New(fault.Invalid, "%q is no state.%s Valid are: %s.",
			c.raw, fault.DidYouMean(c.value, stateNames()), strings.Join(stateNames(), ", "))
	}
	project := e.before.Project
	return func(n *Node, _ int32) bool {
		return n.Type != TypeActivation && (n.Project == "" || n.Project == project) && holds(n)
	}, nil
}
