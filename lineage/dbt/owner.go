package dbt

import (
	"cmp"
	"strings"

	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// readOwner takes the owner of an exposure or a group.
func readOwner(c *scan.Cursor) string { return ownerText(c.Any()) }

// readOwnerOf takes a group and returns its owner.
func readOwnerOf(c *scan.Cursor) (owner string) {
	c.Object(func(key []byte) {
		if string(key) == "owner" {
			owner = readOwner(c)
		}
	})
	return owner
}

// ownerText writes an owner in one line: "Name <email>", or what there is of it. meta.owner can be a text, a list, or an
// object like that of a group.
func ownerText(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case []any:
		var all []string
		for _, x := range v {
			if text := ownerText(x); text != "" {
				all = append(all, text)
			}
		}
		return strings.Join(all, ", ")
	case map[string]any:
		name, email := ownerText(v["name"]), ownerText(v["email"])
		if name != "" && email != "" {
			return name + " <" + email + ">"
		}
		return cmp.Or(name, email)
	}
	return ""
}

// nameOwners gives nodes without an owner that of their group. A group belongs to one package; one of the node's own
// package goes first.
func (m *manifest) nameOwners() {
	byName := map[string]string{}
	for id, owner := range m.groups {
		byName[id[strings.LastIndexByte(id, '.')+1:]] = owner
	}
	for _, n := range m.nodes {
		if n.Owner == "" && n.Group != "" {
			n.Owner = cmp.Or(m.groups["group."+n.Package+"."+n.Group], byName[n.Group])
		}
	}
}
