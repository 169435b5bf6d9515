package lineage

import (
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// method turns a criterion into a question about a node. It refuses values that dbt refuses.
type method func(e *evaluation, c *criterion) (matcher, error)

// matcher answers for the node and its number.
type matcher func(n *Node, i int32) bool

// methodNamed returns the selector method of that name, nil where there is none. Names are case-sensitive, as in dbt.
func methodNamed(name string) method {
	switch name {
	case "fqn":
		return matchFQN
	case "tag":
		return matchTag
	case "group":
		return matchGroup
	case "access":
		return matchAccess
	case "package":
		return matchPackage
	case "resource_type":
		return matchResourceType
	case "path":
		return matchPath
	case "file":
		return matchFile
	case "config":
		return matchConfig
	case "version":
		return matchVersion
	case "test_name":
		return matchTestName
	case "test_type":
		return matchTestType
	case "result":
		return matchResult
	case "source_status":
		return matchSourceStatus
	case "state":
		return matchState
	case "source":
		return matchSource
	case "selector":
		return matchSelector
	}
	if t, ok := namedTypes(name); ok {
		return matchNamed(t)
	}
	return nil
}

// scope returns the types at which a method looks, nil for all. A matcher is asked about no other node.
func scope(name string) []Type {
	switch name {
	case "source":
		return []Type{TypeSource}
	case "access", "version":
		return []Type{TypeModel}
	case "test_name", "test_type":
		return []Type{TypeTest, TypeUnitTest}
	case "config":
		return parsedTypes(TypeSource)
	case "group":
		return parsedTypes(TypeMetric)
	case "fqn":
		return slices.DeleteFunc(Types(), func(t Type) bool { return t == TypeSource })
	}
	if t, ok := namedTypes(name); ok {
		return []Type{t}
	}
	return nil
}

// parsedTypes lists what dbt keeps under "nodes" in its manifest, and one more type.
func parsedTypes(more Type) []Type {
	return []Type{TypeModel, TypeSeed, TypeSnapshot, TypeTest, TypeAnalysis, TypeOperation, TypeActivation, more}
}

func isMethod(name string) bool { return methodNamed(name) != nil }

// methodNames lists the methods in the order of dbt's documentation of them.
func methodNames() []string {
	return []string{
		"fqn", "tag", "group", "access", "source", "path", "file", "package", "config", "test_name", "test_type",
		"resource_type", "state", "exposure", "metric", "result", "source_status", "version", "semantic_model",
		"saved_query", "unit_test", "selector",
	}
}

func unknownMethod(name, raw string) error {
	return fault.New(fault.Invalid, "%q in %q is no selector method.%s Valid are: %s. A name alone selects by name, for example orders or staging.*.",
		name, raw, fault.DidYouMean(name, methodNames()), strings.Join(methodNames(), ", "))
}
