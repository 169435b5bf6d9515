// Package dbttest runs real dbt, with its DuckDB adapter, on projects that tests write. Where dbt is absent such a test skips and
// says so, unless HEADWATER_DBT names the dbt that has to be there.
package dbttest

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2" // tests look at what dbt wrote
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation/dbtpackage"
)

// Command is the dbt that tests run.
func Command(tb testing.TB) string {
	tb.Helper()
	path, required := os.Getenv("HEADWATER_DBT"), true
	if path == "" {
		required = false
		var err error
		if path, err = exec.LookPath("dbt"); err != nil {
			tb.Skip("dbt is not installed: make check-dbt installs one and runs this test")
		}
	}
	said, err := version(path)
	if err == nil && strings.Contains(said, "duckdb") {
		return path
	}
	if required {
		tb.Fatalf("HEADWATER_DBT is %s, which is no dbt with the DuckDB adapter (%v): %s", path, err, said)
	}
	tb.Skipf("%s has no DuckDB adapter: make check-dbt installs one and runs this test", path)
	return ""
}

// version is what dbt --version says of one dbt, asked once: it takes seconds.
var version = func() func(string) (string, error) {
	var once sync.Once
	var said []byte
	var err error
	return func(path string) (string, error) {
		once.Do(func() { said, err = exec.CommandContext(context.Background(), path, "--version").CombinedOutput() })
		return string(said), err
	}
}()

// Project is a dbt project over a DuckDB file.
type Project struct {
	Dir string
	// Warehouse is the DuckDB file; the models go to its schema activation.
	Warehouse string

	command string
}

// New writes a project of the name shop: its files by path, the profile, the package, and dbt deps.
func New(tb testing.TB, files map[string]string) Project {
	tb.Helper()
	p := Bare(tb, files)
	_, err := dbtpackage.Export(filepath.Join(p.Dir, "headwater_package"))
	require.NoError(tb, err)
	p.Write(tb, "packages.yml", "packages:\n  - local: headwater_package\n")
	p.run(tb, true, "deps")
	return p
}

// Bare is New without the package.
func Bare(tb testing.TB, files map[string]string) Project {
	tb.Helper()
	command := Command(tb)
	dir := tb.TempDir()
	p := Project{Dir: dir, Warehouse: filepath.Join(dir, "shop.duckdb"), command: command}
	p.Write(tb, "dbt_project.yml", "name: shop\nversion: 1.0.0\nprofile: shop\nflags: {send_anonymous_usage_stats: false}\n")
	p.Write(tb, "profiles.yml", "shop: {target: dev, outputs: {dev: {type: duckdb, path: "+p.Warehouse+", schema: activation, threads: 2}}}\n")
	for path, text := range files {
		p.Write(tb, path, text)
	}
	return p
}

// Outputs are the three-line models of a fact at each grain, and its schema with the package's tests.
func Outputs(fact, model string) map[string]string {
	files := map[string]string{}
	var schema strings.Builder
	schema.WriteString("models:\n")
	for grain, adverb := range map[string]string{"day": "daily", "week": "weekly", "month": "monthly"} {
		for _, kind := range []string{"first_last", "activation", "activation_status", "transitions", "periods"} {
			text := fmt.Sprintf("{{ headwater.%s('%s', '%s') }}\n", kind, fact, grain)
			if kind == "activation" {
				text = "-- depends_on: {{ ref('" + model + "') }}\n" + text
			}
			files[fmt.Sprintf("models/%s_%s_%s.sql", fact, kind, adverb)] = text
		}
		fmt.Fprintf(&schema, `  - name: %[1]s_activation_%[2]s
    data_tests: [headwater.one_row_per_user_and_period, headwater.legal_transitions]
  - name: %[1]s_transitions_%[2]s
    data_tests: [headwater.legal_transitions, headwater.retained_is_active_before_less_churned]
  - name: %[1]s_periods_%[2]s
    data_tests: [headwater.active_is_new_retained_reactivated, headwater.known_grows_by_new]
`, fact, adverb)
	}
	files["models/"+fact+".yml"] = schema.String()
	return files
}

// Write makes or replaces a file of the project.
func (p Project) Write(tb testing.TB, path, text string) {
	tb.Helper()
	to := filepath.Join(p.Dir, filepath.FromSlash(path))
	require.NoError(tb, os.MkdirAll(filepath.Dir(to), 0o750))
	require.NoError(tb, os.WriteFile(to, []byte(text), 0o600))
}

// Run runs dbt with variables; dbt has to succeed.
func (p Project) Run(tb testing.TB, vars map[string]string, args ...string) {
	tb.Helper()
	p.run(tb, true, withVars(tb, vars, args)...)
}

// Fails runs dbt, which has to fail, and returns what it said.
func (p Project) Fails(tb testing.TB, vars map[string]string, args ...string) string {
	tb.Helper()
	return p.run(tb, false, withVars(tb, vars, args)...)
}

// Statuses are the results of the last run by unique_id: success, error, skipped, pass, fail.
func (p Project) Statuses(tb testing.TB) map[string]string {
	tb.Helper()
	out := map[string]string{}
	for _, r := range p.results(tb) {
		out[r.ID] = r.Status
	}
	return out
}

// Batches are what the last run says of a microbatch model: the starts of its batches as dbt writes them, in the order of time.
func (p Project) Batches(tb testing.TB, id string) (successful, failed []string) {
	tb.Helper()
	for _, r := range p.results(tb) {
		if r.ID != id || r.Batches == nil {
			continue
		}
		for _, b := range r.Batches.Successful {
			successful = append(successful, b[0])
		}
		for _, b := range r.Batches.Failed {
			failed = append(failed, b[0])
		}
	}
	slices.Sort(successful)
	slices.Sort(failed)
	return successful, failed
}

// result is what run_results.json says of a node.
type result struct {
	ID      string `json:"unique_id"`
	Status  string `json:"status"`
	Batches *struct {
		Successful [][2]string `json:"successful"`
		Failed     [][2]string `json:"failed"`
	} `json:"batch_results"`
}

func (p Project) results(tb testing.TB) []result {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(p.Dir, "target", "run_results.json"))
	require.NoError(tb, err)
	var all struct {
		Results []result `json:"results"`
	}
	require.NoError(tb, json.Unmarshal(text, &all))
	return all.Results
}

// Tables are the relations of the schema activation, by name.
func (p Project) Tables(tb testing.TB) []string {
	tb.Helper()
	return p.Ask(tb, "select table_name from information_schema.tables where table_schema = 'activation' order by table_name")
}

// Ask returns the rows of a query on the warehouse as text.
func (p Project) Ask(tb testing.TB, query string) []string {
	tb.Helper()
	db := p.Open(tb)
	defer func() { require.NoError(tb, db.Close()) }()
	return Rows(tb, db, query)
}

// Open opens the warehouse; dbt cannot run until it is closed.
func (p Project) Open(tb testing.TB) *sql.DB {
	tb.Helper()
	db, err := sql.Open("duckdb", p.Warehouse)
	require.NoError(tb, err)
	return db
}

// Rows returns the rows of a query as text.
func Rows(tb testing.TB, db *sql.DB, query string) []string {
	tb.Helper()
	rows, err := db.QueryContext(tb.Context(), query)
	require.NoError(tb, err, query)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(tb, err)
	var out []string
	for rows.Next() {
		values, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		require.NoError(tb, rows.Scan(to...))
		out = append(out, fmt.Sprint(values...))
	}
	require.NoError(tb, rows.Err())
	return out
}

func withVars(tb testing.TB, vars map[string]string, args []string) []string {
	tb.Helper()
	if vars == nil {
		return args
	}
	text, err := json.Marshal(vars)
	require.NoError(tb, err)
	return append(args, "--vars", string(text))
}

func (p Project) run(tb testing.TB, succeeds bool, args ...string) string {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), p.command, append(args, "--no-use-colors")...)
	cmd.Dir = p.Dir
	cmd.Env = append(os.Environ(), "DBT_PROFILES_DIR="+p.Dir)
	said, err := cmd.CombinedOutput()
	require.Equal(tb, succeeds, err == nil, "dbt %s: %s", strings.Join(args, " "), said)
	return string(said)
}
