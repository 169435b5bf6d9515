package lineage

import (
	"fmt"
	"slices"
	"strings"
)

// verdict is a category with what it rests on.
type verdict struct {
	category Category
	why      string
}

// change compares a node with what it was.
func (k *comparer) change(old, n *Node) (NodeChange, bool) {
	columns := columnChanges(old, n)
	reasons := k.reasons(old, n, columns)
	if len(reasons) == 0 {
		return NodeChange{}, false
	}
	worst := verdict{CategoryMetadata, "nothing that is computed changes"}
	if n.Type.computes() {
		for _, r := range reasons {
			if v := weigh(r, old, n, columns); severity(v.category) < severity(worst.category) {
				worst = v
			}
		}
	}
	return NodeChange{
		ID: n.ID, Change: Modified, Category: worst.category, Why: worst.why, Reasons: reasons,
		StateModified: k.modified(n), Columns: columns,
	}, true
}

// computes reports whether something reads what a node of this type makes. Tests are read by people.
func (t Type) computes() bool {
	return t != TypeTest && t != TypeUnitTest && t != TypeAnalysis && t != TypeExposure
}

// weigh gives the category that a reason proves.
func weigh(r Reason, old, n *Node, columns *ColumnChanges) verdict {
	switch r {
	case ReasonBody, ReasonMacros:
		if sameCompiled(old, n) {
			return verdict{CategoryMetadata, "the compiled code is the same"}
		}
		if r == ReasonMacros {
			return verdict{CategoryUnknown, "a macro that it calls changed"}
		}
		return verdict{CategoryUnknown, "its code changed"}
	case ReasonConfigs:
		return verdict{CategoryUnknown, "its config changed"}
	case ReasonRelation:
		return verdict{CategoryUnknown, "its relation is configured otherwise: who reads it by name may find nothing"}
	case ReasonDefinition, ReasonParameters:
		return verdict{CategoryUnknown, "its definition changed"}
	case ReasonVersion:
		return verdict{CategoryUnknown, "a ref without a version means another version"}
	case ReasonAccess:
		return weighAccess(old, n)
	case ReasonContract:
		return weighContract(old, n, columns)
	case ReasonColumns:
		return columns.weigh()
	case ReasonPersisted, ReasonPath, ReasonDeprecation, ReasonDescriptions, ReasonMeta, ReasonTags, ReasonDocs:
	}
	return verdict{CategoryMetadata, "nothing that is computed changes"}
}

func weighAccess(old, n *Node) verdict {
	switch {
	case old.Access == "public":
		return verdict{CategoryBreaking, "it is no longer public: refs from other projects are refused"}
	case n.Access == "private":
		return verdict{CategoryUnknown, "it is private now: refs from outside its group are refused"}
	}
	return verdict{CategoryMetadata, "it may be used by more"}
}

// weighContract follows dbt: a contract is broken when it is no longer enforced, loses a column, or gives one another
// type; adding columns breaks nothing.
func weighContract(old, n *Node, columns *ColumnChanges) verdict {
	switch {
	case n.Contract == nil:
		return verdict{CategoryBreaking, "its contract is no longer enforced"}
	case old.Contract == nil:
		return verdict{CategoryUnknown, "a contract is enforced now: what it changes of the table is not known"}
	case columns != nil && columns.weigh().category == CategoryBreaking:
		return columns.weigh()
	case old.Contract.Constraints != n.Contract.Constraints:
		return verdict{CategoryUnknown, "the constraints of its contract changed"}
	case columns != nil:
		return columns.weigh()
	}
	return verdict{CategoryUnknown, "its contract changed"}
}

func (d *ColumnChanges) weigh() verdict {
	var retyped []string
	for _, c := range d.Changed {
		if c.retyped() {
			retyped = append(retyped, fmt.Sprintf("%s (%s to %s)", c.Name, c.From, c.To))
		}
	}
	switch {
	case len(d.Removed) > 0:
		return verdict{CategoryBreaking, "columns are gone: " + few(d.Removed)}
	case len(retyped) > 0:
		return verdict{CategoryBreaking, "columns have another type: " + few(retyped)}
	case len(d.Changed) > 0 && d.observed:
		return verdict{CategoryUnknown, "columns have another size: " + d.Changed[0].Name}
	}
	return verdict{CategoryNonBreaking, "columns were added: " + few(d.Added)}
}

// few names the first of a list.
func few(names []string) string {
	const most = 3
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// sameCompiled reports whether both sides hold compiled code and it is the same, for nodes whose compiled code is all
// that fills their table: not an incremental run, which compiles to something else than a full one, nor hooks.
func sameCompiled(old, n *Node) bool {
	if n.CompiledCode == "" || n.CompiledCode != old.CompiledCode || n.Language != "sql" {
		return false
	}
	for _, key := range []string{"pre-hook", "post-hook", "pre_hook", "post_hook"} {
		if hooks, ok := n.Config[key].([]any); ok && len(hooks) > 0 {
			return false
		}
	}
	return slices.Contains([]string{"view", "table", "ephemeral"}, n.Materialized) && n.Materialized == old.Materialized
}

func added(n *Node) (Category, string) {
	if !n.Type.computes() {
		return CategoryMetadata, "nothing that is computed changes"
	}
	return CategoryNonBreaking, "nothing used it before"
}

// removed weighs a node that is gone. Consumers that are gone with it do not count; who reads its table outside the
// project is not known.
func (k *comparer) removed(n *Node) (Category, string) {
	if !n.Type.computes() {
		return CategoryMetadata, "nothing that is computed changes"
	}
	var consumers []string
	for _, child := range k.base.Children(n.ID) {
		if child.Type != TypeTest && child.Type != TypeUnitTest && k.current.has(child.ID) {
			consumers = append(consumers, child.RefName())
		}
	}
	switch {
	case len(consumers) > 0:
		return CategoryBreaking, "it was used by " + few(consumers)
	case n.Contract != nil:
		return CategoryBreaking, "it promised its columns in a contract"
	case n.Access == "public":
		return CategoryBreaking, "it was public: other projects could use it"
	case n.Type == TypeSource, n.Materialized == "ephemeral":
		return CategoryMetadata, "nothing in the project used it, and its removal drops nothing"
	}
	return CategoryUnknown, "nothing in the project uses it; who reads it outside is not known"
}
