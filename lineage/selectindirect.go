package lineage

import (
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// Indirect says which tests a selection brings along with the nodes that they test.
type Indirect string

// The ways of dbt's --indirect-selection.
const (
	// Eager brings every test that has any of its parents selected.
	Eager Indirect = "eager"
	// Cautious brings a test when all its parents are selected.
	Cautious Indirect = "cautious"
	// Buildable is Cautious, where ancestors of the selected count as selected.
	Buildable Indirect = "buildable"
	// Empty brings no test.
	Empty Indirect = "empty"
)

func parseIndirect(i Indirect) (Indirect, error) {
	switch i {
	case "":
		return Eager, nil
	case Eager, Cautious, Buildable, Empty:
		return i, nil
	}
	names := []string{string(Eager), string(Cautious), string(Buildable), string(Empty)}
	return "", fault.New(fault.Invalid, "%q is no way to select tests indirectly.%s Valid are: %s.",
		i, fault.DidYouMean(string(i), names), strings.Join(names, ", "))
}

// expand adds to a criterion's nodes the tests that come along, and returns apart those that wait for further parents.
func (e *evaluation) expand(selected set, mode Indirect) (direct, pending set) {
	direct, pending = selected.clone(), e.g.newSet()
	if mode == Empty {
		return direct, pending
	}
	tests := e.g.ofTypes(TypeTest, TypeUnitTest)
	tests.intersect(e.g.members)
	enough := selected
	if mode == Buildable {
		enough = e.withAncestors(selected)
		enough.union(e.g.ofTypes(TypeSource))
	}
	selected.each(func(i int32) {
		for _, child := range e.g.children.of(i) {
			switch {
			case !tests.has(child):
			case mode == Eager, enough.hasAll(e.g.parents.of(child)):
				direct.add(child)
			default:
				pending.add(child)
			}
		}
	})
	return direct, pending
}

// complete adds to a group's nodes the waiting tests whose parents all came together in the group. dbt does not look at
// unit tests here, they have one parent; nor does it let sources pass as buildable, as expand does.
func (e *evaluation) complete(direct, pending set, mode Indirect) set {
	if mode != Cautious && mode != Buildable {
		return direct
	}
	enough := direct.clone()
	if mode == Buildable {
		enough = e.withAncestors(direct)
	}
	out := direct.clone()
	tests := e.g.ofTypes(TypeTest)
	pending.each(func(i int32) {
		if tests.has(i) && enough.hasAll(e.g.parents.of(i)) {
			out.add(i)
		}
	})
	return out
}

func (e *evaluation) withAncestors(selected set) set {
	out := selected.clone()
	out.union(e.reach(selected, e.g.parents, -1))
	return out
}
