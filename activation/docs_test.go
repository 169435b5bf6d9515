package activation_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// example stands for the rows of the fact that the examples are of, above the first heading.
const example = "example"

// sections reads docs/outputs.md: heading → the cells of the first table under it, without its head.
func sections(t *testing.T) map[string][][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "outputs.md"))
	require.NoError(t, err)
	out := map[string][][]string{}
	heading, rows, ended := example, 0, false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if title, is := strings.CutPrefix(line, "## "); is {
			heading, rows, ended = strings.Trim(title, "`"), 0, false
			continue
		}
		if !strings.HasPrefix(line, "|") {
			ended = ended || rows > 0
			continue
		}
		rows++
		if rows <= 2 || ended {
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		out[heading] = append(out[heading], cells)
	}
	return out
}

// documented is the fact of the examples, built by day.
func documented(t *testing.T) (warehouse.Warehouse, *activation.Engine, *activation.Definition) {
	t.Helper()
	world := activationtest.World{Path: filepath.Join(t.TempDir(), "w.duckdb")}
	statements := []string{"create table visits (user_id varchar, event_at date, country varchar)"}
	for _, row := range sections(t)[example] {
		quoted := make([]string, len(row))
		for i, cell := range row {
			if quoted[i] = "'" + cell + "'"; cell == "NULL" {
				quoted[i] = "null"
			}
		}
		statements = append(statements, "insert into visits values ("+strings.Join(quoted, ", ")+")")
	}
	world.Do(t, statements...)
	w, err := duckdb.New(duckdb.Options{Path: world.Path})
	require.NoError(t, err)
	e, err := activation.NewEngine(w, "activation")
	require.NoError(t, err)
	def, err := activation.Define(activation.Fact{
		Name: "visit", Relation: "visits", User: "user_id", Time: "event_at", Dimensions: []string{"country"}, Grains: []string{"day"},
	}, activation.Defaults{})
	require.NoError(t, err)
	_, err = e.Build(context.Background(), def, activation.BuildRequest{
		Grain: period.Day, AsOf: time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC), Run: "nightly",
	})
	require.NoError(t, err)
	return w, e, def
}

// TestOutputsAreAsDocumented: columns, their order and types, and a row that is there.
func TestOutputsAreAsDocumented(t *testing.T) {
	t.Parallel()
	docs := sections(t)
	w, e, def := documented(t)
	relations := map[string]warehouse.Relation{"activation_transitions": e.Relation("activation_transitions")}
	for _, o := range def.Outputs() {
		relations[fmt.Sprintf("<fact>_%s_<grain>", o.Kind)] = e.Relation(o.Name)
	}
	for heading, relation := range relations {
		t.Run(string(relation.Name), func(t *testing.T) {
			t.Parallel()
			table, err := w.Relation(t.Context(), relation)
			require.NoError(t, err)
			var names, types, wantNames, wantTypes, wanted []string
			for n, c := range table.Columns {
				names, types = append(names, c.Name), append(types, strings.ToLower(c.Type))
				require.Less(t, n, len(docs[heading]), "%s is not documented", c.Name)
			}
			for _, row := range docs[heading] {
				wantNames = append(wantNames, strings.Replace(strings.Trim(row[0], "`"), "*dimensions*", "country", 1))
				wantTypes = append(wantTypes, strings.NewReplacer("text", "varchar", "as in the fact", "varchar").Replace(row[1]))
				wanted = append(wanted, row[3])
			}
			require.Equal(t, wantNames, names)
			require.Equal(t, wantTypes, types)
			require.True(t, slices.ContainsFunc(texts(t, w, relation, names), func(row []string) bool {
				return slices.EqualFunc(row, wanted, func(have, want string) bool { return want == "…" || have == want })
			}), "no row is %v", wanted)
		})
	}
}

// texts are the rows of a relation as text.
func texts(t *testing.T, w warehouse.Warehouse, relation warehouse.Relation, columns []string) [][]string {
	t.Helper()
	var out [][]string
	require.NoError(t, w.Read(t.Context(), func(ctx context.Context, r warehouse.Reader) error {
		casts := make([]string, len(columns))
		for i, c := range columns {
			casts[i] = fmt.Sprintf("coalesce(cast(%q as varchar), 'NULL')", c)
		}
		var err error
		out, err = warehouse.Collect(ctx, r, func(rows warehouse.Rows) ([]string, error) {
			row, to := make([]string, len(columns)), make([]any, len(columns))
			for i := range row {
				to[i] = &row[i]
			}
			return row, rows.Scan(to...)
		}, "select "+strings.Join(casts, ", ")+" from "+relation.String())
		return err
	}))
	return out
}

// TestMetricsAndShapesAreDocumented: every one of them and nothing else, in order; shapes with the columns of their tables.
func TestMetricsAndShapesAreDocumented(t *testing.T) {
	t.Parallel()
	docs := sections(t)
	var metrics []string
	for _, row := range docs["Metrics"] {
		metrics = append(metrics, strings.Trim(row[0], "`"))
	}
	var want []string
	for _, m := range activation.Metrics() {
		want = append(want, string(m))
	}
	require.Equal(t, want, metrics)

	_, e, def := documented(t)
	var asked []string
	for _, s := range activation.Shapes() {
		asked = append(asked, string(s))
	}
	answer, err := e.Query(t.Context(), def, activation.Query{Grain: period.Day, Metrics: asked, AsOf: noon})
	require.NoError(t, err)
	require.Len(t, docs["Tables"], len(answer.Tables))
	for i, table := range answer.Tables {
		require.Equal(t, "`"+table.Name+"`", docs["Tables"][i][0])
		require.Equal(t, "`"+strings.Join(table.Columns, "`, `")+"`", docs["Tables"][i][1])
	}
}
