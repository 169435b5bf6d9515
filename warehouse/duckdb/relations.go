package duckdb

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/warehouse"
)

// defaultSchema is where DuckDB looks for a relation without a schema.
const defaultSchema warehouse.Ident = "main"

// relations are all tables and views of a file, in the order of their names. DuckDB has no quicker way to one of them than to
// list them all, so a session that asks for thousands lists them once: it is one view of the file, in which none comes or goes.
type relations struct {
	all []warehouse.Table
	// full and short find the first of a name with its database and without, byName all of a last part, without case.
	full, short map[string]int
	byName      map[string][]int
	// described counts the tables whose columns were asked for one by one; columns are those of all, by the relation's name, once
	// there were many.
	described int
	columns   map[warehouse.Relation][]warehouse.Column
	mu        sync.Mutex
	// missed counts those that were asked for and are not there.
	missed atomic.Int32
}

// maxSuggested is for how many missing relations of a session near misses are looked for: that compares with every name, and
// where thousands are missing nobody reads so many suggestions.
const maxSuggested = 50

// relationsOf lists what a reader's session sees; what a writer sees can change.
func relationsOf(ctx context.Context, reader warehouse.Reader) (*relations, error) {
	s, ok := reader.(*session)
	if !ok || s.mode != readOnly {
		return listRelations(ctx, reader)
	}
	s.listing.Lock() // whoever asks meanwhile waits for the same list
	defer s.listing.Unlock()
	if s.relations != nil {
		return s.relations, nil
	}
	known, err := listRelations(ctx, reader)
	if err == nil {
		s.relations = known
	}
	return known, err
}

func listRelations(ctx context.Context, reader warehouse.Reader) (*relations, error) {
	all, err := warehouse.Collect(ctx, reader, scanEntry, `
		SELECT database_name, schema_name, table_name, false, estimated_size FROM duckdb_tables() WHERE NOT internal
		UNION ALL
		SELECT database_name, schema_name, view_name, true, NULL FROM duckdb_views() WHERE NOT internal
		ORDER BY ALL`)
	if err != nil {
		return nil, err
	}
	out := &relations{all: all, full: map[string]int{}, short: map[string]int{}, byName: map[string][]int{}}
	for i, t := range all {
		first(out.full, t.Relation.Key(), i)
		first(out.short, warehouse.Relation{Schema: t.Relation.Schema, Name: t.Relation.Name}.Key(), i)
		name := strings.ToLower(string(t.Relation.Name))
		out.byName[name] = append(out.byName[name], i)
	}
	return out, nil
}

// first keeps the first of a key.
func first(of map[string]int, key string, i int) {
	if _, ok := of[key]; !ok {
		of[key] = i
	}
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

// find picks a relation, or says what is there instead.
func (k *relations) find(r warehouse.Relation, path string) (warehouse.Table, error) {
	want := r
	if want.Schema == "" {
		want.Schema = defaultSchema
	}
	keys := k.full
	if want.Database == "" {
		keys = k.short
	}
	if i, ok := keys[want.Key()]; ok {
		return k.all[i], nil
	}
	if others := k.byName[strings.ToLower(string(want.Name))]; len(others) > 0 {
		const shown = 3
		var elsewhere []string
		for _, i := range others[:min(shown, len(others))] {
			elsewhere = append(elsewhere, k.all[i].Relation.String())
		}
		return warehouse.Table{}, fault.New(fault.NotFound, "The warehouse %s has no relation %s, but it has %s. "+
			"Check database and schema of the model, or the target of the dbt profile.", path, r, strings.Join(elsewhere, ", "))
	}
	near := ""
	if k.missed.Add(1) <= maxSuggested {
		near = fault.DidYouMean(warehouse.Relation{Schema: want.Schema, Name: want.Name}.String(), k.names())
	}
	if near == "" {
		near = " Build it with dbt, or check its name."
	}
	return warehouse.Table{}, fault.New(fault.NotFound, "The warehouse %s has no relation %s.%s", path, r, near)
}

// names are of all relations, their schemas included.
func (k *relations) names() []string {
	out := make([]string, len(k.all))
	for i, t := range k.all {
		out[i] = warehouse.Relation{Schema: t.Relation.Schema, Name: t.Relation.Name}.String()
	}
	return out
}

// maxDescribed is how many tables of a session are described one by one before the columns of all are listed.
const maxDescribed = 100

// columnsOf are the columns of a relation. Those of a view are what its query gives today, and only describing it tells.
func (k *relations) columnsOf(ctx context.Context, reader warehouse.Reader, t warehouse.Table) ([]warehouse.Column, error) {
	if t.Kind == warehouse.View {
		return columns(ctx, reader, t)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.described++
	if k.described <= maxDescribed {
		return columns(ctx, reader, t)
	}
	if k.columns == nil {
		all, err := listColumns(ctx, reader)
		if err != nil {
			return nil, err
		}
		k.columns = all
	}
	return slices.Clone(k.columns[t.Relation]), nil
}

func listColumns(ctx context.Context, reader warehouse.Reader) (map[warehouse.Relation][]warehouse.Column, error) {
	type entry struct {
		of     warehouse.Relation
		column warehouse.Column
	}
	all, err := warehouse.Collect(ctx, reader, func(rows warehouse.Rows) (entry, error) {
		var e entry
		err := rows.Scan(&e.of.Database, &e.of.Schema, &e.of.Name, &e.column.Name, &e.column.Type)
		e.column.Time = timeKind(e.column.Type)
		return e, err
	}, "SELECT database_name, schema_name, table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY table_oid, column_index")
	out := map[warehouse.Relation][]warehouse.Column{}
	for _, e := range all {
		out[e.of] = append(out[e.of], e.column)
	}
	return out, err
}
