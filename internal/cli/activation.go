package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/platform"
)

// writeActivation shows the answer of query_activation to a person: the metrics as one table, each shape as another, and what
// has to be known under them.
func writeActivation(w io.Writer, answer json.RawMessage) error {
	var a platform.QueryAnswer
	decoder := json.NewDecoder(bytes.NewReader(answer))
	decoder.UseNumber()
	if err := decoder.Decode(&a); err != nil {
		return fmt.Errorf("decode an answer: %w", err)
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(a.Rows) > 0 || len(a.Tables) == 0 {
		var columns []string
		if len(a.Rows) > 0 {
			columns = rowColumns(a.Rows[0])
		}
		grid(out, columns, len(a.Rows), func(row, column int) any { return a.Rows[row][columns[column]] })
	}
	for _, t := range a.Tables {
		fmt.Fprintln(out, t.Name)
		grid(out, t.Columns, len(t.Rows), func(row, column int) any { return t.Rows[row][column] })
	}
	if a.Truncated {
		fmt.Fprintf(out, "%d of %d rows; the next ones: --cursor %s\n", a.Returned, a.Total, a.NextCursor)
	}
	for _, note := range a.Notes {
		fmt.Fprintln(out, note)
	}
	return printed(out.Flush())
}

// rowColumns puts the columns of a row in order: the period, the dimensions, the metrics.
func rowColumns(row activation.Row) []string {
	var dims, metrics []string
	for _, m := range activation.Metrics() {
		if _, ok := row[string(m)]; ok {
			metrics = append(metrics, string(m))
		}
	}
	for name := range row {
		if name != "period" && !slices.Contains(metrics, name) {
			dims = append(dims, name)
		}
	}
	slices.Sort(dims)
	return slices.Concat([]string{"period"}, dims, metrics)
}

// grid writes one table and the empty line after it.
func grid(w io.Writer, columns []string, rows int, cell func(row, column int) any) {
	if rows == 0 {
		fmt.Fprint(w, "no rows\n\n")
		return
	}
	fmt.Fprintln(w, strings.ToUpper(strings.Join(columns, "\t")))
	for r := range rows {
		cells := make([]string, len(columns))
		for c := range columns {
			cells[c] = shownCell(cell(r, c))
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	fmt.Fprintln(w)
}

// shownCell is a value as a person reads it; a text stays on its line and in its column.
func shownCell(v any) string {
	if v == nil {
		return "null"
	}
	return strings.NewReplacer("\t", " ", "\n", " ", "\r", " ").Replace(fmt.Sprint(v))
}
