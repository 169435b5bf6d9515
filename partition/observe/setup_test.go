package observe_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2" // tables are made on a connection of their own, as a user's tools would
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/partition/observe"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// shopWarehouse is a warehouse file and an observer of it.
type shopWarehouse struct {
	path string
	*counting
	observer *observe.Observer
}

func newShop(t *testing.T, statements ...string) shopWarehouse {
	t.Helper()
	return newNamed(t, "shop", statements...)
}

// newNamed makes a warehouse whose database has that name.
func newNamed(t *testing.T, database string, statements ...string) shopWarehouse {
	t.Helper()
	path := filepath.Join(t.TempDir(), database+".duckdb")
	run(t, path, statements...)
	w, err := duckdb.New(duckdb.Options{Path: path, Wait: -1})
	require.NoError(t, err)
	c := &counting{Warehouse: w}
	o, err := observe.New(c)
	require.NoError(t, err)
	return shopWarehouse{path, c, o}
}

func run(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("duckdb", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	for _, s := range statements {
		_, err := db.ExecContext(t.Context(), s)
		require.NoError(t, err, s)
	}
}

// counting notes how many queries an observation takes.
type counting struct {
	warehouse.Warehouse

	queries atomic.Int64
}

func (c *counting) Read(ctx context.Context, fn func(context.Context, warehouse.Reader) error) error {
	return c.Warehouse.Read(ctx, func(ctx context.Context, r warehouse.Reader) error {
		return fn(ctx, countingReader{r, c})
	})
}

type countingReader struct {
	warehouse.Reader

	of *counting
}

func (r countingReader) Query(ctx context.Context, query string, args ...any) (warehouse.Rows, error) {
	r.of.queries.Add(1)
	return r.Reader.Query(ctx, query, args...)
}

// spec reads a spec as headwater.yaml would declare it.
func spec(t require.TestingT, grain period.Grain, zone, weekStart, column string, key ...string) partition.Spec {
	c, err := period.NewCalendar(zone, weekStart)
	require.NoError(t, err)
	return partition.Spec{Grain: grain, Calendar: c, Time: column, Key: key, KeyFrom: "key"}
}

// look observes a range given by dates.
func (s shopWarehouse) look(t *testing.T, relation string, sp partition.Spec, first, last string) partition.Observation {
	t.Helper()
	r := partition.ObserveRequest{Node: "source.shop.raw.t", Relation: relation, Spec: sp, Bounds: true}
	var err error
	r.First, err = sp.Calendar.Parse(sp.Grain, first)
	require.NoError(t, err)
	r.Last, err = sp.Calendar.ParseLast(sp.Grain, last)
	require.NoError(t, err)
	o, err := s.observer.Observe(t.Context(), r)
	require.NoError(t, err)
	return o
}

// named turns indices into names.
func named(sp partition.Spec, o partition.Observation) map[string]partition.Count {
	out := map[string]partition.Count{}
	for index, count := range o.Counts {
		out[period.Period{Grain: sp.Grain, Calendar: sp.Calendar, Index: index}.String()] = count
	}
	return out
}

// hold keeps a file open for writing until standard input ends.
func hold(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("duckdb", path)
	require.NoError(t, err)
	require.NoError(t, db.PingContext(t.Context()))
	_, err = fmt.Fprintln(os.Stdout, "held")
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, os.Stdin)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}
