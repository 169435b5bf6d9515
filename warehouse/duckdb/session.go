package duckdb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/warehouse"
)

// session is one connection with at most one transaction: a reader's from the start, a writer's from its first Exec. It
// implements warehouse.Writer, of which a reader uses Query.
type session struct {
	instance *instance
	conn     *sql.Conn
	mode     mode
	// ctx outlives the caller's: a transaction is rolled back also when the caller has given up.
	ctx  context.Context //nolint:containedctx // see above
	mu   sync.Mutex
	open map[*rows]struct{}
	// begun: the transaction is there. Until then a writer, who is alone with the file, sees what is committed.
	begun bool
	done  bool // committed
	lost  bool // the snapshot is gone: an error ended its transaction, and a new one could see more
	ended bool
	// relations are those of a reader's view, once somebody has asked for one; listing is held meanwhile.
	relations *relations
	listing   sync.Mutex
}

// begin starts the session of a lease.
func (l *lease) begin(ctx context.Context, mode mode) (*session, error) {
	i := l.instance
	conn, err := i.db.Conn(ctx)
	if err != nil {
		return nil, i.queryFault(ctx, err)
	}
	s := &session{instance: i, conn: conn, mode: mode, ctx: context.WithoutCancel(ctx), open: map[*rows]struct{}{}}
	_, err = conn.ExecContext(ctx, "USE "+quote(i.catalog))
	if err == nil && mode == readOnly {
		_, err = conn.ExecContext(ctx, beginReading)
		s.begun = true
	}
	if err != nil {
		_ = conn.Close() // the error above is the one to report
		return nil, i.queryFault(ctx, err)
	}
	return s, nil
}

const (
	beginReading = "BEGIN TRANSACTION READ ONLY"
	beginWriting = "BEGIN TRANSACTION"
)

// Query implements warehouse.Reader.
func (s *session) Query(ctx context.Context, query string, args ...any) (warehouse.Rows, error) {
	if err := s.admit(ctx, query); err != nil {
		return nil, err
	}
	r, err := s.conn.QueryContext(ctx, query, args...) //nolint:rowserrcheck // read by the caller, closed at the latest by end
	if err != nil {
		s.renew()
		return nil, s.instance.queryFault(ctx, err)
	}
	out := &rows{Rows: r, ctx: ctx, session: s}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[out] = struct{}{}
	return out, nil
}

// Stage implements warehouse.Writer. Before the first Exec each statement has a transaction of its own: DuckDB reads a table of
// an open transaction with one thread, a committed one with all. It may write nothing but temporary tables, which a read-only
// transaction allows.
func (s *session) Stage(ctx context.Context, statement string, args ...any) error {
	if s.begun {
		return s.Exec(ctx, statement, args...)
	}
	if err := s.admit(ctx, statement); err != nil {
		return err
	}
	if _, err := s.conn.ExecContext(ctx, beginReading); err != nil {
		return s.instance.queryFault(ctx, err)
	}
	end := "COMMIT"
	_, err := s.conn.ExecContext(ctx, statement, args...)
	if err != nil {
		end = "ROLLBACK"
	}
	_, ended := s.conn.ExecContext(context.WithoutCancel(ctx), end)
	if err = cmp.Or(err, ended); err != nil {
		return s.instance.queryFault(ctx, err)
	}
	return nil
}

// Exec implements warehouse.Writer.
func (s *session) Exec(ctx context.Context, statement string, args ...any) error {
	if err := s.admit(ctx, statement); err != nil {
		return err
	}
	if !s.begun {
		if _, err := s.conn.ExecContext(ctx, beginWriting); err != nil {
			return s.instance.queryFault(ctx, err)
		}
		s.begun = true
	}
	if _, err := s.conn.ExecContext(ctx, statement, args...); err != nil {
		return s.instance.queryFault(ctx, err)
	}
	return nil
}

// admit refuses what would leave the transaction or, for a reader, could do more than read. DuckDB refuses writes in a
// read-only transaction by itself, but nothing stops a statement "COMMIT; DELETE …" except looking at it.
func (s *session) admit(ctx context.Context, statement string) error {
	if s.gone() {
		return fault.New(fault.Unavailable, "The warehouse %s was being written while it was read, and an error ended what was one view of it. Ask again.",
			s.instance.opening.name())
	}
	kind, err := s.kind(statement)
	if err != nil {
		s.renew()
		return s.instance.queryFault(ctx, err)
	}
	switch {
	case kind == duckdb.STATEMENT_TYPE_SELECT, kind == duckdb.STATEMENT_TYPE_EXPLAIN:
		return nil
	case s.mode == readOnly:
		return fault.New(fault.Internal, "headwater tried to write where it may only read. This is a bug.")
	case leaves(kind):
		return fault.New(fault.Internal, "headwater tried a statement that would leave its transaction or its warehouse. This is a bug.")
	}
	return nil
}

// leaves reports whether a kind of statement could end the transaction, change the session or load code.
func leaves(kind duckdb.StmtType) bool {
	return slices.Contains([]duckdb.StmtType{
		duckdb.STATEMENT_TYPE_TRANSACTION, duckdb.STATEMENT_TYPE_PREPARE, duckdb.STATEMENT_TYPE_EXECUTE,
		duckdb.STATEMENT_TYPE_ATTACH, duckdb.STATEMENT_TYPE_DETACH, duckdb.STATEMENT_TYPE_SET,
		duckdb.STATEMENT_TYPE_VARIABLE_SET, duckdb.STATEMENT_TYPE_PRAGMA, duckdb.STATEMENT_TYPE_LOAD,
	}, kind)
}

// kind also refuses several statements in one text: the first ones would run before anything looked at them.
func (s *session) kind(statement string) (kind duckdb.StmtType, err error) {
	err = s.conn.Raw(func(raw any) error {
		conn, ok := raw.(*duckdb.Conn)
		if !ok {
			return errors.New("the connection is not DuckDB's")
		}
		prepared, err := conn.Prepare(statement)
		if err != nil {
			return err //nolint:wrapcheck // translated by the caller
		}
		defer prepared.Close() //nolint:errcheck // it was never executed
		parsed, ok := prepared.(*duckdb.Stmt)
		if !ok {
			return errors.New("the statement is not DuckDB's")
		}
		kind, err = parsed.StatementType()
		return err //nolint:wrapcheck // translated by the caller
	})
	return kind, err //nolint:wrapcheck // translated by the caller
}

// commit ends a writer's transaction, unless the caller has given up.
func (s *session) commit(ctx context.Context) error {
	s.closeRows()
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	if !s.begun {
		return nil // nothing was written
	}
	whole := context.WithoutCancel(ctx) // whether it happened must be known, so a commit is not interrupted
	if _, err := s.conn.ExecContext(whole, "COMMIT"); err != nil {
		return s.instance.queryFault(whole, err)
	}
	s.done = true
	return nil
}

// end rolls back what was not committed and gives the connection back. It runs also when the caller panics.
func (s *session) end() {
	s.closeRows()
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	if s.begun && !s.done {
		// After a failed statement or a fatal error there may be no transaction left to roll back.
		_, _ = s.conn.ExecContext(s.ctx, "ROLLBACK")
	}
	_ = s.conn.Close() // discards the connection
}

func (s *session) closeRows() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r := range s.open {
		_ = r.Rows.Close() // whoever read them has seen the error, if there was one
	}
	clear(s.open)
}

// rows are *sql.Rows with our errors.
type rows struct {
	*sql.Rows

	ctx     context.Context //nolint:containedctx // of the query, to tell an interruption from a failure
	session *session
}

func (r *rows) Close() error {
	r.session.mu.Lock()
	defer r.session.mu.Unlock()
	delete(r.session.open, r)
	return r.Rows.Close() //nolint:wrapcheck // it has nothing to report that Err does not
}

func (r *rows) Err() error {
	if err := r.Rows.Err(); err != nil {
		return r.session.instance.queryFault(r.ctx, err)
	}
	return nil
}

func (r *rows) Scan(dest ...any) error {
	if err := r.Rows.Scan(dest...); err != nil {
		return r.session.instance.queryFault(r.ctx, err)
	}
	return nil
}
