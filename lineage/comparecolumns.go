package lineage

import (
	"slices"
	"strings"
)

// ColumnChanges are the columns in which a table differs. Both sides are known from the same kind of artifact: from
// enforced contracts, else from catalogs.
type ColumnChanges struct {
	Added   []string     `json:"added"`
	Removed []string     `json:"removed"`
	Changed []ColumnType `json:"changed"`

	observed bool // by catalogs
}

// ColumnType is a column with another type.
type ColumnType struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

// columnChanges compares the columns of a node as far as both sides know all of them, nil where nothing differs.
func columnChanges(old, n *Node) *ColumnChanges {
	switch {
	case old.Contract != nil && n.Contract != nil:
		return diffColumns(old.Contract.Columns, n.Contract.Columns, false)
	case old.Observed > 0 && n.Observed > 0:
		return diffColumns(old.Columns[:old.Observed], n.Columns[:n.Observed], true)
	}
	return nil
}

func diffColumns(old, now []Column, observed bool) *ColumnChanges {
	d := &ColumnChanges{Added: []string{}, Removed: []string{}, Changed: []ColumnType{}, observed: observed}
	before, left := map[string]Column{}, map[string]bool{}
	for _, c := range old {
		before[foldRelation(c.Name)] = c
	}
	for _, c := range now {
		key := foldRelation(c.Name)
		left[key] = true
		was, known := before[key]
		switch {
		case !known:
			d.Added = append(d.Added, c.Name)
		case !strings.EqualFold(strings.TrimSpace(was.Type), strings.TrimSpace(c.Type)):
			d.Changed = append(d.Changed, ColumnType{Name: c.Name, From: was.Type, To: c.Type})
		}
	}
	for _, c := range old {
		if !left[foldRelation(c.Name)] {
			d.Removed = append(d.Removed, c.Name)
		}
	}
	if len(d.Added)+len(d.Removed)+len(d.Changed) == 0 {
		return nil
	}
	slices.Sort(d.Added)
	slices.Sort(d.Removed)
	slices.SortFunc(d.Changed, func(a, b ColumnType) int { return strings.Compare(a.Name, b.Name) })
	return d
}

// retyped reports whether a column's type is another one, not the same with another size, precision or scale: dbt takes
// those for no break of a contract.
func (c ColumnType) retyped() bool { return baseType(c.From) != baseType(c.To) }

func baseType(t string) string {
	base, _, _ := strings.Cut(t, "(")
	return strings.ToLower(strings.TrimSpace(base))
}
