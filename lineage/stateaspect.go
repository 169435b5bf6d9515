package lineage

import "slices"

// aspect is one thing about a node that can have changed.
type aspect string

// The aspects that dbt's state:modified.<aspect> asks for.
const (
	aspectBody         aspect = "body"
	aspectConfigs      aspect = "configs"
	aspectRelation     aspect = "relation"
	aspectDescriptions aspect = "persisted_descriptions"
	aspectMacros       aspect = "macros"
	aspectContract     aspect = "contract"
)

// isParsed reports whether dbt keeps nodes of this type under "nodes": they have code or rows, and every aspect.
func (t Type) isParsed() bool {
	switch t {
	case TypeModel, TypeSeed, TypeSnapshot, TypeTest, TypeAnalysis, TypeOperation, TypeFunction:
		return true
	case TypeSource, TypeUnitTest, TypeExposure, TypeMetric, TypeSemanticModel, TypeSavedQuery, TypeActivation:
	}
	return false
}

// has reports whether a node of this type has the aspect at all.
func (t Type) has(a aspect) bool {
	switch a {
	case aspectConfigs:
		return t != TypeUnitTest
	case aspectRelation:
		return t.isParsed() || t == TypeSource
	case aspectMacros:
		return true
	case aspectBody, aspectDescriptions, aspectContract:
	}
	return t.isParsed()
}

// differs answers state:modified.<aspect>: a new node differs in every aspect that it has, save in macros.
func (c *comparison) differs(a aspect, n *Node) bool {
	if a == aspectMacros {
		return slices.ContainsFunc(n.State.Macros, func(id string) bool { return c.macros[id] })
	}
	old := c.before(n)
	return n.Type.has(a) && (old == nil || !c.same(a, old, n))
}

// same compares an aspect of a node with what it was.
func (c *comparison) same(a aspect, old, n *Node) bool {
	switch a {
	case aspectBody:
		if n.Type == TypeSeed {
			return old.State.Body == n.State.Body
		}
		return old.RawCode == n.RawCode && old.State.Body == n.State.Body
	case aspectConfigs:
		return old.State.Config == n.State.Config && old.State.Notes == n.State.Notes
	case aspectRelation:
		return c.samePlace(old, n)
	case aspectDescriptions:
		return (!n.persists("relation") || old.Description == n.Description) &&
			(!n.persists("columns") || old.State.Columns == n.State.Columns)
	case aspectContract:
		return n.Type != TypeModel || old.State.Contract == n.State.Contract
	case aspectMacros:
		return !c.differs(a, n)
	}
	return true
}

func (c *comparison) samePlace(old, n *Node) bool {
	switch {
	case n.Type != TypeSource:
		return old.State.Place == n.State.Place
	case old.Identifier != n.Identifier:
		return false
	case c.unrendered:
		return old.State.Place == n.State.Place
	}
	return old.Database == n.Database && old.Schema == n.Schema
}

// persists reports whether a node's config writes descriptions to the warehouse: of the "relation" or its "columns".
func (n *Node) persists(what string) bool {
	docs, _ := n.Config["persist_docs"].(map[string]any)
	switch v := docs[what].(type) {
	case bool:
		return v
	case string:
		return v != ""
	case float64:
		return v != 0
	}
	return false
}

// modified answers state:modified. New sources, exposures, metrics, semantic models and saved queries are not modified
// for dbt.
func (c *comparison) modified(n *Node) bool {
	if c.differs(aspectMacros, n) {
		return true
	}
	old := c.before(n)
	if old == nil {
		return n.Type.isParsed() || n.Type == TypeUnitTest
	}
	if n.Type == TypeUnitTest {
		return old.Checksum != n.Checksum
	}
	return !c.sameContents(old, n)
}

func (c *comparison) sameContents(old, n *Node) bool {
	all := []aspect{aspectConfigs}
	switch n.Type {
	case TypeTest:
		if n.Test != nil && n.Test.Kind == KindSingular {
			all = append(all, aspectBody, aspectRelation, aspectDescriptions)
		}
	case TypeSource:
		all = append(all, aspectRelation)
	case TypeModel, TypeSeed, TypeSnapshot, TypeAnalysis, TypeOperation, TypeFunction:
		all = append(all, aspectBody, aspectRelation, aspectDescriptions, aspectContract)
	case TypeExposure, TypeMetric, TypeSemanticModel, TypeSavedQuery, TypeUnitTest, TypeActivation:
	}
	for _, a := range all {
		if !c.same(a, old, n) {
			return false
		}
	}
	return old.State.Rest == n.State.Rest && samePath(old, n) && sameText(old, n)
}

// samePath compares the folders and the name, by which a project's configs reach a node. Metrics, semantic models and
// saved queries are compared without.
func samePath(old, n *Node) bool {
	switch n.Type {
	case TypeMetric, TypeSemanticModel, TypeSavedQuery:
		return true
	case TypeModel, TypeSeed, TypeSnapshot, TypeSource, TypeTest, TypeUnitTest, TypeAnalysis, TypeExposure, TypeOperation,
		TypeFunction, TypeActivation:
	}
	return slices.Equal(old.FQN, n.FQN)
}

// sameText compares what a Node holds and dbt compares for its type: the description of what has no table, what a ref to
// a model means.
func sameText(old, n *Node) bool {
	switch n.Type {
	case TypeExposure, TypeMetric, TypeSemanticModel, TypeSavedQuery:
		return old.Description == n.Description
	case TypeModel:
		return old.Latest == n.Latest && old.Access == n.Access
	case TypeSeed, TypeSnapshot, TypeSource, TypeTest, TypeUnitTest, TypeAnalysis, TypeOperation, TypeFunction, TypeActivation:
	}
	return true
}
