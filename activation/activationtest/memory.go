package activationtest

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"strings"

	driver "github.com/duckdb/duckdb-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/warehouse"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// Memory is a real DuckDB in memory as a warehouse.Warehouse, for tests that need thousands of them. A session is a connection of
// its own, as it is in a file, and a Write is one transaction.
type Memory struct {
	// DB is what the oracle and the test's own statements use.
	DB *sql.DB
	// FailAt makes the n-th statement of the next Write fail, counted from 1; 0 lets all pass.
	FailAt int
	// Statements counts those of the last Write.
	Statements int
}

// ErrFailpoint is what a statement at the failpoint gives.
var ErrFailpoint = errors.New("failpoint")

// NewMemory opens an empty DuckDB, which ends with Close.
func NewMemory(t require.TestingT) *Memory {
	connector, err := driver.NewConnector("", nil)
	require.NoError(t, err)
	m := &Memory{DB: sql.OpenDB(connector)}
	for _, setting := range []string{"set global timezone = 'UTC'", "set threads = 1"} {
		_, err = m.DB.ExecContext(context.Background(), setting)
		require.NoError(t, err)
	}
	return m
}

// Close frees it.
func (m *Memory) Close() { _ = m.DB.Close() }

// Dialect is DuckDB's.
func (*Memory) Dialect() warehouse.Dialect { return duckdb.Dialect() }

// Health has nothing to look at.
func (*Memory) Health(context.Context) (string, error) { return "DuckDB in memory", nil }

// Read runs fn on a connection of its own.
func (m *Memory) Read(ctx context.Context, fn func(context.Context, warehouse.Reader) error) error {
	conn, err := m.DB.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return fn(ctx, memorySession{m, conn})
}

// Write runs fn in a transaction of a connection that is thrown away, with its temporary tables, like a file's.
func (m *Memory) Write(ctx context.Context, fn func(context.Context, warehouse.Writer) error) error {
	conn, err := m.DB.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Raw(func(any) error { return sqldriver.ErrBadConn }) // makes database/sql close it
	m.Statements = 0
	if _, err := conn.ExecContext(ctx, "begin"); err != nil {
		return err
	}
	if err := fn(ctx, memorySession{m, conn}); err != nil {
		_, _ = conn.ExecContext(ctx, "rollback")
		return err
	}
	_, err = conn.ExecContext(ctx, "commit")
	return err
}

// Relation describes a table or view of the main schema.
func (m *Memory) Relation(ctx context.Context, r warehouse.Relation) (warehouse.Table, error) {
	table := warehouse.Table{Relation: r, Kind: warehouse.BaseTable}
	rows, err := m.DB.QueryContext(ctx, "select column_name, data_type from information_schema.columns where lower(table_name) = lower(?) order by ordinal_position", string(r.Name))
	if err != nil {
		return table, err
	}
	defer rows.Close()
	for rows.Next() {
		var c warehouse.Column
		if err := rows.Scan(&c.Name, &c.Type); err != nil {
			return table, err
		}
		switch {
		case c.Type == "DATE":
			c.Time = warehouse.Date
		case strings.HasSuffix(c.Type, "WITH TIME ZONE"):
			c.Time = warehouse.TimestampTZ
		case strings.HasPrefix(c.Type, "TIMESTAMP"):
			c.Time = warehouse.Timestamp
		}
		table.Columns = append(table.Columns, c)
	}
	if len(table.Columns) == 0 {
		return table, fault.New(fault.NotFound, "There is no relation %s.", r)
	}
	return table, rows.Err()
}

type memorySession struct {
	memory *Memory
	conn   *sql.Conn
}

func (s memorySession) Query(ctx context.Context, query string, args ...any) (warehouse.Rows, error) {
	return s.conn.QueryContext(ctx, query, args...) //nolint:rowserrcheck // read by the caller
}

// Stage is a statement like any other here.
func (s memorySession) Stage(ctx context.Context, statement string, args ...any) error {
	return s.Exec(ctx, statement, args...)
}

func (s memorySession) Exec(ctx context.Context, statement string, args ...any) error {
	s.memory.Statements++
	if s.memory.Statements == s.memory.FailAt {
		return ErrFailpoint
	}
	_, err := s.conn.ExecContext(ctx, statement, args...)
	return err
}
