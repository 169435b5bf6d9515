package dbt

import (
	"cmp"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// catalogColumn is a column as the warehouse has it.
type catalogColumn struct {
	lineage.Column

	index int64
}

// applyCatalog merges the columns that the warehouse has into the nodes: its types, its order, and columns that no YAML
// file declares. Declared columns that the warehouse does not have come last. Names are matched in any case and keep
// the spelling of the project. It returns the catalog's metadata.
func applyCatalog(data []byte, nodes []*lineage.Node) (header, error) {
	byID := make(map[string]*lineage.Node, len(nodes))
	for _, n := range nodes {
		byID[n.ID] = n
	}
	c := scan.New(data)
	found := map[string][]catalogColumn{}
	var h header
	c.Object(func(key []byte) {
		switch string(key) {
		case "metadata":
			h = readHeader(c)
		case "nodes", "sources":
			c.Object(func(id []byte) {
				if n := byID[scan.Clean(id)]; n != nil {
					found[n.ID] = readCatalogEntry(c)
				}
			})
		}
	})
	c.End()
	if err := c.Err(); err != nil {
		return header{}, err
	}
	if kind, _ := h.artifact(); kind != "catalog" {
		return header{}, errOtherArtifact
	}
	for id, columns := range found {
		byID[id].Columns, byID[id].Observed = mergeColumns(byID[id].Columns, columns), len(columns)
	}
	return h, nil
}

func readCatalogEntry(c *scan.Cursor) (out []catalogColumn) {
	c.Object(func(key []byte) {
		if string(key) != "columns" {
			return
		}
		c.Object(func(name []byte) {
			col := catalogColumn{Column: lineage.Column{Name: c.Share(name)}}
			c.Object(func(key []byte) {
				switch string(key) {
				case "name":
					col.Name = c.Word()
				case "type":
					col.Type = c.Word()
				case "comment":
					col.Description = c.Word()
				case "index":
					col.index, _ = c.Int()
				}
			})
			out = append(out, col)
		})
	})
	slices.SortStableFunc(out, func(a, b catalogColumn) int { return cmp.Compare(a.index, b.index) })
	return out
}

func mergeColumns(declared []lineage.Column, found []catalogColumn) []lineage.Column {
	left := make(map[string]lineage.Column, len(declared))
	for _, col := range declared {
		left[strings.ToLower(col.Name)] = col
	}
	out := make([]lineage.Column, 0, len(found))
	for _, r := range found {
		col := r.Column
		if d, ok := left[strings.ToLower(col.Name)]; ok {
			delete(left, strings.ToLower(col.Name))
			col = lineage.Column{Name: d.Name, Type: cmp.Or(r.Type, d.Type), Description: cmp.Or(d.Description, r.Description)}
		}
		out = append(out, col)
	}
	for _, col := range declared {
		if _, ok := left[strings.ToLower(col.Name)]; ok {
			out = append(out, col)
		}
	}
	return out
}
