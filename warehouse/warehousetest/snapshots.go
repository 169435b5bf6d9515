package warehousetest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/warehouse"
)

// oneSnapshot commits a write between two reads inside a read, which began while the writer had the warehouse open.
func oneSnapshot(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (i BIGINT)", "INSERT INTO t VALUES (1)")
	w := b.begin(t, "INSERT INTO t VALUES (2)", "CREATE TABLE u (i BIGINT)", "ALTER TABLE t ADD COLUMN k BIGINT")
	require.NoError(t, b.Read(t.Context(), func(ctx context.Context, _ warehouse.Reader) error {
		before, err := b.numbers(ctx, "SELECT count(*) FROM t")
		require.NoError(t, err)
		require.Equal(t, []int64{1}, before)
		w.commit()
		everybody := b.mustNumbers(t, "SELECT count(*) FROM t") //nolint:contextcheck // somebody else's, outside this snapshot
		require.Equal(t, []int64{2}, everybody, "the write is there for everybody else")

		after, err := b.numbers(ctx, "SELECT count(*) FROM t")
		require.NoError(t, err)
		require.Equal(t, before, after)
		_, err = b.Relation(ctx, warehouse.Relation{Name: "u"})
		require.Equal(t, fault.NotFound, fault.KindOf(err), "%v", err)
		table, err := b.Relation(ctx, warehouse.Relation{Name: "t"})
		require.Len(t, table.Columns, 1)
		return err
	}))
	require.Equal(t, []int64{2}, b.mustNumbers(t, "SELECT count(*) FROM t"))
}

// errorInSnapshot: a value that cannot be cast concerns nobody else's query. Where a writer has committed meanwhile, what cannot be
// seen as it was any more is unavailable, and not seen as it is now.
func errorInSnapshot(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (i BIGINT)", "INSERT INTO t VALUES (1)", "CREATE TABLE s (x VARCHAR(10))", "INSERT INTO s VALUES ('x')")
	broken := func(ctx context.Context) {
		_, err := b.numbers(ctx, "SELECT CAST(x AS BIGINT) FROM s")
		require.Error(t, err)
	}
	require.NoError(t, b.Read(t.Context(), func(ctx context.Context, _ warehouse.Reader) error {
		broken(ctx)
		seen, err := b.numbers(ctx, "SELECT count(*) FROM t")
		require.Equal(t, []int64{1}, seen)
		return err
	}))
	w := b.begin(t, "INSERT INTO t VALUES (2)")
	require.NoError(t, b.Read(t.Context(), func(ctx context.Context, _ warehouse.Reader) error {
		_, err := b.numbers(ctx, "SELECT count(*) FROM t")
		require.NoError(t, err)
		w.commit()
		broken(ctx)
		seen, err := b.numbers(ctx, "SELECT count(*) FROM t")
		if err != nil {
			require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
			return nil
		}
		require.Equal(t, []int64{1}, seen)
		return nil
	}))
}

// writing is a transaction that has written and waits to be committed.
type writing struct{ commit func() }

// begin runs statements in a transaction that commits when it is told to.
func (b bench) begin(t *testing.T, statements ...string) writing {
	t.Helper()
	begun, told, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- b.Write(context.WithoutCancel(t.Context()), func(ctx context.Context, w warehouse.Writer) error {
			err := execAll(ctx, w, statements...)
			close(begun)
			<-told
			return err
		})
	}()
	<-begun
	return writing{commit: func() {
		close(told)
		require.NoError(t, <-done)
	}}
}
