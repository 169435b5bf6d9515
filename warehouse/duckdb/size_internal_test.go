package duckdb

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/warehouse"
)

// TestTheSizeOfATableIsThatOfItsBlocks, whatever it is called and whatever else is in the file.
func TestTheSizeOfATableIsThatOfItsBlocks(t *testing.T) {
	t.Parallel()
	w, err := New(Options{Path: filepath.Join(t.TempDir(), "w.duckdb"), Create: true})
	require.NoError(t, err)
	require.NoError(t, w.Write(t.Context(), func(ctx context.Context, writer warehouse.Writer) error {
		for _, s := range []string{
			`create schema "it's"`, `create table "it's"."a ""big"" one" as select 1 as i`, `create table "it's"."a.big one" as select hash(range) as h from range(1000000)`,
			"create table small as select 1 as i",
		} {
			if err := writer.Exec(ctx, s); err != nil {
				return err
			}
		}
		return nil
	}))
	size := func(schema, name warehouse.Ident) (bytes *int64) {
		require.NoError(t, w.Read(t.Context(), func(ctx context.Context, reader warehouse.Reader) (err error) {
			bytes, err = blocks(ctx, reader, warehouse.Relation{Schema: schema, Name: name})
			return err
		}))
		return bytes
	}
	require.Greater(t, *size("it's", "a.big one"), int64(7_000_000))
	require.Less(t, *size("main", "small"), int64(1_000_000))
	require.Nil(t, size("it's", `a "big" one`))

	table, err := w.Relation(t.Context(), warehouse.Relation{Name: "small"})
	require.NoError(t, err)
	require.EqualValues(t, 1, *table.Rows)
	bytes, err := table.Bytes(t.Context(), 1000)
	require.NoError(t, err)
	require.Greater(t, *bytes, int64(7_000_000), "of a small file the whole bounds each table")
}
