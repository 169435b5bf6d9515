package demo

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

//go:embed sql/raw.sql
var rawSQL string

//go:embed sql/snapshot.sql
var snapshotSQL string

// writeWarehouse makes the DuckDB file at path: raw rows, then what the models and the snapshot make of them. It returns
// the newest load of every source by unique_id.
func writeWarehouse(ctx context.Context, path string, world span) (loads map[string]time.Time, err error) {
	connector, err := duckdb.NewConnector(path, nil)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", path, err)
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	// Temporary tables and macros belong to one connection.
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	m, err := readManifest()
	if err != nil {
		return nil, err
	}
	if err := fill(ctx, conn, world, m); err != nil {
		return nil, err
	}
	return newestLoads(ctx, conn, m)
}

func fill(ctx context.Context, conn *sql.Conn, world span, m manifest) error {
	if err := makeRaw(ctx, conn, world, world.first, world.last); err != nil {
		return err
	}
	if err := buildModels(ctx, conn, world, m); err != nil {
		return err
	}
	if err := run(ctx, conn, "snapshot.sql", snapshotSQL); err != nil {
		return err
	}
	return run(ctx, conn, "checkpoint", "checkpoint")
}

// makeRaw makes the schema raw in the connection's database, with the events of the days from since to until.
func makeRaw(ctx context.Context, conn *sql.Conn, world span, since, until time.Time) error {
	// The demo works without a network, so DuckDB is not to look for one.
	if err := run(ctx, conn, "settings", "set autoinstall_known_extensions = false; set autoload_known_extensions = false"); err != nil {
		return err
	}
	const spanSQL = "create temp table world as select cast(? as date) as first, cast(? as date) as last, " +
		"cast(? as date) as missing, cast(? as date) as since, cast(? as date) as until"
	missing := sql.NullTime{Time: world.missing, Valid: !world.missing.IsZero()}
	if err := run(ctx, conn, "world", spanSQL, world.first, world.last, missing, since, until); err != nil {
		return err
	}
	return run(ctx, conn, "raw.sql", rawSQL)
}

// buildModels makes every model's relation as its materialization says. A microbatch model is built in one batch over
// all days, which gives the rows of its nights one by one.
func buildModels(ctx context.Context, conn *sql.Conn, world span, m manifest) error {
	if err := run(ctx, conn, "schema", "create schema analytics"); err != nil {
		return err
	}
	all := batch{first: world.first, end: world.last.AddDate(0, 0, 1)}
	for _, n := range m.models() {
		query, err := m.query(n, all)
		if err != nil {
			return err
		}
		kind := "table"
		if n.Config.Materialized == "view" {
			kind = "view"
		}
		if err := run(ctx, conn, n.UniqueID, "create "+kind+" "+n.RelationName+" as (\n"+query+"\n)"); err != nil {
			return err
		}
	}
	return nil
}

func newestLoads(ctx context.Context, conn *sql.Conn, m manifest) (map[string]time.Time, error) {
	loads := map[string]time.Time{}
	for id, source := range m.Sources {
		var at time.Time
		query := "select max(" + source.LoadedAtField + ") from " + source.RelationName
		if err := conn.QueryRowContext(ctx, query).Scan(&at); err != nil {
			return nil, fmt.Errorf("newest load of %s: %w", id, err)
		}
		loads[id] = at
	}
	return loads, nil
}

func run(ctx context.Context, conn *sql.Conn, what, text string, args ...any) error {
	if _, err := conn.ExecContext(ctx, text, args...); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
