package duckdb

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"github.com/headwater-mcp/headwater/warehouse"
)

func libraryVersion() string { return mapping.LibraryVersion() }

// Health implements warehouse.Warehouse: "DuckDB 1.5.6, storage v1.5.0+, 12 MB".
func (w *Warehouse) Health(ctx context.Context) (string, error) {
	var line string
	err := w.Read(ctx, func(ctx context.Context, reader warehouse.Reader) error {
		storage, err := warehouse.Collect(ctx, reader, func(rows warehouse.Rows) (string, error) {
			var version string
			err := rows.Scan(&version)
			return version, err
		}, "SELECT coalesce(tags['storage_version'], 'unknown') FROM duckdb_databases() WHERE database_name = current_database()")
		if err != nil {
			return err
		}
		info, err := os.Stat(w.settings.path)
		if err != nil {
			return openFault(err, opening{settings: w.settings, real: w.settings.path})
		}
		line = fmt.Sprintf("DuckDB %s, storage %s, %s", engineVersion(), strings.Join(storage, ""), humanSize(info.Size()))
		return nil
	})
	return line, err
}

// humanSize writes bytes with a decimal unit, as file managers do.
func humanSize(bytes int64) string {
	const step = 1000
	value, units := float64(bytes), []string{"B", "kB", "MB", "GB", "TB"}
	unit := 0
	for value >= step && unit < len(units)-1 {
		value /= step
		unit++
	}
	if unit > 0 && value < 10 {
		return fmt.Sprintf("%.1f %s", value, units[unit])
	}
	return fmt.Sprintf("%.0f %s", value, units[unit])
}
