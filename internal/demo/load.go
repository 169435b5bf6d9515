package demo

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/headwater-mcp/headwater/fault"
)

// LoadCommand is the subcommand of headwater that calls Load. The executors of a world's headwater.yaml name it.
const LoadCommand = "demo-load"

// Load brings the rows of a source of the world in dir again, or makes a model's anew by the project's own SQL, for the days
// from first to last, both included and named like 2026-06-14. Without days it does so for the node as a whole. It returns how
// many rows the days, or the node, have now. It is one transaction: another call, whatever became of this one, gives the same.
//
// fault.Invalid: dir holds no world of this package, or a day means nothing there. fault.NotFound: no such source or model.
// fault.Unavailable: the warehouse cannot be written.
func Load(ctx context.Context, dir, id, first, last string) (rows int64, err error) {
	text, err := os.ReadFile(filepath.Join(dir, settings))
	if err != nil || !bytes.Contains(text, []byte(LoadCommand)) {
		return 0, fault.New(fault.Invalid, "%s is no demo world: no %s in it names %s. `headwater demo --keep DIR` makes one.", dir, settings, LoadCommand)
	}
	m, err := readManifest()
	if err != nil {
		return 0, err
	}
	n, err := m.loadable(id)
	if err != nil {
		return 0, err
	}
	world := days()
	asked, err := world.asked(first, last)
	if err != nil {
		return 0, err
	}
	path := filepath.Join(dir, Warehouse)
	if _, err := os.Stat(path); err != nil { // DuckDB would make an empty one
		return 0, fault.Wrap(err, fault.Unavailable, "The world's warehouse is not at %s.", path)
	}
	rows, err = load(ctx, path, world, m, n, asked)
	if err != nil && fault.KindOf(err) == fault.Internal && ctx.Err() == nil {
		return 0, fault.Wrap(err, fault.Unavailable, "%s could not be loaded: %s.", id, err)
	}
	return rows, err
}

// loadable is a source or a model, by unique_id.
func (m manifest) loadable(id string) (node, error) {
	if n, ok := m.Sources[id]; ok {
		return n, nil
	}
	if n, ok := m.Nodes[id]; ok && n.ResourceType == "model" {
		return n, nil
	}
	valid := slices.Collect(maps.Keys(m.Sources))
	for _, n := range m.models() {
		valid = append(valid, n.UniqueID)
	}
	slices.Sort(valid)
	return node{}, fault.New(fault.NotFound, "The demo has no source or model %q. It has %s.", id, strings.Join(valid, ", "))
}

// asked is the interval of the named days; zero where none are named.
func (s span) asked(first, last string) (batch, error) {
	if first == "" && last == "" {
		return batch{}, nil
	}
	from, err := time.Parse(time.DateOnly, first)
	until, err2 := time.Parse(time.DateOnly, last)
	if err != nil || err2 != nil || until.Before(from) || from.Before(s.first) || until.After(s.last) {
		return batch{}, fault.New(fault.Invalid, "%q to %q are no days of the demo, which has %s to %s.",
			first, last, s.first.Format(time.DateOnly), s.last.Format(time.DateOnly))
	}
	return batch{first: from, end: until.AddDate(0, 0, 1)}, nil
}

func load(ctx context.Context, path string, world span, m manifest, n node, asked batch) (rows int64, err error) {
	connector, err := duckdb.NewConnector(path, nil)
	if err != nil {
		return 0, fmt.Errorf("open %s: %w", path, err)
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return 0, fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if n.ResourceType == "source" {
		return loadSource(ctx, conn, world, n, asked)
	}
	return loadModel(ctx, conn, world, m, n, asked)
}

// loadSource makes the rows in a database of their own, in memory, and takes the asked ones from there.
func loadSource(ctx context.Context, conn *sql.Conn, world span, n node, asked batch) (int64, error) {
	since, until := world.first, world.last
	if asked != (batch{}) {
		if n.Config.EventTime == "" {
			return 0, fault.New(fault.Invalid, "%s has no days; load it as a whole.", n.UniqueID)
		}
		since, until = asked.first, asked.end.AddDate(0, 0, -1)
	}
	const aside = "made again"
	var home string
	if err := conn.QueryRowContext(ctx, "select current_catalog()").Scan(&home); err != nil {
		return 0, fmt.Errorf("name the warehouse: %w", err)
	}
	if err := run(ctx, conn, "room", "attach ':memory:' as "+quoted(aside)+"; use "+quoted(aside)); err != nil {
		return 0, err
	}
	world.missing = time.Time{} // this time the file is there
	if err := makeRaw(ctx, conn, world, since, until); err != nil {
		return 0, err
	}
	if err := run(ctx, conn, "warehouse", "use "+quoted(home)); err != nil {
		return 0, err
	}
	made := quoted(aside) + "." + quoted(n.SourceName) + "." + quoted(n.Name)
	return replace(ctx, conn, n, asked, "from "+made)
}

// loadModel builds a model as dbt would: a microbatch model for the asked days, any other as a whole.
func loadModel(ctx context.Context, conn *sql.Conn, world span, m manifest, n node, asked batch) (int64, error) {
	if n.Config.Materialized == "view" {
		return 0, fault.New(fault.Invalid, "%s is a view: it has no rows to load.", n.UniqueID)
	}
	if asked != (batch{}) && n.Config.Strategy != "microbatch" {
		return 0, fault.New(fault.Invalid, "%s is built as a whole; leave the days out.", n.UniqueID)
	}
	within := asked
	if within == (batch{}) {
		within = batch{first: world.first, end: world.last.AddDate(0, 0, 1)}
	}
	query, err := m.query(n, within)
	if err != nil {
		return 0, err
	}
	return replace(ctx, conn, n, asked, query)
}

// replace puts what a query gives in the place of a node's rows of the asked days, or of all. Relation, column and query are the
// project's own text.
func replace(ctx context.Context, conn *sql.Conn, n node, asked batch, query string) (int64, error) {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback()                                 // after the commit there is nothing to roll back
	old, args := "delete from "+n.RelationName, []any{} //nolint:gosec // as above
	if column := quoted(n.Config.EventTime); asked != (batch{}) {
		old, args = old+" where "+column+" >= ? and "+column+" < ?", []any{asked.first, asked.end}
	}
	if _, err := tx.ExecContext(ctx, old, args...); err != nil {
		return 0, fmt.Errorf("remove the rows of %s: %w", n.RelationName, err)
	}
	result, err := tx.ExecContext(ctx, "insert into "+n.RelationName+" ("+query+"\n)") //nolint:gosec // as above
	if err != nil {
		return 0, fmt.Errorf("insert into %s: %w", n.RelationName, err)
	}
	rows, err := result.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("count the rows of %s: %w", n.RelationName, err)
	}
	if err := tx.Commit(); err != nil {
		return 0, fmt.Errorf("commit: %w", err)
	}
	return rows, nil
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
