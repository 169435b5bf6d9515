package warehousetest

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/warehouse"
)

var errOurs = errors.New("the caller changed its mind")

func writeThenRead(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (i BIGINT)", "INSERT INTO t VALUES (1), (2)")
	b.write(t, "INSERT INTO t VALUES (3)")
	require.Equal(t, []int64{1, 2, 3}, b.mustNumbers(t, "SELECT i FROM t ORDER BY i"))
}

func errorRollsBack(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (i BIGINT)", "INSERT INTO t VALUES (1)")
	err := b.Write(t.Context(), func(ctx context.Context, w warehouse.Writer) error {
		if err := execAll(ctx, w, "DELETE FROM t", "CREATE TABLE u (i BIGINT)"); err != nil {
			return err
		}
		return errOurs
	})
	require.ErrorIs(t, err, errOurs, "the caller's own error comes back as it was")
	require.Equal(t, []int64{1}, b.mustNumbers(t, "SELECT i FROM t"))
	_, err = b.Relation(t.Context(), warehouse.Relation{Name: "u"})
	require.Equal(t, fault.NotFound, fault.KindOf(err))
}

func panicRollsBack(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (i BIGINT)", "INSERT INTO t VALUES (1)")
	require.PanicsWithValue(t, "out", func() {
		_ = b.Write(t.Context(), func(ctx context.Context, w warehouse.Writer) error {
			if err := w.Exec(ctx, "DELETE FROM t"); err != nil {
				return err
			}
			panic("out")
		})
	})
	require.Panics(t, func() {
		_ = b.Read(t.Context(), func(context.Context, warehouse.Reader) error { panic("out") })
	})
	require.Equal(t, []int64{1}, b.mustNumbers(t, "SELECT i FROM t"))
	b.write(t, "INSERT INTO t VALUES (2)")
}

func cancelRollsBack(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (i BIGINT)")
	ctx, cancel := context.WithCancel(t.Context())
	err := b.Write(ctx, func(ctx context.Context, w warehouse.Writer) error {
		err := w.Exec(ctx, "INSERT INTO t VALUES (1)")
		cancel()
		return err
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []int64{0}, b.mustNumbers(t, "SELECT count(*) FROM t"))
}

func isolation(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (i BIGINT)", "INSERT INTO t VALUES (1)")
	require.NoError(t, b.Write(t.Context(), func(ctx context.Context, w warehouse.Writer) error {
		if err := w.Exec(ctx, "INSERT INTO t VALUES (2)"); err != nil {
			return err
		}
		seen, err := b.numbers(ctx, "SELECT count(*) FROM t")
		require.Equal(t, []int64{1}, seen)
		return err
	}))
	require.Equal(t, []int64{2}, b.mustNumbers(t, "SELECT count(*) FROM t"))
}

func ownChanges(t *testing.T, b bench) {
	t.Helper()
	require.NoError(t, b.Write(t.Context(), func(ctx context.Context, w warehouse.Writer) error {
		if err := execAll(ctx, w, "CREATE TABLE t (i BIGINT)", "INSERT INTO t VALUES (1)"); err != nil {
			return err
		}
		seen, err := numbers(ctx, w, "SELECT count(*) FROM t")
		require.Equal(t, []int64{1}, seen)
		return err
	}))
}

// readerCannotWrite tries it alone and while a writer has the warehouse open.
func readerCannotWrite(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (i BIGINT)", "INSERT INTO t VALUES (1)")
	attempts := func(ctx context.Context) {
		for _, statement := range []string{
			"INSERT INTO t VALUES (2)", "DELETE FROM t", "UPDATE t SET i = 5", "DROP TABLE t", "CREATE TABLE u AS SELECT 1 AS i",
			"COMMIT", "COMMIT; DELETE FROM t", "SELECT 1; DELETE FROM t",
		} {
			err := b.Read(ctx, func(ctx context.Context, r warehouse.Reader) error {
				rows, err := r.Query(ctx, statement)
				if err == nil {
					err = errors.Join(rows.Close(), rows.Err())
				}
				return err
			})
			require.Error(t, err, statement)
		}
	}
	attempts(t.Context())
	require.NoError(t, b.Write(t.Context(), func(ctx context.Context, _ warehouse.Writer) error {
		attempts(ctx)
		return nil
	}))
	require.Equal(t, []int64{1}, b.mustNumbers(t, "SELECT i FROM t"))
}

func nothingLeaves(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (i BIGINT)")
	for _, statement := range []string{"COMMIT", "ROLLBACK", "INSERT INTO t VALUES (2); COMMIT"} {
		err := b.Write(t.Context(), func(ctx context.Context, w warehouse.Writer) error {
			if err := w.Exec(ctx, "INSERT INTO t VALUES (1)"); err != nil {
				return err
			}
			return w.Exec(ctx, statement)
		})
		require.Error(t, err, statement)
		require.Equal(t, []int64{0}, b.mustNumbers(t, "SELECT count(*) FROM t"), statement)
	}
}

// cancelledQuery runs a query that would take years.
func cancelledQuery(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (i BIGINT)", "INSERT INTO t VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)")
	b.write(t, "CREATE TABLE u AS SELECT a.i + 10 * b.i + 100 * c.i AS i FROM t a CROSS JOIN t b CROSS JOIN t c")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := b.numbers(ctx, "SELECT count(*) FROM u a, u b, u c, u d, u e, u f WHERE a.i * b.i + c.i * d.i = e.i * f.i + 1")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	require.Equal(t, []int64{1000}, b.mustNumbers(t, "SELECT count(*) FROM u"))
}

func rowsLeftOpen(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (i BIGINT)", "INSERT INTO t VALUES (1), (2)")
	require.NoError(t, b.Read(t.Context(), func(ctx context.Context, r warehouse.Reader) error {
		rows, err := r.Query(ctx, "SELECT i FROM t")
		if err == nil {
			require.True(t, rows.Next())
		}
		return err
	}))
	b.write(t, "INSERT INTO t VALUES (3)")
	require.NoError(t, b.Write(t.Context(), func(ctx context.Context, w warehouse.Writer) error {
		_, err := w.Query(ctx, "SELECT i FROM t")
		return err
	}))
}

// manyAtOnce keeps two tables in step: a reader that saw them differ saw half of a transaction.
func manyAtOnce(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (i BIGINT)", "CREATE TABLE u (i BIGINT)")
	const workers, rounds = 4, 5
	g, ctx := errgroup.WithContext(t.Context())
	for range workers {
		g.Go(func() error {
			for range rounds {
				if err := b.Write(ctx, func(ctx context.Context, w warehouse.Writer) error {
					return execAll(ctx, w, "INSERT INTO t VALUES (1)", "INSERT INTO u VALUES (1)")
				}); err != nil {
					return err
				}
			}
			return nil
		})
		g.Go(func() error {
			for range rounds {
				if err := b.Read(ctx, inStep); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
	require.Equal(t, []int64{workers * rounds}, b.mustNumbers(t, "SELECT count(*) FROM u"))
}

func inStep(ctx context.Context, r warehouse.Reader) error {
	first, err := numbers(ctx, r, "SELECT count(*) FROM t")
	if err != nil {
		return err
	}
	second, err := numbers(ctx, r, "SELECT count(*) FROM u")
	if err == nil && first[0] != second[0] {
		return errors.New("a reader saw half of a transaction")
	}
	return err
}
