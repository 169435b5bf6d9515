package lineage

import "strings"

// matchFQN selects by name: the node's name, or its dotted path of package and folders, with or without the package,
// down to any depth. Wildcards reach over dots. Sources have a method of their own.
func matchFQN(e *evaluation, c *criterion) (matcher, error) {
	if c.value == "*" {
		return func(*Node, int32) bool { return true }, nil
	}
	f := newFQNFilter(c.value)
	return func(n *Node, i int32) bool {
		joined := e.g.fqns[i]
		if f.rest == nil && !strings.Contains(joined, f.value) && !e.g.versioned.has(i) {
			return false // most nodes of most selections; only a version's name is written otherwise than it is joined
		}
		if len(n.FQN) == 0 {
			return false
		}
		return f.match(n, n.FQN, joined) ||
			len(n.FQN) > 1 && f.match(n, n.FQN[1:], joined[len(n.FQN[0])+1:])
	}, nil
}

// fqnFilter is a value of the fqn method, taken apart once.
type fqnFilter struct {
	value string
	tail  string  // the last two parts joined by an underscore: dim_v2 also means dim.v2
	parts int     // how many dots plus one
	fixed string  // the leading parts without wildcards, with the dot after them
	rest  pattern // from the first part with a wildcard on; nil where there is none
	whole pattern // the value as a pattern, where it has a wildcard
}

func newFQNFilter(value string) fqnFilter {
	parts := strings.Split(value, ".")
	f := fqnFilter{value: value, parts: len(parts), tail: strings.Join(parts[max(0, len(parts)-2):], "_")}
	for k, part := range parts {
		if strings.ContainsAny(part, "*?[]") {
			f.fixed = strings.Join(parts[:k], ".")
			if k > 0 {
				f.fixed += "."
			}
			f.rest, f.whole = compilePattern(strings.Join(parts[k:], ".")), compilePattern(value)
			break
		}
	}
	return f
}

// match compares with an fqn, as a list and joined by dots: dots in a node's name separate like any other.
func (f fqnFilter) match(n *Node, fqn []string, joined string) bool {
	last := len(fqn) - 1
	switch {
	case !n.Versioned():
		if f.isName(fqn[last]) {
			return true
		}
	case last > 0 && (f.isName(fqn[last-1]) || fqn[last-1]+"_"+fqn[last] == f.tail):
		return true
	}
	if f.rest == nil {
		after, ok := strings.CutPrefix(joined, f.value)
		return ok && (after == "" || after[0] == '.')
	}
	after, ok := strings.CutPrefix(joined, f.fixed)
	return ok && strings.Count(joined, ".")+1 >= f.parts && f.rest.match(after)
}

// isName reports whether the value, or its pattern, is the whole name.
func (f fqnFilter) isName(name string) bool {
	return name == f.value || f.rest != nil && f.whole.match(name)
}
