package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/activation/dbtpackage/dbttest"
)

// eventDays is a project whose days dbt makes in batches: from a source, through a view, daily_events; from it and a snapshot, through
// an ephemeral model, daily_totals; and daily_board from that. Beside them an incremental model without periods. BEGIN is a date.
var eventDays = map[string]string{
	"headwater.yaml": "warehouse: {type: duckdb, path: shop.duckdb}\n",
	"models/schema.yml": `sources:
  - {name: raw, tables: [{name: events, config: {event_time: happened_at}}, {name: users}]}
`,
	"models/clean_events.sql": `{{ config(materialized='view', event_time='happened_at') }}
select user_id, happened_at, payload from {{ source('raw', 'events') }}
`,
	"models/daily_events.sql": batched("day", "day") +
		"select user_id, cast(happened_at as date) as day, cast(payload as integer) as amount from {{ ref('clean_events') }}\n",
	"models/named_events.sql": `{{ config(materialized='ephemeral', event_time='day') }}
select e.*, u.name from {{ ref('daily_events') }} e left join {{ ref('user_history') }} u on u.user_id = e.user_id and u.dbt_valid_to is null
`,
	"models/daily_totals.sql": batched("day", "day") +
		"select day, name, sum(amount) as amount from {{ ref('named_events') }} group by all\n",
	"models/daily_board.sql": batched("day", "day") + "select day, max(amount) as most from {{ ref('daily_totals') }} group by all\n",
	"models/user_totals.sql": `{{ config(materialized='incremental', unique_key='user_id') }}
select user_id, count(*) as events, max(happened_at) as last_seen from {{ ref('clean_events') }}
{% if is_incremental() %} where happened_at > (select max(last_seen) from {{ this }}) - interval 2 day {% endif %}
group by user_id
`,
	"snapshots/user_history.yml": `snapshots:
  - name: user_history
    relation: source('raw', 'users')
    config: {strategy: check, unique_key: user_id, check_cols: all}
`,
}

// batched is the config of a microbatch model that also builds the batch before the current one.
func batched(size, column string) string {
	return fmt.Sprintf("{{ config(materialized='incremental', incremental_strategy='microbatch', batch_size='%s', event_time='%s', begin='BEGIN', lookback=1) }}\n",
		size, column)
}

// outage is a project of dbt, which goes by the real clock, and the UTC day in which the test began.
type outage struct {
	dbttest.Project

	now time.Time
}

// newOutage writes the project, with begin for BEGIN, and three events in each 20 minutes from twelve days ago to after tomorrow.
func newOutage(t *testing.T, files map[string]string, now time.Time, begin string) outage {
	t.Helper()
	dated := map[string]string{}
	for path, text := range files {
		dated[path] = strings.ReplaceAll(text, "BEGIN", begin)
	}
	o := outage{Project: dbttest.Bare(t, dated), now: now}
	o.do(t, "create schema raw", "create table raw.users as select u as user_id, 'user ' || u as name from range(3) as users(u)",
		fmt.Sprintf(`create table raw.events as select u as user_id, moment as happened_at, '3' as payload from range(3) as users(u),
			generate_series(timestamp '%s', timestamp '%s', interval 20 minute) as times(moment)`, o.day(-12), o.day(2)))
	return o
}

func (o outage) do(t *testing.T, statements ...string) {
	t.Helper()
	activationtest.World{Path: o.Warehouse}.Do(t, statements...)
}

// day is the date so many days from now.
func (o outage) day(n int) string { return o.now.AddDate(0, 0, n).Format(time.DateOnly) }

// within is a command of dbt for the batches of [start, end).
func within(start, end string, command ...string) []string {
	return append(command, "--event-time-start", start, "--event-time-end", end)
}

// found is what check_partitions answers, a line for each range that it shows.
type found struct {
	lines    []string
	notReady int
	nodes    map[string]checkedNode
}

type checkedNode struct {
	ID       string         `json:"id"`
	SpecFrom string         `json:"spec_from"`
	Counts   map[string]int `json:"counts"`
	Ranges   []struct {
		First, Last, Presence, Detail string
		Findings                      []struct{ Finding string }
	}
}

// check asks about partitions; a gate that does not hold has to exit with the code.
func (o outage) check(t *testing.T, code int, args ...string) found {
	t.Helper()
	got, out, said := run(t, append([]string{"--project", o.Dir, "call", "check_partitions", "--fail-on", "not-ready"}, args...)...)
	require.Equal(t, code, got, "%s\n%s", said, out)
	var answer struct {
		Nodes    []checkedNode
		NotReady int `json:"not_ready"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &answer))
	all := found{notReady: answer.NotReady, nodes: map[string]checkedNode{}}
	for _, n := range answer.Nodes {
		name := n.ID[strings.LastIndex(n.ID, ".")+1:]
		all.nodes[name] = n
		for _, r := range n.Ranges {
			line := []string{name, r.First, r.Last, r.Presence}
			for _, f := range r.Findings {
				line = append(line, f.Finding)
			}
			if _, waits, ok := strings.Cut(r.Detail, "waits for "); ok {
				line = append(line, "waits for "+waits)
			}
			all.lines = append(all.lines, strings.Join(line, " "))
		}
	}
	return all
}

// TestDBTLeavesTheHoleOfAnOutage: dbt runs day by day, misses two days, and by itself only makes the current and the last one up. It
// reports success. headwater names the two days, once, and waits with what reads them until dbt is told to fill them.
func TestDBTLeavesTheHoleOfAnOutage(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(24 * time.Hour)
	o := newOutage(t, eventDays, now, now.AddDate(0, 0, -10).Format(time.DateOnly))
	asked := []string{"--first", o.day(-10), "--select", "daily_events+", "--last"}
	o.Run(t, nil, within(o.day(-10), o.day(-4), "build")...)
	require.Empty(t, o.check(t, 0, append(asked, o.day(-5))...).lines, "all was well")
	o.Run(t, nil, within(o.day(-4), o.day(-3), "build")...)
	require.Empty(t, o.check(t, 0, append(asked, o.day(-4))...).lines)

	o.Run(t, nil, "build")
	for id, status := range o.Statuses(t) {
		require.Equal(t, "success", status, id)
	}
	batches, _ := o.Batches(t, "model.shop.daily_events")
	require.Len(t, batches, 2, "today and, by lookback, yesterday")
	resumed := batches[0][:len(time.DateOnly)]
	lost, last := o.lostDays(t, resumed)
	asked = append(asked, resumed)

	hole := o.check(t, 8, asked...)
	at := " " + lost[0] + " " + last + " missing"
	const waits = " waits for model.shop.daily_events (missing)."
	require.Equal(t, []string{"daily_events" + at, "daily_board" + at + waits, "daily_totals" + at + waits}, hole.lines)
	require.Equal(t, 2*len(lost), hole.notReady, "the two models that read it")
	require.Contains(t, hole.nodes["daily_events"].Ranges[0].Detail, "No recorded run had a batch of it; batches before and after are recorded.")
	o.firstCause(t, "daily_board", lost[0], "model.shop.daily_events")
	o.withoutPeriods(t, "named_events", "user_history", "user_totals")

	o.Run(t, nil, within(lost[0], resumed, "build", "--select", "daily_events+")...)
	require.Empty(t, o.check(t, 0, asked...).lines)
	o.lostAtTheSource(t, resumed)
}

// lostDays are the days from the outage on until dbt went on, of which its tables hold no row and the source does.
func (o outage) lostDays(t *testing.T, resumed string) (lost []string, last string) {
	t.Helper()
	for n := -3; o.day(n) < resumed; n++ {
		lost = append(lost, o.day(n))
		require.Equal(t, []string{"216"}, o.Ask(t, "select count(*) from raw.events where cast(happened_at as date) = '"+o.day(n)+"'"))
	}
	require.GreaterOrEqual(t, len(lost), 2)
	last = lost[len(lost)-1]
	for _, table := range []string{"daily_events", "daily_totals", "daily_board"} {
		of := "select count(distinct day) from activation." + table
		require.Equal(t, []string{"0"}, o.Ask(t, fmt.Sprintf("%s where day between '%s' and '%s'", of, lost[0], last)))
		require.Equal(t, []string{"7 1"}, o.Ask(t, fmt.Sprintf(
			"select count(distinct day) filter (day < '%s'), count(distinct day) filter (day = '%s') from activation.%s", lost[0], resumed, table)))
	}
	return lost, last
}

// firstCause asks why a day cannot be relied on: there is one cause, however many models lie between.
func (o outage) firstCause(t *testing.T, node, day, cause string) {
	t.Helper()
	code, out, said := run(t, "--project", o.Dir, "call", "explain_staleness", "--node", node, "--period", day)
	require.Equal(t, 0, code, said)
	var answer struct {
		Causes []struct{ Node, Period, Presence string }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &answer))
	require.Equal(t, []struct{ Node, Period, Presence string }{{cause, day, "missing"}}, answer.Causes)
}

// withoutPeriods checks nodes to which no partitions may be ascribed.
func (o outage) withoutPeriods(t *testing.T, names ...string) {
	t.Helper()
	answer := o.check(t, 0, "--only", "all", "--select", strings.Join(names, " "))
	require.Len(t, answer.nodes, len(names))
	for _, name := range names {
		node := answer.nodes[name]
		require.Equal(t, "unpartitioned", node.SpecFrom, name)
		require.Empty(t, node.Counts, name)
		require.Empty(t, node.Ranges, name)
	}
}

// lostAtTheSource loses another day at the source, of which daily_events still holds what it made: that could not be made again, for
// want of the source, which is named through the view. What reads daily_events lacks nothing.
func (o outage) lostAtTheSource(t *testing.T, last string) {
	t.Helper()
	o.do(t, "delete from raw.events where cast(happened_at as date) = '"+o.day(-8)+"'")
	answer := o.check(t, 8, "--select", "daily_events+ clean_events", "--first", o.day(-10), "--last", last)
	at, waits := " "+o.day(-8)+" "+o.day(-8), " waits for source.shop.raw.events (missing)."
	require.Equal(t, []string{"clean_events" + at + " missing" + waits, "daily_events" + at + " present" + waits}, answer.lines)
}

// TestDBTForgetsTheFailedBatchAndTheLedgerDoesNot: a day's batch fails; dbt compile overwrites what dbt retry goes by, and dbt has nothing
// to do. headwater has read each run when it was asked, and reads the same from an archive.
func TestDBTForgetsTheFailedBatchAndTheLedgerDoesNot(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(24 * time.Hour)
	o := newOutage(t, eventDays, now, now.AddDate(0, 0, -6).Format(time.DateOnly))
	o.do(t, "update raw.events set payload = 'none' where user_id = 1 and cast(happened_at as date) = '"+o.day(-4)+"'")
	check := func(code int) []string {
		return o.check(t, code, "--select", "daily_events daily_totals", "--first", o.day(-6), "--last", o.day(-3)).lines
	}

	o.Fails(t, nil, within(o.day(-6), o.day(-2), "build")...)
	require.Equal(t, "partial success", o.Statuses(t)["model.shop.daily_events"])
	require.Equal(t, "skipped", o.Statuses(t)["model.shop.daily_totals"])
	failed := check(8)
	require.Contains(t, failed, "daily_events "+o.day(-4)+" "+o.day(-4)+" missing failed")
	o.keep(t, "1")

	o.Run(t, nil, "compile")
	require.Equal(t, "success", o.Statuses(t)["model.shop.daily_events"], "dbt compile says so of what it did not build")
	require.Equal(t, failed, check(8))
	o.keep(t, "2")
	o.Run(t, nil, "retry")
	require.Empty(t, o.Statuses(t), "dbt has nothing to do")
	require.Equal(t, failed, check(8))

	o.do(t, "update raw.events set payload = '3'")
	o.Run(t, nil, "retry", "--state", filepath.Join("archive", "1"))
	done, _ := o.Batches(t, "model.shop.daily_events")
	require.Len(t, done, 4, "three of them are of the run before")
	require.Empty(t, check(0))
	o.keep(t, "3")
	o.Run(t, nil, "retry")
	require.Empty(t, o.Statuses(t))
	require.Empty(t, check(0))
	o.keep(t, "4")

	o.ingests(t, 0, 2)
	require.NoError(t, os.RemoveAll(filepath.Join(o.Dir, ".headwater")))
	o.ingests(t, 2, 0)
	require.Empty(t, check(0))
	code, out, said := run(t, "--project", o.Dir, "call", "server_status")
	require.Equal(t, 0, code, said)
	var status struct {
		LastRun struct{ Command string } `json:"last_run"`
		Ledger  struct{ Runs int }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &status))
	require.Equal(t, "retry", status.LastRun.Command, "and not the one that had nothing to do")
	require.Equal(t, 2, status.Ledger.Runs)
}

// keep archives what dbt wrote last.
func (o outage) keep(t *testing.T, name string) {
	t.Helper()
	for _, file := range []string{"manifest.json", "run_results.json"} {
		text, err := os.ReadFile(filepath.Join(o.Dir, "target", file))
		require.NoError(t, err)
		o.Write(t, "archive/"+name+"/"+file, string(text))
	}
}

// ingests reads the archive; its other two runs say nothing about data.
func (o outage) ingests(t *testing.T, fresh, known int) {
	t.Helper()
	code, out, said := run(t, "--project", o.Dir, "ingest", filepath.Join(o.Dir, "archive"))
	require.Equal(t, 0, code, said)
	var read struct {
		New, Known int
		Skipped    []struct{ Reason string }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &read))
	require.Equal(t, [2]int{fresh, known}, [2]int{read.New, read.Known}, out)
	require.Len(t, read.Skipped, 2, out)
	require.Contains(t, read.Skipped[0].Reason, "dbt compile")
	require.Contains(t, read.Skipped[1].Reason, "nothing to do")
}

// TestDBTLosesAnHour: of a model in batches of hours one failed and one was never run. headwater names both as hours and tells them
// apart.
func TestDBTLosesAnHour(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(time.Hour)
	const argument = "2006-01-02T15:04:05"
	hour := func(n int) time.Time { return now.Add(time.Duration(n) * time.Hour) }
	o := newOutage(t, map[string]string{
		"headwater.yaml":    eventDays["headwater.yaml"],
		"models/schema.yml": eventDays["models/schema.yml"],
		"models/hourly_events.sql": batched("hour", "happened_at") +
			"select user_id, happened_at, cast(payload as integer) as amount from {{ source('raw', 'events') }}\n",
	}, now.Truncate(24*time.Hour), hour(-30).Format(argument))
	in := func(n int) string {
		return fmt.Sprintf("happened_at >= '%s' and happened_at < '%s'", hour(n).Format(time.DateTime), hour(n+1).Format(time.DateTime))
	}
	o.do(t, "update raw.events set payload = 'none' where user_id = 1 and "+in(-20))
	check := func(code int, last time.Time) []string {
		const name = "2006-01-02T15:04Z"
		return o.check(t, code, "--select", "+hourly_events", "--first", hour(-30).Format(name), "--last", last.Format(name)).lines
	}
	line := func(first, last time.Time, said string) string {
		return "hourly_events " + first.Format("2006-01-02T15:04Z ") + last.Format("2006-01-02T15:04Z ") + said
	}

	o.Fails(t, nil, within(hour(-30).Format(argument), hour(-2).Format(argument), "run")...)
	done, bad := o.Batches(t, "model.shop.hourly_events")
	require.Len(t, done, 27)
	require.Equal(t, []string{hour(-20).Format("2006-01-02T15:04:05+00:00")}, bad)
	require.Equal(t, []string{line(hour(-20), hour(-20), "missing failed")}, check(0, hour(-3)))

	o.Run(t, nil, "run")
	batches, _ := o.Batches(t, "model.shop.hourly_events")
	require.Len(t, batches, 2)
	resumed, err := time.Parse(time.RFC3339, batches[0])
	require.NoError(t, err)
	require.False(t, resumed.Before(hour(-1)), resumed)
	require.Equal(t, []string{"0"}, o.Ask(t, "select count(*) from activation.hourly_events where "+in(-2)))
	require.Equal(t, []string{
		line(hour(-20), hour(-20), "missing failed"), line(hour(-2), resumed.Add(-time.Hour), "missing"),
	}, check(0, resumed.Add(-time.Hour)))

	o.do(t, "update raw.events set payload = '3'")
	o.Run(t, nil, within(hour(-20).Format(argument), resumed.Format(argument), "run")...)
	require.Empty(t, check(0, resumed.Add(-time.Hour)))
}
