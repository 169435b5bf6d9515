package lineage

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// why says in one sentence what a node is for and what the change does to it, no more than the artifacts prove.
func (m *Impact) why(i int32, found marks) (string, Proof) {
	n := m.graph.nodes[i]
	reasons := m.reasons(i, n, found)
	if m.Column == "" {
		return sentence(append(reasons, m.effect(i, n))), ""
	}
	words, proof := m.columnEffect(i, n)
	return sentence(append(reasons, words)), proof
}

func (m *Impact) reasons(i int32, n *Node, found marks) (out []string) {
	add := func(mark marks, format string, args ...any) {
		if found&mark != 0 {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	if found&markExposure != 0 {
		out = append(out, exposureWords(n))
	}
	if m.Change.structural() {
		add(markContract, "enforces a contract, so its build fails if its columns or types change")
	} else {
		add(markContract, "enforces a contract, which checks names and types and not values")
	}
	if found&markFact != 0 {
		add(markFact, "carries fact %s", strings.Join(m.facts[n.ID], ", "))
	}
	add(markOutput, "activation output")
	add(markPublic, "public: other projects may read it")
	add(markSnapshot, "snapshot: what it recorded stays as it is")
	add(markIncremental, "incremental: rows already built stay as they are until rebuilt")
	if found&markTested != 0 {
		add(markTested, "%s", counted(m.graph.columnTests(i), "column test"))
	}
	add(markQueried, "%s, asked for by name", strings.ReplaceAll(string(n.Type), "_", " "))
	return out
}

func exposureWords(n *Node) string {
	kind := "exposure"
	if n.Usage != nil && n.Usage.Kind != "" {
		kind = n.Usage.Kind
	}
	if n.Usage != nil && n.Usage.Maturity != "" {
		kind += " of " + n.Usage.Maturity + " maturity"
	}
	return kind + " outside dbt, which no dbt run checks"
}

// effect says what a change of the whole node does.
func (m *Impact) effect(i int32, n *Node) string {
	direct := m.reach.steps[i] == 1
	check := n.Type == TypeTest || n.Type == TypeUnitTest
	switch m.Change {
	case ChangeDrop, ChangeRename:
		gone := "reads it and fails once it is gone"
		if m.Change == ChangeRename {
			gone = "reads it and fails until it uses the new name"
		}
		if direct {
			return gone
		}
		return "not refreshed while " + m.hop(i).Name + " fails"
	case ChangeType:
		if direct {
			return "reads it: may fail or convert where types are compared or inserted"
		}
		return "may get other types, or fail"
	case ChangeLogic, ChangeData:
		if check {
			return "may pass or fail otherwise than before"
		}
	}
	if direct {
		return "reads it: values may change"
	}
	return "values may change"
}

// hop is the first node on the path to another one: what reads the changed node.
func (m *Impact) hop(i int32) *Node {
	for m.reach.from[i] != m.reach.start {
		i = m.reach.from[i]
	}
	return m.graph.nodes[i]
}

func (m *Impact) whyFact(f ImpactFact, distance int) string {
	role := f.Roles[foldColumn(m.Column)]
	switch {
	case distance > 0:
		return fmt.Sprintf("Its model is %s downstream; its active users may change.", counted(distance, "step"))
	case m.Column == "":
		return "Its model is what changes."
	case role == "":
		return "Its model has the column, and the fact does not use it; its rows may still be chosen by it."
	}
	return fmt.Sprintf("The column is its %s column.", role)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// sentence joins clauses and begins with a capital.
func sentence(clauses []string) string {
	text := strings.Join(clauses, "; ")
	if text == "" {
		return ""
	}
	_, first := utf8.DecodeRuneInString(text)
	return strings.ToUpper(text[:first]) + text[first:] + "."
}
