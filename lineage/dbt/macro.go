package dbt

import (
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// readMacro takes a macro.
func readMacro(c *scan.Cursor) (m lineage.Macro) {
	c.Object(func(key []byte) {
		switch string(key) {
		case "macro_sql":
			m.Sum = c.Sum(false)
		case "depends_on":
			c.Object(func(key []byte) {
				if string(key) == "macros" {
					m.Needs = c.Words()
				}
			})
		}
	})
	return m
}

// macroList takes the macros that a node calls. Many nodes call the same ones: equal lists are shared.
func (d *decoder) macroList(c *scan.Cursor) []string {
	raw := c.Raw()
	if known, ok := d.macros[string(raw)]; ok {
		return known
	}
	inner := d.words.Over(raw)
	list := inner.Words()
	if inner.Err() != nil {
		c.Fail(inner.Err())
		return nil
	}
	if len(list) == 0 {
		list = nil
	}
	d.macros[string(raw)] = list
	return list
}
