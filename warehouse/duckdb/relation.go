package duckdb

import (
	"context"
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
			SELECT database_name, schema_name, table_name, false FROM duckdb_tables() WHERE NOT internal
			UNION ALL
			SELECT database_name, schema_name, view_name, true FROM duckdb_views() WHERE NOT internal
			ORDER BY ALL`)
		if err != nil {
			return err
		}
		entry, err := find(all, r, w.settings.path)
		if err != nil {
			return err
		}
		table = entry
		table.Columns, err = columns(ctx, reader, table)
		return err
	})
	return table, err
}

func scanEntry(rows warehouse.Rows) (warehouse.Table, error) {
	var t warehouse.Table
	var view bool
	err := rows.Scan(&t.Relation.Database, &t.Relation.Schema, &t.Relation.Name, &view)
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
