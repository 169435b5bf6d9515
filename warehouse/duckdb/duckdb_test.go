package duckdb_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/warehouse"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
	"github.com/headwater-mcp/headwater/warehouse/warehousetest"
)

func TestDuckDB(t *testing.T) {
	t.Parallel()
	warehousetest.Exercise(t, func(t *testing.T) warehouse.Warehouse { return create(t, duckdb.Options{}) })
}

// create makes an empty warehouse file.
func create(t *testing.T, o duckdb.Options, statements ...string) *duckdb.Warehouse {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "shop.duckdb")
	}
	o.Create = true
	w, err := duckdb.New(o)
	require.NoError(t, err)
	err = w.Write(t.Context(), func(ctx context.Context, w warehouse.Writer) error {
		for _, s := range statements {
			if err := w.Exec(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err, "cause: %v", errors.Unwrap(err))
	return w
}
