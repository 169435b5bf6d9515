package dbttest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// The shape of the generated project.
const (
	columnsPerModel = 30
	macros          = 600
	sources         = 100
	modelsPerLayer  = 250
	bodyLines       = 12
	macroLines      = 20
)

// object is a JSON object.
type object = map[string]any

// WriteManifest writes the manifest of a project with so many models, each with 30 columns, a body of a dozen
// lines, one to four parents, and one test: about 8 kB a model.
func WriteManifest(w io.Writer, models int) error { return write(w, models, false) }

// WriteDaily writes the same project with daily partitions by the column at: of incremental models, which are microbatch, and of
// tables. A third of the models are views, which have none.
func WriteDaily(w io.Writer, models int) error { return write(w, models, true) }

func write(w io.Writer, models int, daily bool) error {
	g := &generator{w: bufio.NewWriterSize(w, 1<<20), daily: daily, parents: map[string][]string{}, children: map[string][]string{}}
	g.text(`{"metadata": `)
	g.value(object{
		"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "dbt_version": "1.12.6", "generated_at": "2026-01-01T00:00:00Z",
		"invocation_id": "00000000-0000-4000-8000-000000000000", "project_name": "big", "adapter_type": "duckdb",
	})
	g.text(`, "nodes": {`)
	for i := range models {
		g.member(i == 0, modelID(i), g.model(i))
		g.member(false, testID(i), g.test(i))
	}
	g.text(`}, "sources": {`)
	for i := range sources {
		g.member(i == 0, sourceID(i), source(i))
	}
	g.text(`}, "macros": {`)
	for i := range macros {
		g.member(i == 0, macroID(i), macro(i))
	}
	g.text(`}, "docs": {}, "exposures": {}, "metrics": {}, "groups": {}, "selectors": {}, "disabled": {}, "parent_map": `)
	g.value(g.parents)
	g.text(`, "child_map": `)
	g.value(g.children)
	g.text(`, "group_map": {}, "saved_queries": {}, "semantic_models": {}, "unit_tests": {}}`)
	if g.err == nil {
		g.err = g.w.Flush()
	}
	if g.err != nil {
		return fmt.Errorf("writing a manifest: %w", g.err)
	}
	return nil
}

// generator writes and keeps the first error.
type generator struct {
	w        *bufio.Writer
	daily    bool
	parents  map[string][]string
	children map[string][]string
	err      error
}

func (g *generator) text(s string) {
	if g.err == nil {
		_, g.err = g.w.WriteString(s)
	}
}

func (g *generator) value(v any) {
	data, err := json.Marshal(v)
	if err != nil && g.err == nil {
		g.err = err
	}
	g.text(string(data))
}

func (g *generator) member(first bool, id string, v object) {
	if !first {
		g.text(", ")
	}
	g.value(id)
	g.text(": ")
	g.value(v)
}

func (g *generator) depends(id string, parents []string) {
	g.parents[id] = parents
	for _, p := range parents {
		g.children[p] = append(g.children[p], id)
	}
}

func modelID(i int) string   { return "model.big." + modelName(i) }
func modelName(i int) string { return fmt.Sprintf("fct_layer_%02d_orders_%05d", i/modelsPerLayer, i) }

func testID(i int) string {
	return fmt.Sprintf("test.big.not_null_%s_column_00.%010x", modelName(i), i)
}
func sourceID(i int) string { return fmt.Sprintf("source.big.raw.events_%03d", i) }
func macroID(i int) string  { return fmt.Sprintf("macro.big_utils.transform_column_%03d", i) }

// parentsOf gives a model one to four parents in the layer before its own, and a source in the first layer.
func parentsOf(i int) []string {
	layer := i / modelsPerLayer
	if layer == 0 {
		return []string{sourceID(i % sources)}
	}
	var out []string
	for k := range 1 + i%4 {
		out = append(out, modelID((layer-1)*modelsPerLayer+(i*7+k*61)%modelsPerLayer))
	}
	return out
}

func (g *generator) model(i int) object {
	parents := parentsOf(i)
	g.depends(modelID(i), parents)
	columns := object{}
	for c := range columnsPerModel {
		name := fmt.Sprintf("column_%02d", c)
		columns[name] = object{
			"name": name, "description": fmt.Sprintf("Column %d of model %d.", c, i),
			"meta": object{}, "data_type": "varchar", "quote": nil, "tags": []any{},
		}
	}
	materialized := []string{"view", "table", "incremental"}[i%3]
	n := g.node(i, modelName(i), "model", materialized, []string{macroID(i % macros), macroID((i * 3) % macros), "macro.dbt.is_incremental"}, parents)
	n["columns"] = columns
	n["description"] = "Orders as the " + modelName(i) + " sees them, one row per order."
	n["raw_code"] = body(i)
	n["relation_name"] = `"db"."main"."` + modelName(i) + `"`
	n["access"], n["constraints"], n["version"], n["latest_version"] = "protected", []any{}, nil, nil
	n["deprecation_date"], n["primary_key"] = nil, []any{}
	if config, ok := n["config"].(object); ok && g.daily {
		switch materialized {
		case "incremental":
			config["incremental_strategy"], config["event_time"], config["batch_size"], config["begin"] = "microbatch", "at", "day", "2026-05-01"
		case "table":
			n["meta"] = object{"headwater": object{"partition": object{"grain": "day", "time": "at", "begin": "2026-05-01"}}}
		}
	}
	return n
}

func (g *generator) test(i int) object {
	g.depends(testID(i), []string{modelID(i)})
	n := g.node(i, "not_null_"+modelName(i)+"_column_00", "test", "test", []string{"macro.dbt.test_not_null"}, []string{modelID(i)})
	n["unique_id"], n["columns"], n["raw_code"] = testID(i), object{}, "{{ test_not_null(**_dbt_generic_test_kwargs) }}"
	n["column_name"], n["attached_node"], n["unrendered_config"] = "column_00", modelID(i), object{}
	n["test_metadata"] = object{
		"name": "not_null", "namespace": nil,
		"kwargs": object{"column_name": "column_00", "model": "{{ get_where_subquery(ref('" + modelName(i) + "')) }}"},
	}
	return n
}

// node is what models and tests have in common.
func (g *generator) node(i int, name, kind, materialized string, macros, parents []string) object {
	path := fmt.Sprintf("layer_%02d/%s.sql", i/modelsPerLayer, name)
	return object{
		"database": "db", "schema": "main", "name": name, "resource_type": kind, "package_name": "big", "path": path,
		"original_file_path": "models/" + path, "unique_id": "model.big." + name, "alias": name,
		"fqn":      []string{"big", fmt.Sprintf("layer_%02d", i/modelsPerLayer), name},
		"checksum": object{"name": "sha256", "checksum": fmt.Sprintf("%064x", i)}, "tags": []string{"nightly"},
		"config": object{
			"enabled": true, "alias": nil, "schema": nil, "database": nil, "tags": []string{"nightly"}, "meta": object{}, "group": nil,
			"materialized": materialized, "incremental_strategy": nil, "persist_docs": object{}, "post-hook": []any{}, "pre-hook": []any{},
			"quoting": object{}, "column_types": object{}, "full_refresh": nil, "unique_key": nil, "on_schema_change": "ignore",
			"grants": object{}, "packages": []any{}, "docs": object{"show": true, "node_color": nil},
			"contract": object{"enforced": false, "alias_types": true}, "access": "protected",
		},
		"meta": object{}, "group": nil, "docs": object{"show": true, "node_color": nil}, "patch_path": "big://models/schema.yml",
		"unrendered_config": object{"materialized": materialized, "tags": []string{"nightly"}}, "created_at": 1.0, "language": "sql",
		"refs": []object{{"name": "stg_orders", "package": nil, "version": nil}}, "sources": []any{}, "metrics": []any{},
		"depends_on": object{"macros": macros, "nodes": parents}, "compiled_path": "target/compiled/big/models/" + path,
		"contract": object{"enforced": false, "alias_types": true, "checksum": nil}, "extra_ctes_injected": true, "extra_ctes": []any{},
	}
}

func body(i int) string {
	var b strings.Builder
	b.WriteString("-- " + modelName(i) + "\nwith source as (\n    table {{ ref('stg_orders') }}\n)\nselect\n")
	for line := range bodyLines {
		fmt.Fprintf(&b, "    cast(coalesce(source.\"column_%02d\", 'n/a') as varchar) as column_%02d,\n", line, line)
	}
	fmt.Fprintf(&b, "    %d as revision\nfrom source\n", i)
	return b.String()
}

func source(i int) object {
	name := fmt.Sprintf("events_%03d", i)
	return object{
		"database": "db", "schema": "raw", "name": name, "resource_type": "source", "package_name": "big",
		"original_file_path": "models/sources.yml",
		"unique_id":          sourceID(i), "fqn": []string{"big", "raw", name}, "source_name": "raw", "identifier": name,
		"quoting": object{}, "freshness": nil, "external": nil, "description": "Events.",
		"columns": object{}, "meta": object{}, "tags": []any{},
		"config": object{"enabled": true}, "relation_name": `"db"."raw"."` + name + `"`, "unrendered_config": object{},
	}
}

func macro(i int) object {
	const line = "    {{ return(adapter.dispatch('transform', 'big_utils')(x)) }}\n"
	var needs []string
	if i > 0 {
		needs = append(needs, macroID(i/2))
	}
	return object{
		"name": fmt.Sprintf("transform_column_%03d", i), "resource_type": "macro", "package_name": "big_utils", "unique_id": macroID(i),
		"macro_sql":  "{% macro transform_column(x) %}\n" + strings.Repeat(line, macroLines) + "{% endmacro %}",
		"depends_on": object{"macros": needs}, "description": "", "meta": object{}, "arguments": []any{},
	}
}
