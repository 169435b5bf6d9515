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

// TestColumnsAreTheSameHoweverTheyAreListed: those of one table alone, and those of the many tables of a session.
func TestColumnsAreTheSameHoweverTheyAreListed(t *testing.T) {
	t.Parallel()
	w, err := New(Options{Path: filepath.Join(t.TempDir(), "w.duckdb"), Create: true})
	require.NoError(t, err)
	const columns = `("a ""b""" integer, d date, t timestamp, tz timestamptz, ns timestamp_ns, n decimal(18, 3), s varchar not null, l integer[], st struct(x integer, "Y z" varchar), m map(varchar, double), e enum('x', 'it''s'), mood mood, g integer generated always as (1), u uuid, h hugeint, j json)`
	require.NoError(t, w.Write(t.Context(), func(ctx context.Context, writer warehouse.Writer) error {
		for _, s := range []string{"create type mood as enum ('glad', 'sad')", "create schema other"} {
			if err := writer.Exec(ctx, s); err != nil {
				return err
			}
		}
		for i := range maxDescribed + 1 {
			for _, schema := range []string{"main", "other"} {
				if err := writer.Exec(ctx, fmt.Sprintf("create table %s.t%03d %s", schema, i, columns)); err != nil {
					return err
				}
			}
		}
		return writer.Exec(ctx, "create view v as select d, t from t000")
	}))
	require.NoError(t, w.Read(t.Context(), func(ctx context.Context, _ warehouse.Reader) error {
		of := func(schema, name string) []warehouse.Column {
			table, err := w.Relation(ctx, warehouse.Relation{Schema: warehouse.Ident(schema), Name: warehouse.Ident(name)})
			require.NoError(t, err)
			return table.Columns
		}
		want := of("main", "t000")
		require.Len(t, want, 16)
		for i := range maxDescribed + 1 {
			require.Equal(t, want, of("main", fmt.Sprintf("t%03d", i)))
		}
		require.Equal(t, want, of("other", "t000"))
		require.Len(t, of("main", "v"), 2)
		return nil
	}))
}
