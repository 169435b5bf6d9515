package duckdb

import (
	"context"
	"os"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/warehouse"
)

// defaultSchema is where DuckDB looks for a relation without a schema.
const defaultSchema warehouse.Ident = "main"

// Relation implements warehouse.Warehouse. Names are compared as DuckDB compares them, without case, and returned as
// they were created. A view whose parts are gone is fault.Invalid.
func (w *Warehouse) Relation(ctx context.Context, r warehouse.Relation) (warehouse.Table, error) {
	var table warehouse.Table
	err := w.Read(ctx, func(ctx context.Context, reader warehouse.Reader) error {
		all, err := warehouse.Collect(ctx, reader, scanEntry, `
			SELECT database_name, schema_name, table_name, false, estimated_size FROM duckdb_tables() WHERE NOT internal
			UNION ALL
			SELECT database_name, schema_name, view_name, true, NULL FROM duckdb_views() WHERE NOT internal
			ORDER BY ALL`)
		if err != nil {
			return err
		}
		entry, err := find(all, r, w.settings.path)
		if err != nil {
			return err
		}
		table = entry
		if table.Columns, err = columns(ctx, reader, table); err != nil || table.Kind == warehouse.View {
			return err
		}
		table.Bytes, err = w.size(ctx, reader, table.Relation)
		return err
	})
	return table, err
}

// smallFile is the size in bytes up to which the file bounds its tables well enough.
const smallFile = 1_000_000_000

// size is how much of the file a table takes at most: the whole where that is little, else the blocks in which it has data. What
// is still in the log beside the file, or in memory, is not counted.
func (w *Warehouse) size(ctx context.Context, reader warehouse.Reader, r warehouse.Relation) (*int64, error) {
	info, err := os.Stat(w.settings.path)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // a link that was taken away; the file is open, and its size a matter of comfort
	}
	if size := info.Size(); size <= smallFile {
		return &size, nil
	}
	return blocks(ctx, reader, r)
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

func scanEntry(rows warehouse.Rows) (warehouse.Table, error) {
	var t warehouse.Table
	var view bool
	err := rows.Scan(&t.Relation.Database, &t.Relation.Schema, &t.Relation.Name, &view, &t.Rows)
	t.Kind = warehouse.BaseTable
	if view {
		t.Kind = warehouse.View
	}
	return t, err
}

// find picks r among the relations of the file, or says what is there instead.
func find(all []warehouse.Table, r warehouse.Relation, path string) (warehouse.Table, error) {
	want := r
	if want.Schema == "" {
		want.Schema = defaultSchema
	}
	var names, elsewhere []string
	for _, t := range all {
		have := t.Relation
		if want.Database == "" {
			have.Database = ""
		}
		if have.Key() == want.Key() {
			return t, nil
		}
		if strings.EqualFold(string(have.Name), string(want.Name)) {
			elsewhere = append(elsewhere, t.Relation.String())
			continue
		}
		names = append(names, warehouse.Relation{Schema: have.Schema, Name: have.Name}.String())
	}
	if len(elsewhere) > 0 {
		return warehouse.Table{}, fault.New(fault.NotFound, "The warehouse %s has no relation %s, but it has %s. "+
			"Check database and schema of the model, or the target of the dbt profile.", path, r, strings.Join(elsewhere[:min(3, len(elsewhere))], ", "))
	}
	near := fault.DidYouMean(warehouse.Relation{Schema: want.Schema, Name: want.Name}.String(), names)
	if near == "" {
		near = " Build it with dbt, or check its name."
	}
	return warehouse.Table{}, fault.New(fault.NotFound, "The warehouse %s has no relation %s.%s", path, r, near)
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
