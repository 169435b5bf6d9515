package main

import (
	"context"
	"database/sql"
	_ "embed" // of the statements below
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2" // the driver of what the engine is measured against
)

// What the states before a measurement are made with; their variables stand at their tops.
var (
	//go:embed load.sql
	loadSQL string
	//go:embed later.sql
	laterSQL string
	//go:embed change.sql
	changeSQL string
	//go:embed initial.sql
	initialSQL string
	//go:embed older.sql
	olderSQL string
)

// given are the statements that come from outside: the data and what the engine is measured against.
type given struct{ data, floor, window string }

// read finds them and scales the data: its three counts are the only numbers of that size in it.
func read(dir string, scale float64) (given, error) {
	var g given
	for name, text := range map[string]*string{"data.sql": &g.data, "floor.sql": &g.floor, "window.sql": &g.window} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return g, fmt.Errorf("the data and the floor are read from the folder of -sql: %w", err)
		}
		*text = string(b)
	}
	for _, n := range []int64{keys, knownUsers, dayRows} {
		number := strconv.FormatInt(n, 10)
		if !strings.Contains(g.data, number) {
			return g, fmt.Errorf("data.sql does not hold the number %s any more, so it cannot be scaled", number)
		}
		g.data = strings.ReplaceAll(g.data, number, strconv.FormatInt(scaled(n, scale), 10))
	}
	return g, nil
}

// The counts of data.sql at scale 1.
const (
	keys       = 10_000_000
	knownUsers = 9_900_000
	dayRows    = 2_500_000
)

func scaled(n int64, scale float64) int64 { return max(1, int64(float64(n)*scale)) }

// runSQL opens the file with nothing of headwater's in between, runs the task's statements and closes it again.
func runSQL(ctx context.Context, t task) (err error) {
	db, err := sql.Open("duckdb", t.DB)
	if err != nil {
		return fmt.Errorf("opening %s: %w", t.DB, err)
	}
	defer func() {
		if closed := db.Close(); err == nil && closed != nil {
			err = fmt.Errorf("closing %s: %w", t.DB, closed)
		}
	}()
	db.SetMaxOpenConns(1) // variables and temporary tables belong to a connection
	statements := []string{"SET memory_limit = '" + t.Memory + "'", "SET threads = " + strconv.Itoa(t.Threads)}
	for name, value := range t.Variables {
		statements = append(statements, "SET VARIABLE "+name+" = "+value)
	}
	for _, s := range append(statements, t.SQL) {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("running %s: %w", firstWords(s), err)
		}
	}
	return nil
}

// checksums are the rows of every table of the engine and a sum over them that does not know their order, by table.
func checksums(ctx context.Context, t task) (map[string]string, error) {
	db, err := sql.Open("duckdb", t.DB)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", t.DB, err)
	}
	defer db.Close() //nolint:errcheck // it was only read
	names, err := tables(ctx, db)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(names))
	for _, name := range names {
		var sum string
		query := `SELECT count(*) || ' rows, ' || coalesce(bit_xor(hash(t))::varchar || ' ' || sum(hash(t)::hugeint)::varchar, '')
			FROM activation."` + name + `" AS t`
		if err := db.QueryRowContext(ctx, query).Scan(&sum); err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		out[name] = sum
	}
	return out, nil
}

func tables(ctx context.Context, db *sql.DB) (names []string, err error) {
	rows, err := db.QueryContext(ctx, `SELECT table_name FROM duckdb_tables() WHERE schema_name = 'activation' ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("listing the outputs: %w", err)
	}
	defer rows.Close() //nolint:errcheck // Err says whether it was whole
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("listing the outputs: %w", err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("listing the outputs: %w", err)
	}
	return names, nil
}
