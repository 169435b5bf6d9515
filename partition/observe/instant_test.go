package observe_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/partition/observe"
	"github.com/headwater-mcp/headwater/warehouse"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// between runs something once, after the first query of a check.
type between struct {
	warehouse.Warehouse

	once sync.Once
	do   func()
}

func (b *between) Read(ctx context.Context, fn func(context.Context, warehouse.Reader) error) error {
	return b.Warehouse.Read(ctx, func(ctx context.Context, r warehouse.Reader) error { return fn(ctx, betweenReader{r, b}) })
}

type betweenReader struct {
	warehouse.Reader

	of *between
}

func (r betweenReader) Query(ctx context.Context, query string, args ...any) (warehouse.Rows, error) {
	rows, err := r.Reader.Query(ctx, query, args...)
	r.of.once.Do(r.of.do)
	return rows, err
}

// family is a day of three tables, the third of which reads the others, that a load fills in one transaction: before it each has 10
// rows a day, after it 20.
type family struct {
	path  string
	graph *lineage.Graph
	specs partition.Specs
}

const double = "insert into a select * from a; insert into b select * from b; insert into c select * from c"

func newFamily(t *testing.T) family {
	t.Helper()
	s := newShop(t, "create table a as select timestamp '2026-06-01' + to_hours(range::integer) as ts from range(240)",
		"create table b as select * from a", "create table c as select * from a")
	var nodes []*lineage.Node
	var overrides []partition.Override
	for _, name := range []string{"a", "b", "c"} {
		nodes = append(nodes, &lineage.Node{ID: "model.shop." + name, Name: name, Type: lineage.TypeModel, Materialized: "table", Relation: "main." + name})
		overrides = append(overrides, partition.Override{Node: "model.shop." + name, Grain: "day", Time: "ts", Begin: "2026-06-01"})
	}
	f := family{path: s.path, graph: lineage.New("shop", nodes, []lineage.Edge{
		{From: "model.shop.a", To: "model.shop.c"}, {From: "model.shop.b", To: "model.shop.c"},
	})}
	var err error
	f.specs, err = partition.Derive(f.graph, overrides, nil)
	require.NoError(t, err)
	return f
}

// rows checks the three tables, does something after the first query, and returns what each was said to hold a day.
func (f family) rows(t *testing.T, do func()) []string {
	t.Helper()
	w, err := duckdb.New(duckdb.Options{Path: f.path, Wait: -1})
	require.NoError(t, err)
	o, err := observe.New(&between{Warehouse: w, do: do})
	require.NoError(t, err)
	answer, err := partition.New(partition.Deps{Observer: o, AtOnce: o.AtOnce}).Check(t.Context(), f.graph, f.specs, partition.CheckRequest{
		Nodes: []string{"model.shop.a", "model.shop.b", "model.shop.c"}, Only: partition.OnlyAll, AsOf: time.Date(2026, 6, 11, 0, 0, 0, 0, time.UTC),
		First: new("2026-06-01"), Last: new("2026-06-10"),
	})
	require.NoError(t, err)
	var out []string
	for _, n := range answer.Nodes {
		for _, r := range n.Ranges {
			require.Equal(t, partition.Present, r.Presence, r.Detail)
			out = append(out, r.Detail)
		}
	}
	return out
}

// TestACheckIsOfOneInstant: whoever commits between two of its queries, the answer is that of before.
func TestACheckIsOfOneInstant(t *testing.T) {
	t.Parallel()
	before := []string{"24 rows a day.", "24 rows a day.", "24 rows a day."}
	after := []string{"48 rows a day.", "48 rows a day.", "48 rows a day."}
	t.Run("a writer of this process", func(t *testing.T) {
		t.Parallel()
		f := newFamily(t)
		w, err := duckdb.New(duckdb.Options{Path: f.path, Wait: -1})
		require.NoError(t, err)
		begun, told, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		go func() {
			done <- w.Write(context.WithoutCancel(t.Context()), func(ctx context.Context, w warehouse.Writer) error {
				var err error
				for s := range strings.SplitSeq(double, ";") {
					if err == nil {
						err = w.Exec(ctx, s)
					}
				}
				close(begun)
				<-told
				return err
			})
		}()
		<-begun
		require.Equal(t, before, f.rows(t, func() {
			close(told)
			require.NoError(t, <-done)
		}))
		require.Equal(t, after, f.rows(t, func() {}))
	})
	t.Run("another program", func(t *testing.T) {
		t.Parallel()
		f := newFamily(t)
		outcome := make(chan string, 1)
		require.Equal(t, before, f.rows(t, func() { outcome <- f.elsewhere(t) }))
		require.Equal(t, "refused\n", <-outcome, "DuckDB lets nobody write a file that is being read")
		require.Equal(t, "written\n", f.elsewhere(t), "and it is free when the check has ended")
		require.Equal(t, after, f.rows(t, func() {}))
	})
}

// elsewhere lets another process try to load, and returns what became of it.
func (f family) elsewhere(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLoadOnce$")
	cmd.Env = append(os.Environ(), "HEADWATER_TEST_LOAD="+f.path)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	reader := bufio.NewReader(stdout)
	line, err := reader.ReadString('\n')
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, reader)
	require.NoError(t, err)
	require.NoError(t, cmd.Wait())
	return line
}

// TestLoadOnce is the other process of TestACheckIsOfOneInstant; on its own it does nothing.
func TestLoadOnce(t *testing.T) {
	t.Parallel()
	path := os.Getenv("HEADWATER_TEST_LOAD")
	if path == "" {
		return
	}
	db, err := sql.Open("duckdb", path)
	if err == nil {
		_, err = db.ExecContext(t.Context(), "begin; "+double+"; commit")
	}
	said := "written"
	if err != nil {
		require.ErrorContains(t, err, "lock")
		said = "refused"
	}
	_, err = fmt.Fprintln(os.Stdout, said)
	require.NoError(t, err)
	if db != nil {
		require.NoError(t, db.Close())
	}
}
