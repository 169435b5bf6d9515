package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/config"
)

// shop is a dbt project whose profile has the given outputs, one a line.
func shop(t *testing.T, target string, outputs ...string) string {
	t.Helper()
	return project(t, "-- dbt_project.yml --\nname: shop\nprofile: shop\n-- profiles.yml --\nshop:\n  target: "+target+
		"\n  outputs:\n    "+strings.Join(outputs, "\n    ")+"\n")
}

func TestDuckDBTarget(t *testing.T) {
	t.Parallel()
	dir := shop(t, `"{{ env_var('SHOP_TARGET', 'dev') }}"`,
		`broken: {type: duckdb, path: "{{ env_var('NOT_SET') }}"}`,
		`base: &base {type: duckdb, schema: analytics, threads: "{{ env_var('N', '4') | int }}"}`,
		`dev:`,
		`  <<: *base`,
		`  path: "{{ env_var('DATA') ~ '/' }}shop.v1.duckdb"`,
		`  external_root: lake`,
		`  extensions: [httpfs]`,
		`  secrets: [{type: s3, secret: "{{ env_var('NOT_SET') }}"}]`,
		`  settings: {TimeZone: Asia/Seoul, s3_secret_access_key: hunter2, threads: 2}`,
		`  attach:`,
		`    - path: other/raw.db`,
		`      read_only: true`,
		`    - {path: "postgres://me:hunter2@host/db", type: postgres, alias: pg}`,
		`    - {path: "md:cloud?motherduck_token=hunter2"}`,
		`    - {path: "s3://bucket/x.duckdb", alias: remote}`,
	)
	l := load(t, dir, config.Env{"DATA": "data"})
	require.Equal(t, config.Warehouse{
		Type: "duckdb", Path: under(dir, "data/shop.v1.duckdb"), Database: "shop", Schema: "analytics",
		ExternalRoots: []string{filepath.Join(dir, "lake")},
		Settings:      map[string]string{"timezone": "Asia/Seoul", "threads": "2"},
		Attach: []config.Attachment{
			{Alias: "raw", Path: under(dir, "other/raw.db"), Type: "duckdb", ReadOnly: true},
			{Alias: "pg", Type: "postgres", Unreachable: "The attached database pg is postgres, which this version does not read; only DuckDB files are attached."},
			{Alias: "md", Type: "md", Unreachable: "The attached database md is md, which this version does not read; only DuckDB files are attached."},
			{Alias: "remote", Type: "duckdb", Unreachable: "The attached database remote is no local file, and this version attaches local files only."},
		},
	}, l.Warehouse)
	require.Equal(t, "dev", l.DBT.Target)
}

// headwater.yaml names another file; what the profile attaches stays.
func TestOwnPathKeepsTheProfile(t *testing.T) {
	t.Parallel()
	dir := shop(t, "dev", "dev: {type: duckdb, path: ':memory:', schema: s, attach: [{path: raw.db}]}")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "headwater.yaml"), []byte("warehouse: {path: copy.duckdb}\n"), 0o600))
	w := load(t, dir, nil).Warehouse
	require.NoError(t, w.Unreachable)
	require.Equal(t, filepath.Join(dir, "copy.duckdb"), w.Path)
	require.Equal(t, "copy", w.Database)
	require.Equal(t, "s", w.Schema)
	require.Len(t, w.Attach, 1)
}

// A warehouse that cannot be read from here stops nothing: it carries the reason.
func TestUnreachableWarehouse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ target, output, kind, want string }{
		"memory":          {"dev", "dev: {type: duckdb}", "duckdb", "memory (path :memory:), which is gone when dbt ends. Build into a file"},
		"named memory":    {"dev", "dev: {type: duckdb, path: ':memory:x'}", "duckdb", "which is gone when dbt ends"},
		"motherduck":      {"dev", "dev: {type: duckdb, path: 'md:shop?motherduck_token=hunter2'}", "duckdb", "profiles.yml, shop.outputs.dev is a MotherDuck database"},
		"ducklake":        {"dev", "dev: {type: duckdb, path: 'ducklake:x'}", "duckdb", "is a DuckLake"},
		"ducklake flag":   {"dev", "dev: {type: duckdb, path: x.db, is_ducklake: true}", "duckdb", "is a DuckLake"},
		"url":             {"dev", "dev: {type: duckdb, path: 's3://hunter2/x.db'}", "duckdb", "its path is a URL"},
		"server":          {"dev", "dev: {type: duckdb, path: x.db, remote: {host: h, port: 1, user: u, password: hunter2}}", "duckdb", "has `remote`"},
		"other adapter":   {"dev", "dev: {type: snowflake, password: hunter2}", "snowflake", "The warehouse is snowflake, which this version does not read: lineage, impact and comparison work"},
		"no type":         {"dev", "dev: {path: x.db}", "", "has no `type`"},
		"unset variable":  {"dev", `dev: {type: duckdb, path: "{{ env_var('SHOP_DB') }}"}`, "duckdb", "profiles.yml, shop.outputs.dev.path needs the environment variable SHOP_DB, which is not set."},
		"other Jinja":     {"dev", `dev: {type: duckdb, path: "{{ var('hunter2') }}.db"}`, "duckdb", "the expression {{ var('…') }} uses var."},
		"other filter":    {"dev", `dev: {type: duckdb, path: "{{ env_var('X', 'hunter2') | b64decode }}"}`, "duckdb", `uses the filter "b64decode"`},
		"statement":       {"dev", `dev: {type: duckdb, path: "{% if hunter2 %}x{% endif %}"}`, "duckdb", "is a statement"},
		"open expression": {"dev", `dev: {type: duckdb, path: "{{ env_var('hunter2"}`, "duckdb", "does not end"},
		"no such target":  {"prdo", "prod: {type: duckdb, path: x.db}", "", `profiles.yml, shop has no target "prdo". There is prod.`},
		"broken file":     {"dev", "dev: {type: duckdb, password: *hunter2}", "", "profiles.yml:4: this is no YAML"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := load(t, shop(t, c.target, c.output), nil).Warehouse
			require.Equal(t, c.kind, w.Type)
			require.Empty(t, w.Path)
			require.Equal(t, fault.Unavailable, fault.KindOf(w.Unreachable))
			require.ErrorContains(t, w.Unreachable, c.want)
			for err := w.Unreachable; err != nil; err = errors.Unwrap(err) {
				require.NotContains(t, err.Error(), "hunter2")
			}
		})
	}
}

// What a flag names has to be there.
func TestFlagsNameWhatIsThere(t *testing.T) {
	t.Parallel()
	dir := shop(t, "dev", "dev: {type: duckdb, path: x.db}")
	for name, c := range map[string]struct {
		flags config.Flags
		want  string
	}{
		"target":  {config.Flags{Target: "deve"}, `has no target "deve". Did you mean dev? There is dev.`},
		"profile": {config.Flags{Profile: "shopp"}, `has no profile "shopp". Did you mean shop?`},
		"folder":  {config.Flags{ProfilesDir: "gone"}, "there is no profiles.yml in " + filepath.Join(dir, "gone")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(c.flags, nil, dir)
			require.Equal(t, fault.Invalid, fault.KindOf(err))
			require.ErrorContains(t, err, c.want)
		})
	}
	require.ErrorContains(t, load(t, dir, config.Env{"DBT_TARGET": "nope"}).Warehouse.Unreachable, `no target "nope"`)
}

// As dbt: DBT_PROFILES_DIR, then where the process was started, then ~/.dbt; and before the last one the dbt project.
func TestProfilesAreSearched(t *testing.T) {
	t.Parallel()
	profile := func(name string) string { return "p: {outputs: {default: {type: duckdb, path: " + name + ".db}}}\n" }
	dir := project(t, "-- dbt_project.yml --\nprofile: p\n-- named/profiles.yml --\n"+profile("named")+
		"-- models/profiles.yml --\n"+profile("start")+"-- home/.dbt/profiles.yml --\n"+profile("home")+"-- target/x --\n")
	at := func(start string, env config.Env) string {
		env["HOME"] = filepath.Join(dir, "home")
		w := load(t, filepath.Join(dir, start), env).Warehouse
		require.NoError(t, w.Unreachable)
		return filepath.Base(w.Path)
	}
	require.Equal(t, "named.db", at("models", config.Env{"DBT_PROFILES_DIR": filepath.Join(dir, "named")}))
	require.Equal(t, "start.db", at("models", config.Env{}))
	require.Equal(t, "home.db", at("target", config.Env{}))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "profiles.yml"), []byte(profile("project")), 0o600))
	require.Equal(t, "project.db", at("target", config.Env{}))
	require.NoError(t, os.Remove(filepath.Join(dir, "profiles.yml")))
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "home")))
	require.ErrorContains(t, load(t, filepath.Join(dir, "target"), config.Env{}).Warehouse.Unreachable, "no profiles.yml beside dbt_project.yml or in ~/.dbt")
}
