package lineage

import (
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// Kinds of tests in Test.Kind.
const (
	KindGeneric  = "generic"
	KindSingular = "singular"
	KindUnit     = "unit"
)

// kindData is dbt's old word for generic and singular tests together.
const kindData = "data"

// matchTestName selects generic tests by the name of their macro, and unit tests by their own.
func matchTestName(_ *evaluation, c *criterion) (matcher, error) {
	p := compilePattern(c.value)
	return func(n *Node, _ int32) bool {
		return n.Test != nil && n.Test.Kind != KindSingular && p.match(n.Test.Name)
	}, nil
}

// matchTestType selects tests by kind: generic (or schema), singular, unit, and data for the first two. dbt asks
// whether the value is a part of the word, so "dat" and an empty value pass; headwater answers alike.
func matchTestType(_ *evaluation, c *criterion) (matcher, error) {
	var kinds string
	switch {
	case c.value == "generic", c.value == "schema":
		kinds = KindGeneric
	case strings.Contains(kindData, c.value):
		kinds = KindGeneric + " " + KindSingular
	case strings.Contains(KindSingular, c.value):
		kinds = KindSingular
	case strings.Contains(KindUnit, c.value):
		kinds = KindUnit
	default:
		names := []string{KindGeneric, KindSingular, KindUnit, kindData}
		return nil, fault.New(fault.Invalid, "%q is no kind of test.%s Valid are: %s.",
			c.raw, fault.DidYouMean(c.value, names), strings.Join(names, ", "))
	}
	return func(n *Node, _ int32) bool {
		return n.Test != nil && strings.Contains(kinds, n.Test.Kind)
	}, nil
}
