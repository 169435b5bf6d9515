package duckdb

import (
	"context"
	"os"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/warehouse"
)

// Relation implements warehouse.Warehouse. Names are compared as DuckDB compares them, without case, and returned as
// they were created. A view whose parts are gone is fault.Invalid.
func (w *Warehouse) Relation(ctx context.Context, r warehouse.Relation) (warehouse.Table, error) {
	var table warehouse.Table
	err := w.Read(ctx, func(ctx context.Context, reader warehouse.Reader) error {
		known, err := relationsOf(ctx, reader)
		if err != nil {
			return err
		}
		entry, err := known.find(r, w.settings.path)
		if err != nil {
			return err
		}
		if entry.Columns, err = known.columnsOf(ctx, reader, entry); err != nil {
			return err
		}
		table = entry
		if table.Kind == warehouse.View {
			return nil
		}
		table.Bytes = func(ctx context.Context, limit int64) (*int64, error) { return w.size(ctx, table.Relation, limit) }
		return nil
	})
	return table, err
}

// smallFile is the size in bytes up to which the file bounds its tables well enough.
const smallFile = 1_000_000_000

// size is how much of the file a table takes at most: the whole where that is little or within the limit, else the blocks in
// which it has data. What is still in the log beside the file, or in memory, is not counted.
func (w *Warehouse) size(ctx context.Context, r warehouse.Relation, limit int64) (bytes *int64, err error) {
	info, err := os.Stat(w.settings.path)
	if err != nil {
		return nil, nil //nolint:nilnil // a link that was taken away; the file is open, and its size a matter of comfort
	}
	if size := info.Size(); size <= max(smallFile, limit) {
		return &size, nil
	}
	err = w.Read(ctx, func(ctx context.Context, reader warehouse.Reader) error {
		bytes, err = blocks(ctx, reader, r)
		return err
	})
	return bytes, err
}

// blocks is how many bytes the blocks take in which a table has data; nil of a name with a quote in it, which DuckDB does not
// read there as it writes it.
func blocks(ctx context.Context, reader warehouse.Reader, r warehouse.Relation) (*int64, error) {
	if strings.Contains(string(r.Database+r.Schema+r.Name), `"`) {
		return nil, nil //nolint:nilnil // not known, and no reason to fail
	}
	sizes, err := warehouse.Collect(ctx, reader, func(rows warehouse.Rows) (int64, error) {
		var n int64
		err := rows.Scan(&n)
		return n, err
	}, "SELECT (SELECT count(DISTINCT block_id) FROM pragma_storage_info("+literal(relation(r))+")) * max(block_size) "+
		"FROM pragma_database_size()")
	if err != nil {
		return nil, err
	}
	return &sizes[0], nil
}

// columns asks DuckDB to describe the relation as it binds now: for a view that is what its query gives today.
func columns(ctx context.Context, reader warehouse.Reader, t warehouse.Table) ([]warehouse.Column, error) {
	list, err := warehouse.Collect(ctx, reader, func(rows warehouse.Rows) (warehouse.Column, error) {
		var c warehouse.Column
		err := rows.Scan(&c.Name, &c.Type)
		c.Time = timeKind(c.Type)
		return c, err
	}, "SELECT column_name, column_type FROM (DESCRIBE "+relation(t.Relation)+")")
	if t.Kind == warehouse.View && err != nil && (fault.KindOf(err) == fault.NotFound || fault.KindOf(err) == fault.Invalid) {
		return nil, fault.Wrap(err, fault.Invalid, "The view %s does not work any more. %s Build it again with dbt.", t.Relation, err)
	}
	return list, err
}

// timeKind reads DuckDB's name of a type.
func timeKind(name string) warehouse.TimeKind {
	switch name {
	case "DATE":
		return warehouse.Date
	case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS":
		return warehouse.Timestamp
	case "TIMESTAMP_NS":
		return warehouse.TimestampNS
	case "TIMESTAMP WITH TIME ZONE":
		return warehouse.TimestampTZ
	}
	return ""
}
