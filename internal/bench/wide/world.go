package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // opens what is made here

	"github.com/headwater-mcp/headwater/lineage/dbt/dbttest"
)

const (
	layer   = 250 // models of one layer, as dbttest makes them
	sources = 100
	first   = "2026-05-01"
	days    = 45
	missing = "2026-06-09" // of the first source and what reads it
	changed = "2026-06-11" // of the second source, after its readers were built
)

// before is when everything was looked at before it was built, at 01:00; now is when questions are asked.
func before() time.Time { return time.Date(2026, 6, 15, 0, 30, 0, 0, time.UTC) }
func now() time.Time    { return time.Date(2026, 6, 15, 6, 0, 0, 0, time.UTC) }

// world is a generated project with its warehouse.
type world struct {
	dir  string
	keep bool
}

func (w world) close() {
	if !w.keep {
		_ = os.RemoveAll(w.dir) // a folder of the system's temporary ones
	}
}

func raw(i int) string { return fmt.Sprintf("raw.events_%03d", i) }

func model(i int) string { return fmt.Sprintf("fct_layer_%02d_orders_%05d", i/layer, i) }

// parentsOf are a model's, as dbttest makes them.
func parentsOf(i int) []int {
	var out []int
	for k := range 1 + i%4 {
		out = append(out, (i/layer-1)*layer+(i*7+k*61)%layer)
	}
	return out
}

// prepare makes the project, unless it is kept from before.
func prepare(ctx context.Context, o options) (w world, err error) {
	w = world{dir: o.keep, keep: o.keep != ""}
	if w.keep {
		if _, err := os.Stat(filepath.Join(w.dir, "db.duckdb")); err == nil {
			return w, nil
		}
		err = os.MkdirAll(w.dir, 0o700)
	} else {
		w.dir, err = os.MkdirTemp("", "headwater-wide-")
	}
	if err != nil {
		return w, fmt.Errorf("making a folder: %w", err)
	}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if err := artifacts(w.dir, o); err != nil {
		return w, err
	}
	return w, fill(ctx, filepath.Join(w.dir, "db.duckdb"), o.models)
}

func artifacts(dir string, o options) error {
	target := filepath.Join(dir, "target")
	if err := os.MkdirAll(target, 0o700); err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	f, err := os.Create(filepath.Join(target, "manifest.json"))
	if err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	write := dbttest.WriteDaily
	if o.world == "whole" {
		write = dbttest.WriteManifest
	}
	if err := errors.Join(write(f, o.models), f.Close()); err != nil {
		return err
	}
	results, err := json.Marshal(runResults(o.models))
	if err != nil {
		return fmt.Errorf("writing the run results: %w", err)
	}
	if err := os.WriteFile(filepath.Join(target, "run_results.json"), results, 0o600); err != nil {
		return fmt.Errorf("writing the run results: %w", err)
	}
	return settings(dir, o)
}

func settings(dir string, o options) error {
	lines := []string{
		"project: big", "artifacts: target", "worker: external", "warehouse: {type: duckdb, path: db.duckdb}",
		"policy: {writes: allow, max_pairs: 1000000}",
		"executors:", `  - {nodes: "resource_type:model", type: command, argv: [./load.sh, "{node}", "{first}"]}`,
		`  - {nodes: "source:*", type: command, argv: [./load.sh, "{node}", "{first}"]}`, "partitions:",
	}
	declare := func(node string) {
		lines = append(lines, fmt.Sprintf("  - {node: %s, grain: day, time: at, begin: %s}", node, first))
	}
	for i := range sources {
		declare(raw(i))
	}
	if o.world == "whole" {
		for i := o.models - layer; i < o.models; i++ {
			declare(model(i))
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "headwater.yaml"), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return fmt.Errorf("writing headwater.yaml: %w", err)
	}
	return nil
}

type object = map[string]any

// runResults are of a run that built every model after the last of the days.
func runResults(models int) object {
	results := make([]object, models)
	for i := range results {
		results[i] = object{
			"unique_id": "model.big." + model(i), "status": "success", "execution_time": 1.0, "thread_id": "Thread-1", "message": "OK",
			"failures": nil, "adapter_response": object{}, "compiled": true, "compiled_code": "", "relation_name": nil,
			"timing": []object{
				{"name": "compile", "started_at": "2026-06-15T01:00:00Z", "completed_at": "2026-06-15T01:00:00Z"},
				{"name": "execute", "started_at": "2026-06-15T01:00:00Z", "completed_at": "2026-06-15T01:00:01Z"},
			},
		}
	}
	return object{
		"metadata": object{
			"dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json", "dbt_version": "1.12.6",
			"generated_at": "2026-06-15T02:00:00Z", "invocation_id": "00000000-0000-4000-8000-000000000001",
		},
		"results": results, "elapsed_time": 3600.0, "args": object{"which": "run"},
	}
}

// fill writes the rows: the same of every table, but that the missing day is missing wherever the first source is read.
func fill(ctx context.Context, file string, models int) (err error) {
	db, err := sql.Open("duckdb", file)
	if err != nil {
		return fmt.Errorf("opening a warehouse: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	statements := []string{
		"create schema raw",
		`create temp table whole as select timestamp '` + first + `' + to_days(d::integer) + to_hours(h::integer) as "at", d * 100 + h as id
			from range(` + strconv.Itoa(days) + `) x(d), range(20) y(h)`,
		`create temp table lacking as from whole where "at"::date <> date '` + missing + "'",
		"begin",
	}
	from := func(lacks bool) string {
		if lacks {
			return "lacking"
		}
		return "whole"
	}
	for i := range sources {
		statements = append(statements, "create table "+raw(i)+" as from "+from(i == 0))
	}
	lacks := make([]bool, models)
	for i := range models {
		if i < layer {
			lacks[i] = i%sources == 0
		}
		for _, p := range parentsOf(i) {
			lacks[i] = lacks[i] || i >= layer && lacks[p]
		}
		switch {
		case i%3 != 0:
			statements = append(statements, "create table "+model(i)+" as from "+from(lacks[i]))
		case i < layer:
			statements = append(statements, "create view "+model(i)+" as from "+raw(i%sources))
		default:
			statements = append(statements, "create view "+model(i)+" as from "+model(parentsOf(i)[0]))
		}
	}
	for _, s := range append(statements, "commit") {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// change takes a tenth of the rows of a day from the second source, as if it had been loaded again after its readers were built.
func change(ctx context.Context, w world) (err error) {
	db, err := sql.Open("duckdb", filepath.Join(w.dir, "db.duckdb"))
	if err != nil {
		return fmt.Errorf("opening the warehouse: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, `delete from raw.events_001 where "at"::date = $1::date and id % 10 = 0`, changed); err != nil {
		return fmt.Errorf("changing a source: %w", err)
	}
	return nil
}
