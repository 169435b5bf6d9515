package dbt

import (
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// columns takes the columns of a node in the order in which they are declared.
func (r *reader) columns() {
	c := r.c
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
			case "constraints":
				if sum := present(c.Sum(true)); sum != 0 {
					r.state.constraints += scan.Join(scan.Hash(name), sum)
				}
			}
		})
		r.state.columns += scan.Join(scan.Hash(name), scan.Hash(col.Description))
		r.n.Columns = append(r.n.Columns, col)
	})
}
