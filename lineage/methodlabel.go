package lineage

import (
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// matchTag selects nodes with a tag.
func matchTag(_ *evaluation, c *criterion) (matcher, error) {
	p := compilePattern(c.value)
	return func(n *Node, _ int32) bool { return slices.ContainsFunc(n.Tags, p.match) }, nil
}

// matchGroup selects members of a group.
func matchGroup(_ *evaluation, c *criterion) (matcher, error) {
	p := compilePattern(c.value)
	return func(n *Node, _ int32) bool {
		group, _ := n.Config["group"].(string)
		return group != "" && p.match(group)
	}, nil
}

// matchAccess selects models by access: private, protected or public.
func matchAccess(_ *evaluation, c *criterion) (matcher, error) {
	return func(n *Node, _ int32) bool { return n.Access == c.value }, nil
}

// matchPackage selects by package; "this" is the root project.
func matchPackage(e *evaluation, c *criterion) (matcher, error) {
	value := c.value
	if value == "this" && e.g.project != "" {
		value = e.g.project
	}
	p := compilePattern(value)
	return func(n *Node, _ int32) bool { return p.match(n.Package) }, nil
}

// matchResourceType selects by type. It takes no wildcards.
func matchResourceType(e *evaluation, c *criterion) (matcher, error) {
	// dbt knows further types that are never nodes of a graph: they are valid and select nothing.
	neverNodes := []string{"rpc", "sql operation", "doc", "macro", "group", "fixture"}
	if names := typeNames(); !slices.Contains(names, c.value) && !slices.Contains(neverNodes, c.value) {
		return nil, fault.New(fault.Invalid, "%q is no resource type.%s Valid are: %s.",
			c.raw, fault.DidYouMean(c.value, names), strings.Join(names, ", "))
	}
	wanted := e.g.ofTypes(Type(c.value))
	return func(_ *Node, i int32) bool { return wanted.has(i) }, nil
}
