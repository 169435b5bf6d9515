package activation

import (
	"encoding/json"

	"github.com/headwater-mcp/headwater/period"
)

// Table is a larger shape: rows of cells under columns. Total is how many rows there are, Truncated that some of them are not on
// this page of the answer.
type Table struct {
	Name      string   `json:"name"`
	Columns   []string `json:"columns"`
	Rows      [][]any  `json:"rows"`
	Total     int      `json:"total"`
	Truncated bool     `json:"truncated"`
}

// item is one row of an answer: of the metrics, or of a table.
type item struct {
	table int
	row   Row
	cells []any
}

// metricRows is the table of a row that stands in none.
const metricRows = -1

// MarshalJSON is what the row takes in the answer.
func (i item) MarshalJSON() ([]byte, error) {
	if i.table == metricRows {
		return json.Marshal(i.row) //nolint:wrapcheck // said by page
	}
	return json.Marshal(i.cells) //nolint:wrapcheck // said by page
}

// deal puts the rows of a page where they belong.
func (a *Answer) deal(list []item) {
	for _, i := range list {
		if i.table == metricRows {
			a.Rows = append(a.Rows, i.row)
			continue
		}
		a.Tables[i.table].Rows = append(a.Tables[i.table].Rows, i.cells)
	}
	for n, t := range a.Tables {
		a.Tables[n].Truncated = len(t.Rows) < t.Total
	}
}

// tables are the shapes without rows.
func (i *inquiry) tables(shapes []Shape) []Table {
	tables := make([]Table, len(shapes))
	for n, s := range shapes {
		lead, rest := s.columns()
		columns := append([]string{lead}, i.slice.by...)
		tables[n] = Table{Name: string(s), Columns: append(columns, rest...), Rows: [][]any{}}
	}
	return tables
}

// cells makes a table's row: its period, its series and the rest.
func (i *inquiry) cells(p period.Period, series int, rest ...any) []any {
	out := append(make([]any, 0, 1+len(i.slice.by)+len(rest)), p)
	return append(append(out, i.slice.values[series]...), rest...)
}

// counts are users by series and cell.
type counts[C comparable] map[int]map[C]int64

func (c counts[C]) add(series int, cell C, users int64) {
	if c[series] == nil {
		c[series] = map[C]int64{}
	}
	c[series][cell] += users
}

// addLeaf adds to the series of a leaf, if the filter lets it in.
func (c counts[C]) addLeaf(s *slicer, l Leaf, cell C, users int64) error {
	p, err := s.place(l)
	if err == nil && p.in {
		c.add(p.series, cell, users)
	}
	return err
}
