package lineage

import (
	"maps"
	"slices"
	"strings"
)

// relationMap renames relations by how they begin, in folded names.
type relationMap struct {
	to   map[string]string
	used map[string]bool
}

func newRelationMap(written map[string]string) relationMap {
	m := relationMap{to: make(map[string]string, len(written)), used: map[string]bool{}}
	for from, to := range written {
		m.to[foldRelation(from)] = foldRelation(to)
	}
	return m
}

// of renames by the longest beginning that ends at a dot, or by the whole name.
func (m relationMap) of(key string) string {
	if len(m.to) == 0 {
		return key
	}
	for end := len(key); end > 0; end = strings.LastIndexByte(key[:end], '.') {
		if to, ok := m.to[key[:end]]; ok {
			m.used[key[:end]] = true
			return to + key[end:]
		}
	}
	return key
}

// unused are the beginnings that no relation had, sorted.
func (m relationMap) unused() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(m.to)), func(from string) bool { return m.used[from] })
}
