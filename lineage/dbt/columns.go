package dbt

import (
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// readColumns takes the columns of a node in the order in which they are declared.
func readColumns(c *scan.Cursor) []lineage.Column {
	out := []lineage.Column{}
	c.Object(func(name []byte) {
		col := lineage.Column{Name: c.Share(name)}
		c.Object(func(key []byte) {
			switch string(key) {
			case "name":
				if n := c.Word(); n != "" {
					col.Name = n
				}
			case "data_type":
				col.Type = c.Word()
			case "description":
				col.Description = c.Word()
			}
		})
		out = append(out, col)
	})
	return out
}
