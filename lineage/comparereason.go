package lineage

import (
	"reflect"
	"slices"
)

// Reason is one thing in which a modified node differs.
type Reason string

// The reasons. dbt's state:modified looks at those up to ReasonDeprecation, at ReasonMeta where the config is written so,
// and at ReasonDescriptions and ReasonTags for some types.
const (
	ReasonBody        Reason = "body"
	ReasonConfigs     Reason = "configs"  // as written, meta and docs apart
	ReasonRelation    Reason = "relation" // database, schema or alias as configured
	ReasonContract    Reason = "contract" // of an enforced contract
	ReasonMacros      Reason = "macros"   // one that it calls, through any number of others
	ReasonPersisted   Reason = "persisted_descriptions"
	ReasonPath        Reason = "path"       // its folder: where the project's configs reach it
	ReasonDefinition  Reason = "definition" // what else defines a node of its type: freshness of a source, the owner of an exposure
	ReasonAccess      Reason = "access"
	ReasonVersion     Reason = "version" // which version a ref without one means
	ReasonDeprecation Reason = "deprecation_date"
	// ReasonColumns: the warehouse has other columns, by the catalogs of both sides.
	ReasonColumns      Reason = "columns"
	ReasonParameters   Reason = "parameters" // of a metric or a saved query
	ReasonDescriptions Reason = "descriptions"
	ReasonMeta         Reason = "meta"
	ReasonTags         Reason = "tags"
	ReasonDocs         Reason = "docs"
)

// reasons lists in what a node differs from what it was, in the order above.
func (k *comparer) reasons(old, n *Node, columns *ColumnChanges) []Reason {
	notes := old.State.Notes != n.State.Notes
	meta, tags := !reflect.DeepEqual(old.Meta, n.Meta), !sameWords(old.Tags, n.Tags)
	persisted := n.Type.has(aspectDescriptions) && !k.same(aspectDescriptions, old, n)
	described := old.Description != n.Description ||
		old.State.Columns != n.State.Columns && (columns == nil || describedOtherwise(old, n))
	isModel := n.Type == TypeModel
	rest := old.State.Rest != n.State.Rest
	var out []Reason
	for _, r := range []struct {
		holds  bool
		reason Reason
	}{
		{n.Type.has(aspectBody) && !k.same(aspectBody, old, n), ReasonBody},
		{old.State.Config != n.State.Config, ReasonConfigs},
		{n.Type.has(aspectRelation) && !k.same(aspectRelation, old, n), ReasonRelation},
		{n.Type.has(aspectContract) && !k.same(aspectContract, old, n), ReasonContract},
		{k.differs(aspectMacros, n), ReasonMacros},
		{persisted, ReasonPersisted},
		{!slices.Equal(old.FQN, n.FQN), ReasonPath},
		{rest && !isModel || n.Type == TypeUnitTest && old.Checksum != n.Checksum, ReasonDefinition},
		{isModel && old.Access != n.Access, ReasonAccess},
		{isModel && old.Latest != n.Latest, ReasonVersion},
		{rest && isModel, ReasonDeprecation},
		{columns != nil && columns.observed, ReasonColumns},
		{old.State.Params != n.State.Params, ReasonParameters},
		{described && !persisted, ReasonDescriptions},
		{meta, ReasonMeta},
		{tags, ReasonTags},
		{notes && !meta && !tags, ReasonDocs},
	} {
		if r.holds {
			out = append(out, r.reason)
		}
	}
	return out
}

// describedOtherwise reports whether a column that both sides have is described otherwise.
func describedOtherwise(old, n *Node) bool {
	before := make(map[string]string, len(old.Columns))
	for _, c := range old.Columns {
		before[foldRelation(c.Name)] = c.Description
	}
	return slices.ContainsFunc(n.Columns, func(c Column) bool {
		was, known := before[foldRelation(c.Name)]
		return known && was != c.Description
	})
}

// sameWords compares lists whose order means nothing.
func sameWords(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
