package warehousetest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/warehouse"
)

// staged makes temporary tables before and inside the transaction: the writer reads them, nobody else does, and they are gone with
// the session. Before the transaction nothing else can be staged.
func staged(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (i BIGINT)", "INSERT INTO t VALUES (1)")
	require.NoError(t, b.Write(t.Context(), func(ctx context.Context, w warehouse.Writer) error {
		for _, statement := range []string{"INSERT INTO t VALUES (9)", "DROP TABLE t", "CREATE TABLE u (i BIGINT)", "COMMIT"} {
			require.Error(t, w.Stage(ctx, statement), statement)
		}
		require.NoError(t, w.Stage(ctx, "CREATE TEMP TABLE s AS SELECT i + ? AS i FROM t", int64(10)))
		require.NoError(t, w.Stage(ctx, "INSERT INTO s VALUES (12)"))
		_, err := b.numbers(ctx, "SELECT i FROM s")
		require.Error(t, err, "a reader sees it")
		require.NoError(t, w.Exec(ctx, "INSERT INTO t SELECT i FROM s"))
		require.NoError(t, w.Stage(ctx, "CREATE OR REPLACE TEMP TABLE s AS SELECT max(i) AS i FROM t"))
		seen, err := numbers(ctx, w, "SELECT i FROM s")
		require.Equal(t, []int64{12}, seen, "inside the transaction, what it wrote is there")
		return err
	}))
	require.Equal(t, []int64{1, 11, 12}, b.mustNumbers(t, "SELECT i FROM t ORDER BY i"))
	_, err := b.numbers(t.Context(), "SELECT i FROM s")
	require.Error(t, err, "it outlives its session")

	err = b.Write(t.Context(), func(ctx context.Context, w warehouse.Writer) error {
		require.NoError(t, w.Stage(ctx, "CREATE TEMP TABLE s AS SELECT i FROM t"))
		require.NoError(t, w.Exec(ctx, "DELETE FROM t"))
		return errOurs
	})
	require.ErrorIs(t, err, errOurs)
	require.Equal(t, []int64{3}, b.mustNumbers(t, "SELECT count(*) FROM t"))
}
