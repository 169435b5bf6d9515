package lineage

import (
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// matchSource selects sources by source, source.table or package.source.table.
func matchSource(_ *evaluation, c *criterion) (matcher, error) {
	parts := strings.Split(c.value, ".")
	if len(parts) > 3 {
		return nil, fault.New(fault.Invalid,
			"%q has %d parts. A source is named source, source.table or package.source.table; a dot inside a name is matched by ?.",
			c.raw, len(parts))
	}
	pkg, source, table := "*", parts[0], "*"
	switch len(parts) {
	case 2:
		table = parts[1]
	case 3:
		pkg, source, table = parts[0], parts[1], parts[2]
	}
	inPackage, inSource, named := compilePattern(pkg), compilePattern(source), compilePattern(table)
	return func(n *Node, _ int32) bool {
		return n.Source != nil && inPackage.match(n.Package) && inSource.match(n.Source.Name) && named.match(n.Name)
	}, nil
}

// namedTypes returns the type that a method of the same name selects by name.
func namedTypes(name string) (Type, bool) {
	switch t := Type(name); t {
	case TypeExposure, TypeMetric, TypeSemanticModel, TypeSavedQuery, TypeUnitTest:
		return t, true
	case TypeModel, TypeSeed, TypeSnapshot, TypeSource, TypeTest, TypeAnalysis, TypeOperation, TypeFunction, TypeActivation:
	}
	return "", false
}

// matchNamed is the method that selects nodes of one type by name or package.name.
func matchNamed(t Type) method {
	return func(_ *evaluation, c *criterion) (matcher, error) {
		pkg, name, scoped := strings.Cut(c.value, ".")
		if !scoped {
			pkg, name = "*", c.value
		}
		if strings.Contains(name, ".") {
			return nil, fault.New(fault.Invalid, "%q has more than two parts. Write %s:name or %s:package.name.", c.raw, t, t)
		}
		inPackage, named := compilePattern(pkg), compilePattern(name)
		return func(n *Node, _ int32) bool {
			return inPackage.match(n.Package) && named.match(n.Name)
		}, nil
	}
}
