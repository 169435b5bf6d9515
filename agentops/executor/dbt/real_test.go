//go:build unix

package dbt_test

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation/dbtpackage/dbttest"
	"github.com/headwater-mcp/headwater/agentops/executor/dbt"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// onDBT is a project over a DuckDB file, on real dbt: events of ten days, one row an hour, and models of them. The payload of
// 2026-03-03 is no number.
func onDBT(t *testing.T) *project {
	t.Helper()
	command := dbttest.Command(t)
	p := &project{t: t, dir: t.TempDir()}
	p.write("dbt_project.yml", "name: shop\nversion: 1.0.0\nprofile: shop\nflags: {send_anonymous_usage_stats: false}\n")
	p.write("profiles.yml", "shop: {target: dev, outputs: {dev: {type: duckdb, path: "+p.warehouse()+", threads: 2}}}\n")
	p.write("models/raw.yml", "sources: [{name: raw, schema: main, tables: [{name: events, config: {event_time: happened_at}}]}]\n")
	p.write("models/daily.sql", `{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='day', batch_size='day', begin='2026-03-01') }}
select date_trunc('day', happened_at) as day, sum(payload::integer) as n from {{ source('raw', 'events') }} group by 1
`)
	p.write("models/daily.yml", "models: [{name: daily, columns: [{name: n, data_tests: [{accepted_values: {arguments: {values: [24]}}}]}]}]\n")
	// What is in a folder of the model's name is not the model.
	p.write("models/daily/inner.sql", "select 1 as i\n")
	p.do("create table events as select timestamp '2026-03-01' + interval 1 hour * i as happened_at, case when i = 60 then 'x' else '1' end as payload from range(240) t(i)")
	w, err := duckdb.New(duckdb.Options{Path: p.warehouse(), Wait: -1})
	require.NoError(t, err)
	return p.with(func(o *dbt.Options) {
		o.ProjectDir, o.ProfilesDir, o.TargetPath = p.dir, p.dir, filepath.Join(p.dir, "target")
		o.Command, o.Env, o.Lend = []string{command}, os.Environ(), w.LendTo
		o.Grace = 30 * time.Second
	})
}

func (p *project) warehouse() string { return filepath.Join(p.dir, "shop.duckdb") }

// do changes the warehouse.
func (p *project) do(statement string) {
	p.t.Helper()
	db := p.open()
	_, err := db.ExecContext(p.t.Context(), statement)
	require.NoError(p.t, err)
	require.NoError(p.t, db.Close())
}

// ask returns the rows of a query as text.
func (p *project) ask(query string) string {
	p.t.Helper()
	db := p.open()
	defer func() { require.NoError(p.t, db.Close()) }()
	return strings.Join(dbttest.Rows(p.t, db, query), "; ")
}

func (p *project) open() *sql.DB {
	p.t.Helper()
	db, err := sql.Open("duckdb", p.warehouse())
	require.NoError(p.t, err)
	return db
}

// files are the hashes of all files below a folder of the project.
func (p *project) files(folder string) map[string]string {
	p.t.Helper()
	out := map[string]string{}
	require.NoError(p.t, filepath.WalkDir(filepath.Join(p.dir, folder), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		out[path] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	}))
	return out
}

// TestADBTRangeWithAFailingBatch: what was written is done, what was not is told in dbt's words, the test is not what decides,
// and the user's own artifacts stay as they were.
func TestADBTRangeWithAFailingBatch(t *testing.T) {
	t.Parallel()
	p := onDBT(t)
	p.write("target/manifest.json", "the user's")
	p.write("target/run_results.json", "the user's")
	before := p.files("target")

	job := p.job(daily(), byDay(partition.Vars{}), days(t, "2026-03-01", 5))
	s := p.run(job)
	require.Equal(t, "3 done, 4 done, 5 failed, 6 done, 7 done", numbered(s), s.LogTail)
	require.Contains(t, s.Outcomes[2].Error, "The batch that starts at 2026-03-03T00:00 failed: ")
	require.Contains(t, s.Outcomes[2].Error, "Could not convert string 'x' to INT32")
	require.Equal(t, "2026-03-01 24; 2026-03-02 24; 2026-03-04 24; 2026-03-05 24", p.ask("select strftime(day, '%Y-%m-%d') || ' ' || n::integer from daily order by 1"))
	require.FileExists(t, filepath.Join(s.Artifacts, "manifest.json"))
	require.FileExists(t, filepath.Join(s.Artifacts, "run_results.json"))
	require.NotContains(t, p.ask("select table_name from information_schema.tables"), "inner", "the model alone is run")
	require.Equal(t, before, p.files("target"))
	require.NoDirExists(t, filepath.Join(p.dir, "logs"))

	// The data is mended, but for one row too many: the batch is written, and the test that says so is told.
	p.do("update events set payload = '2' where payload = 'x'")
	again := p.job(daily(), byDay(partition.Vars{}), days(t, "2026-03-03", 1))
	s = p.run(again)
	require.Equal(t, "done", outcomes(s), s.LogTail)
	require.Len(t, s.Notes, 1)
	require.Contains(t, s.Notes[0], "Tests failed in the run of model.shop.daily: test.shop.accepted_values_daily_n__24.")
	require.Equal(t, "2026-03-03 25", p.ask("select strftime(day, '%Y-%m-%d') || ' ' || n::integer from daily where day = '2026-03-03'"))
}

// TestADBTThatIsCancelledMidway leaves no process and no lock, and says which batches it had written.
func TestADBTThatIsCancelledMidway(t *testing.T) {
	t.Parallel()
	p := onDBT(t)
	p.do("update events set payload = '1'")
	// The third day counts to more than anybody waits for.
	p.write("models/daily.sql", `{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='day', batch_size='day', begin='2026-03-01', concurrent_batches=false) }}
select date_trunc('day', happened_at) as day, sum(payload::integer) as n
{% if model.batch and model.batch.id == '20260303' %}
  , (select count(*) from range(1000000) a, range(1000000) b where hash(a.range + b.range) % 7 = 0) as long
{% else %}
  , 0 as long
{% endif %}
from {{ source('raw', 'events') }} group by 1
`)
	job := p.job(daily(), byDay(partition.Vars{}), days(t, "2026-03-01", 5))
	require.NoError(t, p.executor.Submit(t.Context(), job))
	p.await(func() bool {
		require.True(t, p.poll(job).Running)
		text, _ := os.ReadFile(filepath.Join(job.Dir, "logs", "dbt.log"))
		return strings.Contains(string(text), "START batch 2026-03-03")
	})
	w, err := duckdb.New(duckdb.Options{Path: p.warehouse(), Wait: -1})
	require.NoError(t, err)
	_, err = w.Health(t.Context())
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "our own readers are kept away")

	require.NoError(t, p.executor.Cancel(t.Context(), job))
	s := p.poll(job)
	require.True(t, s.Lost)
	require.Equal(t, "done, done", outcomes(s), s.LogTail)
	require.Equal(t, "2026-03-01; 2026-03-02", p.ask("select strftime(day, '%Y-%m-%d') from daily order by 1"), "the lock is free")
	_, err = w.Health(t.Context())
	require.NoError(t, err)
	left, err := exec.Command("pgrep", "-f", job.Dir).Output()
	require.Error(t, err, "%s is left", left)
}

// TestADBTModelOfVariables is given its period by them.
func TestADBTModelOfVariables(t *testing.T) {
	t.Parallel()
	p := onDBT(t)
	p.do("update events set payload = '1'")
	p.write("models/daily.sql", `{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='day') }}
select date_trunc('day', happened_at) as day, sum(payload::integer) as n from {{ source('raw', 'events') }}
where happened_at >= '{{ var("since") }}' and happened_at < date '{{ var("until") }}' + 1 group by 1
`)
	n := daily()
	n.Build.IncrementalStrategy, n.Build.BatchSize = "delete+insert", ""
	spec := byDay(partition.Vars{Start: "since", Last: "until"})
	s := p.run(p.job(n, spec, days(t, "2026-03-04", 2)))
	require.Equal(t, "done, done", outcomes(s), s.LogTail)
	require.Empty(t, s.Notes)
	require.Equal(t, "2026-03-04; 2026-03-05", p.ask("select strftime(day, '%Y-%m-%d') from daily order by 1"))
}
