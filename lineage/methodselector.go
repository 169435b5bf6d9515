package lineage

import (
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// matchSelector selects what the selectors of selectors.yml with that name select; wildcards name several.
func matchSelector(e *evaluation, c *criterion) (matcher, error) {
	if e.selectors == nil {
		_, _, err := e.selectors.spec(c.value, e.indirect)
		return nil, err
	}
	p := compilePattern(c.value)
	found, matched := e.g.newSet(), false
	for _, name := range slices.Sorted(slices.Values(e.selectors.names)) {
		if !p.match(name) {
			continue
		}
		matched = true
		chosen, err := e.named(name)
		if err != nil {
			return nil, err
		}
		found.union(chosen)
	}
	if !matched {
		return nil, e.selectors.unknown(c.value)
	}
	return func(_ *Node, i int32) bool { return found.has(i) }, nil
}

// named evaluates a selector of selectors.yml, down to the types that were asked for.
func (e *evaluation) named(name string) (set, error) {
	if k := slices.Index(e.inside, name); k >= 0 {
		return nil, fault.New(fault.Invalid, "Selectors in selectors.yml refer to each other in a circle: %s.",
			strings.Join(append(slices.Clone(e.inside[k:]), name), " → "))
	}
	s, d, err := e.selectors.spec(name, e.indirect)
	if err != nil {
		return nil, err
	}
	e.inside = append(e.inside, name)
	chosen, _, err := e.eval(s)
	e.inside = e.inside[:len(e.inside)-1]
	if err != nil {
		return nil, err
	}
	e.remarkTexts(name, d.texts)
	chosen.intersect(e.types)
	return chosen, nil
}
