//go:build unix

package dbt_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/agentops/executor/dbt"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// paths lets a stand-in know where it is to write.
const paths = `while [ $# -gt 0 ]; do case $1 in --target-path) target=$2;; --log-path) logs=$2;; esac; shift; done; mkdir -p "$logs"
`

// writes is a stand-in that writes results, and a log of events, and ends.
func writes(results, events string, code int) string {
	text := paths
	if results != "" {
		text += "cat >\"$target/run_results.json\" <<'END'\n" +
			`{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json"}, "results": [` + results + "]}\nEND\n"
	}
	if events != "" {
		text += "cat >\"$logs/dbt.log\" <<'END'\n" + events + "\nEND\n"
	}
	return text + fmt.Sprintf("exit %d", code)
}

func result(id, status, message, batches string) string {
	return fmt.Sprintf(`{"unique_id": %q, "status": %q, "message": %q, "adapter_response": {"rows_affected": 12}, "batch_results": %s}`, id, status, message, batches)
}

// batch is an event as dbt logs it.
func batch(day, status, level, thread string) string {
	return fmt.Sprintf(`{"info": {"name": "LogBatchResult", "level": %q, "thread": %q}, "data": {"description": "batch %s of main.daily", "status": %q, "node_info": {"unique_id": "model.shop.daily"}}}`,
		level, thread, day, status)
}

func raised(thread, text string) string {
	return fmt.Sprintf(`{"info": {"name": "GenericExceptionOnRun", "level": "error", "thread": %q}, "data": {"exc": %q}}`, thread, text)
}

func interval(days ...string) string {
	var out []string
	for i := 0; i+1 < len(days); i += 2 {
		out = append(out, fmt.Sprintf(`["%sT00:00:00+00:00", "%sT00:00:00+00:00"]`, days[i], days[i+1]))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func TestEachPairIsWhatItsBatchWas(t *testing.T) {
	t.Parallel()
	p := stand(t, writes(
		result("model.shop.daily", "partial success", "PARTIAL SUCCESS (2/4)", `{"successful": `+interval("2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04")+
			`, "failed": `+interval("2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05")+`}`),
		strings.Join([]string{
			batch("2026-03-01", "OK", "info", "A"), raised("B", "Conversion Error: x is no number"), raised("A", "another thread's"),
			batch("2026-03-02", "error", "error", "B"), batch("2026-03-03", "OK", "info", "A"), batch("2026-03-04", "skipped", "info", "A"), "{half a li",
		}, "\n"), 1))
	job := p.job(daily(), byDay(partition.Vars{}), days(t, "2026-03-01", 5))
	s := p.run(job)
	require.Equal(t, "done, failed, done, not run, failed", outcomes(s))
	require.Equal(t, "The batch that starts at 2026-03-02T00:00 failed: Conversion Error: x is no number", s.Outcomes[1].Error)
	require.Equal(t, "dbt did not try it, since a batch before it failed.", s.Outcomes[3].Error)
	require.Equal(t, "dbt ran model.shop.daily and says of no batch of 2026-03-05 that it was written.", s.Outcomes[4].Error)
	require.Equal(t, filepath.Join(job.Dir, "target"), s.Artifacts)
	require.False(t, s.Lost)
	require.Nil(t, s.Outcomes[0].Rows)
}

// TestAFirstBatchThatFailsFailsAlone without a log: what dbt lists as failed after it was not tried.
func TestAFirstBatchThatFailsFailsAlone(t *testing.T) {
	t.Parallel()
	p := stand(t, writes(result("model.shop.daily", "error", "ERROR", `{"successful": [], "failed": `+
		interval("2026-03-01", "2026-03-02", "2026-03-02", "2026-03-03")+`}`), "", 1))
	s := p.run(p.job(daily(), byDay(partition.Vars{}), days(t, "2026-03-01", 2)))
	require.Equal(t, "failed, not run", outcomes(s))
	require.Equal(t, "The batch that starts at 2026-03-01T00:00 failed; see the log. dbt says ERROR.", s.Outcomes[0].Error)
}

// TestAPairOfAnotherZoneNeedsAllItsBatches: a Seoul day overlaps two days of UTC.
func TestAPairOfAnotherZoneNeedsAllItsBatches(t *testing.T) {
	t.Parallel()
	p := stand(t, writes(result("model.shop.daily", "partial success", "", `{"successful": `+interval("2026-03-01", "2026-03-02", "2026-03-02", "2026-03-03")+
		`, "failed": `+interval("2026-03-03", "2026-03-04")+`}`), "", 1))
	seoul, err := period.NewCalendar("Asia/Seoul", "")
	require.NoError(t, err)
	var pairs []backfill.Pair
	for i, name := range []string{"2026-03-02", "2026-03-03", "2026-03-04"} {
		at, err := seoul.Parse(period.Day, name)
		require.NoError(t, err)
		pairs = append(pairs, backfill.Pair{Seq: i, Period: name, Grain: period.Day, Start: at.Start(), End: at.End()})
	}
	require.Equal(t, "done, failed, failed", outcomes(p.run(p.job(daily(), byDay(partition.Vars{}), pairs))))
}

func TestWhatWasWrittenBeforeDBTWasKilledIsKnownFromItsLog(t *testing.T) {
	t.Parallel()
	p := stand(t, paths+"cat >\"$logs/dbt.log\" <<'END'\n"+
		batch("2026-03-01", "OK", "info", "A")+"\n"+batch("2026-03-02", "error", "error", "A")+"\nEND\n: >\"$logs/begun\"; kill -9 $$")
	job := p.job(daily(), byDay(partition.Vars{}), days(t, "2026-03-01", 3))
	s := p.run(job)
	require.Equal(t, "done, failed, failed", outcomes(s), "the program was killed, which counts")
	require.Equal(t, "dbt wrote no results. It was ended by signal 9 (killed). It said last: Killed", s.Outcomes[2].Error)

	p = stand(t, paths+"cat >\"$logs/dbt.log\" <<'END'\n"+batch("2026-03-01", "OK", "info", "A")+"\nEND\n: >\"$logs/begun\"; tail -f /dev/null")
	for name, end := range map[string]func(executor.Job){
		"cancelled": func(job executor.Job) { require.NoError(t, p.executor.Cancel(t.Context(), job)) },
		"killed with all of it": func(job executor.Job) {
			text, err := os.ReadFile(filepath.Join(job.Dir, "pid"))
			require.NoError(t, err)
			var group int
			_, err = fmt.Sscan(string(text), &group)
			require.NoError(t, err)
			require.NoError(t, syscall.Kill(-group, syscall.SIGKILL))
		},
	} {
		job := p.job(daily(), byDay(partition.Vars{}), days(t, "2026-03-01", 3))
		require.NoError(t, p.executor.Submit(t.Context(), job))
		p.await(func() bool { _, err := os.Stat(filepath.Join(job.Dir, "logs", "begun")); return err == nil })
		require.True(t, p.poll(job).Running)
		end(job)
		p.await(func() bool { s = p.poll(job); return !s.Running })
		require.True(t, s.Lost, name)
		require.Equal(t, "done", outcomes(s), name)
	}
}

func TestAModelWithoutBatchesIsDoneAsAWhole(t *testing.T) {
	t.Parallel()
	table := &lineage.Node{ID: "model.shop.t", Type: lineage.TypeModel, FQN: []string{"shop", "t"}, Materialized: "table"}
	p := stand(t, writes(result("model.shop.t", "success", "OK", "null")+","+result("test.shop.unique_t_id.1", "fail", "Got 2 results", "null"), "", 1))
	s := p.run(p.job(table, partition.Spec{}, []backfill.Pair{{Seq: 9}}))
	require.Equal(t, "done", outcomes(s), "a test that fails makes nothing unwritten")
	require.EqualValues(t, 12, *s.Outcomes[0].Rows)
	require.Equal(t, []string{"Tests failed in the run of model.shop.t: test.shop.unique_t_id.1."}, s.Notes)
	s = p.run(p.job(table, byDay(partition.Vars{}), days(t, "2026-03-01", 2)))
	require.Equal(t, "done, done", outcomes(s))

	p = stand(t, writes(result("model.shop.t", "error", "Runtime Error\n  no such column", "null"), "", 1))
	s = p.run(p.job(table, partition.Spec{}, []backfill.Pair{{Seq: 9}}))
	require.Equal(t, "dbt says error of model.shop.t: Runtime Error no such column", s.Outcomes[0].Error)
}

func TestADBTThatCannotDoItIsSaidWithTheRemedy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ script, says string }{
		"an old one": {
			`echo 'Usage: dbt build'; echo 'Error: No such option: --event-time-start' >&2; exit 2`,
			"This dbt does not know an option that is needed: Error: No such option: --event-time-start Microbatch models need dbt 1.9 or newer; upgrade it, or name another one in executors, command.",
		},
		"one that ends early": {
			`echo 'Could not find profile named shop'; exit 2`,
			"dbt wrote no results. It ended with exit code 2. It said last: Could not find profile named shop",
		},
		"one that finds nothing": {
			writes(" ", "", 0),
			"dbt found nothing to do: model.shop.daily is not in the project as dbt reads it now. Run dbt parse, and plan again.",
		},
		"one that skips it": {
			writes(result("model.shop.other", "success", "OK", "null"), "", 0),
			"dbt ended without running model.shop.daily; see the log.",
		},
		"half written results": {
			paths + `echo '{"metadata": ' >"$target/run_results.json"`,
			"dbt ended with exit code 0, and its run_results.json cannot be read.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := stand(t, c.script)
			s := p.run(p.job(daily(), byDay(partition.Vars{}), days(t, "2026-03-01", 2)))
			require.Equal(t, "failed, failed", outcomes(s))
			require.Equal(t, c.says, s.Outcomes[0].Error)
		})
	}
}

func TestADBTThatIsMissingIsAnErrorOfSubmit(t *testing.T) {
	t.Parallel()
	p := stand(t, "").with(func(o *dbt.Options) { o.Command, o.Env = nil, []string{"PATH=/nowhere"} })
	err := p.executor.Submit(t.Context(), p.job(daily(), byDay(partition.Vars{}), days(t, "2026-03-01", 1)))
	require.Equal(t, fault.Invalid, fault.KindOf(err))
	require.EqualError(t, err, `dbt cannot be started: There is no program "dbt" in the PATH that headwater was started with. Install it, or name it with its path. `+
		"Or say where it is: executors: [{nodes: …, type: dbt, command: [/path/to/dbt]}].")
}

func TestARunIsConfinedAndWritesToItsOwnFolders(t *testing.T) {
	t.Parallel()
	p := stand(t, `printf '%s\n' "$@" >arguments; env >environment; pwd >>environment; cat "$PWD/../nothing" 2>/dev/null; `+paths+`cat "$target/partial_parse.msgpack" >parsed`)
	p.write("target/partial_parse.msgpack", "as parsed before")
	p.with(func(o *dbt.Options) {
		o.ProfilesDir, o.Profile, o.Target = "/etc/profiles here", "shop", "dev"
		o.Env = append(o.Env, "DBT_FULL_REFRESH=true", "DBT_ENGINE_FULL_REFRESH=1", "DBT_EMPTY=1", "DBT_SAMPLE=1 day", "DBT_USER_SECRET=kept")
	})
	job := p.job(daily(), byDay(partition.Vars{}), days(t, "2026-03-30", 3))
	p.run(job)
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(p.dir, name))
		require.NoError(t, err)
		return string(text)
	}
	require.Equal(t, strings.Join([]string{
		"build", "--select", "fqn:shop.daily,file:daily.sql", "--event-time-start", "2026-03-30", "--event-time-end", "2026-04-02",
		"--project-dir", p.dir, "--profiles-dir", "/etc/profiles here", "--profile", "shop", "--target", "dev",
		"--target-path", job.Dir + "/target", "--log-path", job.Dir + "/logs", "--log-format-file", "json", "--log-level-file", "info",
		"--no-fail-fast", "--write-json", "--no-use-colors", "",
	}, "\n"), read("arguments"))
	require.NotContains(t, read("environment"), "FULL_REFRESH")
	require.NotContains(t, read("environment"), "DBT_EMPTY")
	require.NotContains(t, read("environment"), "DBT_SAMPLE")
	require.Contains(t, read("environment"), "DBT_USER_SECRET=kept")
	require.Contains(t, read("environment"), "\n"+p.dir+"\n")
	require.Equal(t, "as parsed before", read("parsed"))
	require.Equal(t, "as parsed before", read("target/partial_parse.msgpack"))
	entries, err := os.ReadDir(filepath.Join(p.dir, "target"))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestTheArgumentsOfAPeriodFollowTheModel(t *testing.T) {
	t.Parallel()
	node := func(materialized, strategy string) *lineage.Node {
		n := daily()
		n.Materialized, n.Build.IncrementalStrategy = materialized, strategy
		return n
	}
	full := daily()
	full.Config = map[string]any{"full_refresh": true}
	snapshot := node("snapshot", "")
	snapshot.Type = lineage.TypeSnapshot
	output := node("incremental", "merge")
	output.Meta = map[string]any{"headwater": map[string]any{"output": map[string]any{"fact": "visit"}}}
	vars := partition.Vars{First: "start_date", Last: "end_date", End: "end at"}
	p := stand(t, "")
	for name, c := range map[string]struct {
		node *lineage.Node
		spec partition.Spec
		want executor.Control
		line string
	}{
		"microbatch":                     {daily(), byDay(partition.Vars{}), executor.Microbatch, " --event-time-start 2026-03-01 --event-time-end 2026-03-03"},
		"microbatch, full refresh":       {full, byDay(partition.Vars{}), executor.None, ""},
		"variables":                      {node("incremental", "merge"), byDay(vars), executor.Vars, ` --vars '{"end at":"2026-03-03T00:00:00Z","end_date":"2026-03-02","start_date":"2026-03-01"}'`},
		"incremental with periods":       {node("incremental", "merge"), byDay(partition.Vars{}), executor.None, ""},
		"incremental without periods":    {node("incremental", "merge"), partition.Spec{}, executor.Whole, ""},
		"an output of the package":       {output, byDay(partition.Vars{}), executor.Whole, ""},
		"table":                          {node("table", ""), byDay(partition.Vars{}), executor.Whole, ""},
		"view":                           {node("view", ""), partition.Spec{}, executor.Whole, ""},
		"ephemeral":                      {node("ephemeral", ""), partition.Spec{}, executor.None, ""},
		"snapshot with periods":          {snapshot, byDay(partition.Vars{}), executor.None, ""},
		"snapshot":                       {snapshot, partition.Spec{}, executor.Whole, ""},
		"source, which dbt does not run": {&lineage.Node{Type: lineage.TypeSource}, partition.Spec{}, executor.None, ""},
	} {
		require.Equal(t, c.want, p.executor.Control(c.node, c.spec), name)
		line := p.executor.Line(c.node, c.spec, days(t, "2026-03-01", 2))
		if c.node.ID != "" {
			require.Equal(t, p.dir+"/bin/dbt build --select fqn:shop.daily,file:daily.sql"+c.line, line, name)
		}
		if c.want == executor.None {
			err := p.executor.Submit(t.Context(), p.job(c.node, c.spec, days(t, "2026-03-01", 2)))
			require.Equal(t, fault.Invalid, fault.KindOf(err), name)
			require.ErrorContains(t, err, "No argument of dbt confines a run of", name)
		}
	}
	hours := p.executor.Line(daily(), byDay(partition.Vars{}), periods(t, period.Hour, "2026-03-01T22:00Z", 3))
	require.Contains(t, hours, "--event-time-start 2026-03-01T22:00:00 --event-time-end 2026-03-02T01:00:00")
}

func TestANodeThatDBTCannotSelectAloneIsRefused(t *testing.T) {
	t.Parallel()
	n := daily()
	n.FQN = []string{"shop", "a b", "daily"}
	p := stand(t, "")
	err := p.executor.Submit(t.Context(), p.job(n, byDay(partition.Vars{}), days(t, "2026-03-01", 1)))
	require.ErrorContains(t, err, "dbt cannot select model.shop.daily alone: its name or folders hold spaces, commas or wildcards.")
}
