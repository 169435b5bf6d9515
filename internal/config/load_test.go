package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/partition"
)

// project writes the files of a txtar archive into a new folder and returns it.
func project(t *testing.T, archive string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	for _, f := range txtar.Parse([]byte(archive)).Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, f.Data, 0o600))
	}
	return dir
}

// under joins a folder and a path with slashes.
func under(dir, path string) string { return filepath.Join(dir, filepath.FromSlash(path)) }

// load loads what lies in dir, seen from there, with a home of its own.
func load(t *testing.T, dir string, env config.Env) *config.Loaded {
	t.Helper()
	l, err := config.Load(config.Flags{}, env, dir)
	require.NoError(t, err)
	return l
}

const everyKey = `
-- headwater.yaml --
project: shop
artifacts: dbt/target
archive: archive/*
projects:
  - {name: core, artifacts: ../core/target, relation_map: {prod.a.b: dev.a.b}}
warehouse: {type: duckdb, path: data/ware.house.duckdb}
output: {schema: act}
state: state/own.db
worker: external
calendar: calendar.csv
facts:
  - name: app_visit
    model: fct_app_visit
    user: user_id
    time: event_at
    grains: [day, week]
    dimensions: [country, platform]
    timezone: Asia/Seoul
    week_start: sunday
    time_zone_of_column: UTC
    begin: 2026-01-01
    history: complete
    settle: 3h
partitions:
  - {node: fct_orders, grain: day, time: ordered_at, key: order_id, expected_by: 3h, expires_after: 90d, window: 2}
policy:
  writes: activation
  max_pairs: 1_000
  max_concurrency: 2
  max_bytes: 1.5TB
  min_users: 0
  protected: [prod.*]
executors:
  - {nodes: "resource_type:model", type: dbt, command: [uv, run, dbt], target: dev}
  - {nodes: "source:raw.*", type: command, argv: [./load.sh, "{node}"], max_concurrency: 1}
`

func TestLoadReadsEveryKey(t *testing.T) {
	t.Parallel()
	dir := project(t, everyKey)
	l := load(t, dir, nil)

	require.Equal(t, dir, l.Root)
	require.Equal(t, filepath.Join(dir, "headwater.yaml"), l.File)
	require.Equal(t, config.Config{
		Project: "shop", Artifacts: under(dir, "dbt/target"), Archive: under(dir, "archive/*"),
		Projects: []config.Project{{
			Name: "core", Artifacts: under(filepath.Dir(dir), "core/target"),
			RelationMap: map[string]string{"prod.a.b": "dev.a.b"},
		}},
		Warehouse: config.Warehouse{
			Type: "duckdb", Path: under(dir, "data/ware.house.duckdb"), Database: "ware", Schema: "main",
		},
		Output: config.Output{Schema: "act"}, State: under(dir, "state/own.db"), Worker: "external",
		Calendar: filepath.Join(dir, "calendar.csv"),
		Facts: []activation.Fact{{
			Name: "app_visit", Model: "fct_app_visit", User: "user_id", Time: "event_at", Grains: []string{"day", "week"},
			Dimensions: []string{"country", "platform"}, Timezone: "Asia/Seoul", WeekStart: "sunday",
			TimeZoneOfColumn: "UTC", Begin: "2026-01-01", History: "complete", Settle: "3h",
		}},
		Partitions: []partition.Override{{
			Node: "fct_orders", Grain: "day", Time: "ordered_at", Key: "order_id", ExpectedBy: "3h", ExpiresAfter: "90d", Window: 2,
		}},
		Policy: config.Policy{
			Writes: "activation", MaxPairs: 1000, MaxConcurrency: 2, MaxBytes: 1_500_000_000_000, Protected: []string{"prod.*"},
		},
		Executors: []config.Executor{
			{Nodes: "resource_type:model", Type: "dbt", Command: []string{"uv", "run", "dbt"}, Target: "dev"},
			{Nodes: "source:raw.*", Type: "command", Argv: []string{"./load.sh", "{node}"}, MaxConcurrency: 1},
		},
	}, l.Config)
	require.Equal(t, "headwater.yaml:16", l.Origins["facts[0].grains"])
}

func TestLoadDefaults(t *testing.T) {
	t.Parallel()
	for name, archive := range map[string]string{
		"empty file":         "-- headwater.yaml --\n",
		"only a comment":     "-- headwater.yaml --\n# nothing yet\n",
		"keys without value": "-- headwater.yaml --\nfacts:\npolicy:\nartifacts:\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := project(t, archive)
			l := load(t, dir, nil)
			want := config.Defaults()
			want.Artifacts, want.State = filepath.Join(dir, "target"), under(dir, ".headwater/state.db")
			reason := l.Warehouse.Unreachable
			l.Warehouse.Unreachable = nil
			require.Equal(t, want, l.Config)
			require.Equal(t, fault.Unavailable, fault.KindOf(reason))
			require.ErrorContains(t, reason, "No warehouse is configured")
		})
	}
}

// Every refusal names the place, and what would be right.
func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	fact := "facts:\n  - {name: a, model: m, user: u, "
	for name, c := range map[string]struct{ yaml, want string }{
		"unknown key":           {"project: x\nstate_: y\n", `headwater.yaml:2: "state_" is no key. Did you mean state?`},
		"unknown nested key":    {fact + "tiemzone: UTC}\n", `headwater.yaml:2: "tiemzone" is no key of facts[0]. Did you mean timezone? Valid keys are name, model,`},
		"key given twice":       {"state: a\nstate: b\n", "headwater.yaml:2: state is given a second time; the first is in line 1."},
		"list for text":         {"state: [a]\n", "headwater.yaml:1: state is text, and this is a list."},
		"text for list":         {fact + "grains: day}\n", "headwater.yaml:2: facts[0].grains is a list, and \"day\" is a single value; write [day]."},
		"text for number":       {"policy:\n  max_pairs: many\n", `headwater.yaml:2: policy.max_pairs is a whole number, and "many" is none.`},
		"truth for text":        {"worker: true\n", "headwater.yaml:1: worker is text, and true is a truth value"},
		"text for mapping":      {"output: act\n", "headwater.yaml:1: output is a mapping of schema, and this is the single value \"act\"."},
		"a list as file":        {"- a\n", "headwater.yaml:1: The file is a mapping of project, artifacts,"},
		"no YAML":               {"a: [\nb: }\n", "this is no YAML"},
		"two documents":         {"project: a\n---\nproject: b\n", "headwater.yaml is no YAML: a second document begins"},
		"enum":                  {"policy: {writes: activations}\n", `headwater.yaml:1: policy.writes: "activations" is not valid; valid are deny, activation and allow. Did you mean activation?`},
		"size":                  {"policy: {max_bytes: lots}\n", `policy.max_bytes: "lots" is not a size`},
		"no pairs":              {"policy: {max_pairs: 0}\n", "policy.max_pairs: is at least 1, and 0 is less."},
		"warehouse":             {"warehouse: {type: duckdbb}\n", "Did you mean duckdb?"},
		"warehouse with file":   {"warehouse: {type: trino, path: x}\n", "warehouse.path: is for duckdb"},
		"fact name":             {"facts:\n  - {name: appVisit, model: m, user: u}\n", `facts[0].name: "appVisit" is not snake_case; write it like app_visit.`},
		"fact twice":            {"facts:\n  - {name: a, model: m, user: u}\n  - {name: a, model: n, user: u}\n", `headwater.yaml:3: facts[1].name: "a" is the name of facts[0] too`},
		"fact without user":     {"facts:\n  - {name: a, model: m}\n", "headwater.yaml:2: facts[0].user: is needed"},
		"fact without events":   {"facts:\n  - {name: a, user: u}\n", "facts[0]: names no events"},
		"relation, no time":     {"facts:\n  - {name: a, relation: a.b.c, user: u}\n", "facts[0].time: is needed"},
		"grain":                 {fact + "grains: [dayy]}\n", `facts[0].grains[0]: "dayy" is not valid; valid are day, week and month. Did you mean day?`},
		"year is no grain":      {fact + "grains: [year]}\n", `facts[0].grains[0]: "year" is not valid`},
		"grain twice":           {fact + "grains: [day, day]}\n", `facts[0].grains[1]: "day" is given twice.`},
		"dimension twice":       {fact + "dimensions: [a, A]}\n", `facts[0].dimensions[1]: "A" is given twice.`},
		"reserved dimension":    {fact + "dimensions: [country, state]}\n", `headwater.yaml:2: facts[0]: Fact a, dimensions: "state" is a column of the outputs`},
		"relation name":         {"facts:\n  - {name: a, relation: a.b.c.d, time: t, user: u}\n", `"a.b.c.d" is not a relation name`},
		"zone":                  {fact + "timezone: KST9}\n", `facts[0].timezone: "KST9" is not an IANA time zone`},
		"weekday":               {fact + "week_start: mon}\n", `facts[0].week_start: "mon" is not a weekday`},
		"begin":                 {fact + "begin: 2026-13-01}\n", `facts[0].begin: "2026-13-01" is neither a date`},
		"history":               {fact + "history: full}\n", "facts[0].history"},
		"settle":                {fact + "settle: 3 hours}\n", `facts[0].settle: "3 hours" is not a length of time`},
		"partition grain":       {"partitions:\n  - {node: a, grain: dya}\n", "headwater.yaml:2: partitions[0].grain"},
		"partition twice":       {"partitions:\n  - {node: a}\n  - {node: a}\n", `headwater.yaml:3: partitions[1].node: "a" has partitions[0] already`},
		"partition duration":    {"partitions:\n  - {node: a, expires_after: 90}\n", `partitions[0].expires_after: "90" is not a length of time`},
		"executor type":         {"executors:\n  - {nodes: a, type: shell}\n", "executors[0].type"},
		"executor without argv": {"executors:\n  - {nodes: a, type: command}\n", "executors[0].argv: is needed"},
		"executor of no jobs":   {"executors:\n  - {nodes: a, type: dbt, max_concurrency: -1}\n", "executors[0].max_concurrency: is at least 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := project(t, "-- headwater.yaml --\n"+c.yaml)
			_, err := config.Load(config.Flags{}, nil, dir)
			require.Equal(t, fault.Invalid, fault.KindOf(err))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestLoadListsSeveralProblems(t *testing.T) {
	t.Parallel()
	dir := project(t, "-- headwater.yaml --\nworker: never\npolicy: {writes: all, min_users: -1}\n")
	_, err := config.Load(config.Flags{}, nil, dir)
	require.ErrorContains(t, err, "headwater.yaml:1: worker")
	require.ErrorContains(t, err, "headwater.yaml:2: policy.writes")
	require.ErrorContains(t, err, "headwater.yaml:2: policy.min_users")
	require.Len(t, strings.Split(err.Error(), "\n"), 3)
}

func TestFind(t *testing.T) {
	t.Parallel()
	dir := project(t, "-- headwater.yaml --\n-- dbt/dbt_project.yml --\nname: x\n-- dbt/models/staging/a.sql --\n-- other/a.txt --\n")
	for from, want := range map[string]string{
		"dbt/models/staging": "dbt", "dbt": "dbt", "other": ".", ".": ".",
	} {
		got, err := config.Find(filepath.Join(dir, from))
		require.NoError(t, err)
		require.Equal(t, filepath.Join(dir, want), got)
	}
	_, err := config.Find(t.TempDir())
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	require.ErrorContains(t, err, "headwater init")
}

// Flags win over HEADWATER_ variables, these over headwater.yaml, and that over dbt's files.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	dir := project(t, `
-- dbt_project.yml --
name: from_dbt
profile: p
target-path: out
-- one.yaml --
project: from_yaml
-- two.yaml --
artifacts: art
state: own.db
policy: {max_pairs: 7}
-- profiles.yml --
p:
  target: dev
  outputs:
    dev: {type: duckdb, path: dev.duckdb}
    prod: {type: duckdb, path: prod.duckdb}
    test: {type: duckdb, path: test.duckdb}
`)
	at := func(path string) string { return filepath.Join(dir, path) }
	get := func(flags config.Flags, env config.Env) *config.Loaded {
		l, err := config.Load(flags, env, dir)
		require.NoError(t, err)
		return l
	}

	plain := get(config.Flags{}, nil)
	require.Equal(t, "from_dbt", plain.Project)
	require.Equal(t, at("out"), plain.Artifacts)
	require.Equal(t, "dbt_project.yml", plain.Origins["artifacts"])
	require.Equal(t, at("dev.duckdb"), plain.Warehouse.Path)
	require.Equal(t, "profiles.yml, p.dev", plain.Origins["warehouse"])

	require.Equal(t, at("elsewhere"), get(config.Flags{}, config.Env{"DBT_TARGET_PATH": "elsewhere"}).Artifacts)
	require.Equal(t, "from_yaml", get(config.Flags{Config: at("one.yaml")}, nil).Project)
	two := get(config.Flags{}, config.Env{"HEADWATER_CONFIG": at("two.yaml"), "DBT_TARGET_PATH": "elsewhere"})
	require.Equal(t, at("art"), two.Artifacts)
	require.Equal(t, 7, two.Policy.MaxPairs)

	env := config.Env{
		"HEADWATER_CONFIG": at("one.yaml"), "HEADWATER_STATE": "env.db", "HEADWATER_POLICY_MAX_PAIRS": "9", "DBT_TARGET": "prod",
		"HEADWATER_WORKER": "",
	}
	both := get(config.Flags{Config: at("two.yaml"), Target: "test"}, env)
	require.Equal(t, at("env.db"), both.State)
	require.Equal(t, "HEADWATER_STATE", both.Origins["state"])
	require.Equal(t, 9, both.Policy.MaxPairs)
	require.Equal(t, "auto", both.Worker)
	require.Equal(t, at("test.duckdb"), both.Warehouse.Path)
	require.Equal(t, "--target", both.Origins["target"])
	require.Equal(t, at("prod.duckdb"), get(config.Flags{}, env).Warehouse.Path)
}

func TestEnvironmentIsChecked(t *testing.T) {
	t.Parallel()
	dir := project(t, "-- headwater.yaml --\n")
	for name, c := range map[string]struct{ variable, value, want string }{
		"enum":   {"HEADWATER_POLICY_WRITES", "yes", "HEADWATER_POLICY_WRITES: policy.writes"},
		"number": {"HEADWATER_POLICY_MIN_USERS", "few", `HEADWATER_POLICY_MIN_USERS: "few" is no whole number`},
		"file":   {"HEADWATER_CONFIG", "gone.yaml", "HEADWATER_CONFIG names " + filepath.Join(dir, "gone.yaml")},
		"folder": {"HEADWATER_PROJECT", "gone", "HEADWATER_PROJECT names " + filepath.Join(dir, "gone")},
		"dbt":    {"DBT_PROJECT_DIR", ".", "there is no dbt_project.yml in it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(config.Flags{}, config.Env{c.variable: c.value}, dir)
			require.Equal(t, fault.Invalid, fault.KindOf(err))
			require.ErrorContains(t, err, c.want)
		})
	}
	l := load(t, dir, config.Env{"HEADWATER_STAT": "x", "HEADWATER_IMAGE_DIGEST": "y"})
	require.Equal(t, []string{"The variable HEADWATER_STAT means nothing to headwater. Did you mean HEADWATER_STATE?"}, l.Notices)
}

// A dbt project below headwater.yaml is found by its artifacts, and a project folder by --project-dir.
func TestWhereDBTIs(t *testing.T) {
	t.Parallel()
	dir := project(t, `
-- top/headwater.yaml --
artifacts: dbt/target
-- top/dbt/dbt_project.yml --
name: shop
-- top/other/file --
-- dbt_project.yml --
name: another
-- plain/target/manifest.json --
{}
`)
	l := load(t, under(dir, "top/other"), nil)
	require.Equal(t, under(dir, "top/dbt"), l.DBT.ProjectDir)
	require.Equal(t, "shop", l.Project)
	require.Equal(t, []string{under(dir, "top/dbt/models")}, l.DBT.ModelPaths)

	l, err := config.Load(config.Flags{ProjectDir: "top/dbt"}, nil, dir)
	require.NoError(t, err)
	require.Equal(t, under(dir, "top/dbt"), l.Root)

	l, err = config.Load(config.Flags{Project: "plain"}, nil, dir)
	require.NoError(t, err)
	require.Empty(t, l.DBT.ProjectDir)
	require.Equal(t, under(dir, "plain/target"), l.Artifacts)
}
