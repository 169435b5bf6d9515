package duckdb

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/warehouse"
)

// TestASessionListsRelationsOnce, because listing takes as long as the file has relations; and each session anew.
func TestASessionListsRelationsOnce(t *testing.T) {
	t.Parallel()
	w, err := New(Options{Path: filepath.Join(t.TempDir(), "w.duckdb"), Create: true})
	require.NoError(t, err)
	do := func(statement string) {
		require.NoError(t, w.Write(t.Context(), func(ctx context.Context, writer warehouse.Writer) error { return writer.Exec(ctx, statement) }))
	}
	do("create table a as select 1 as i")
	require.NoError(t, w.Read(t.Context(), func(ctx context.Context, reader warehouse.Reader) error {
		_, err := w.Relation(ctx, warehouse.Relation{Name: "a"})
		require.NoError(t, err)
		own, ok := reader.(*session)
		require.True(t, ok)
		own.relations.short["main.b"] = 0 // what nothing but the list of this session knows
		table, err := w.Relation(ctx, warehouse.Relation{Name: "b"})
		require.NoError(t, err)
		require.EqualValues(t, "a", table.Relation.Name)
		return nil
	}))
	_, err = w.Relation(t.Context(), warehouse.Relation{Name: "b"})
	require.Equal(t, fault.NotFound, fault.KindOf(err))
	do("create view B as select 2 as i")
	table, err := w.Relation(t.Context(), warehouse.Relation{Schema: "MAIN", Name: "b"})
	require.NoError(t, err)
	require.Equal(t, warehouse.View, table.Kind)
	require.EqualValues(t, "B", table.Relation.Name)
}

// TestNearMissesAreLookedForOfSoMany: comparing thousands of missing names with thousands of others takes minutes.
func TestNearMissesAreLookedForOfSoMany(t *testing.T) {
	t.Parallel()
	w, err := New(Options{Path: filepath.Join(t.TempDir(), "w.duckdb"), Create: true})
	require.NoError(t, err)
	require.NoError(t, w.Write(t.Context(), func(ctx context.Context, writer warehouse.Writer) error {
		return writer.Exec(ctx, "create table orders_00 as select 1 as i")
	}))
	require.NoError(t, w.Read(t.Context(), func(ctx context.Context, _ warehouse.Reader) error {
		for i := 1; i <= maxSuggested+1; i++ {
			_, err := w.Relation(ctx, warehouse.Relation{Name: warehouse.Ident(fmt.Sprintf("orders_%02d", i))})
			require.Equal(t, fault.NotFound, fault.KindOf(err))
			if i <= maxSuggested {
				require.ErrorContains(t, err, "Did you mean main.orders_00?")
			} else {
				require.ErrorContains(t, err, "Build it with dbt, or check its name.")
			}
		}
		return nil
	}))
}
