package lineage

import "strings"

// quotes are the characters that some warehouse puts around an identifier.
const quotes = "\"`[]"

// foldRelation makes two spellings of one relation equal: quotes are dropped and letters folded, so that
// "DB"."main"."T", `db.main.t` and db.main.t are the same. It is for matching names, never for SQL.
func foldRelation(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(quotes, r) {
			return -1
		}
		return r
	}, name)
	return strings.ToLower(strings.TrimSpace(name))
}

// relationNames returns the folded names by which a node's relation may be called: with the database and without.
func (n *Node) relationNames() []string {
	if n.Relation == "" {
		return nil
	}
	full := foldRelation(n.Relation)
	names := []string{full}
	if n.Schema != "" && n.Identifier != "" {
		if short := foldRelation(n.Schema + "." + n.Identifier); short != full {
			names = append(names, short)
		}
	}
	return names
}
