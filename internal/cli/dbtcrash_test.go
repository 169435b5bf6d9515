//go:build unix

package cli_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/period"
)

// countedDays is a project whose days a model makes that is told by variables which. Beside the rows, and in their transaction, it
// notes which dbt wrote which days.
var countedDays = map[string]string{
	"headwater.yaml": `warehouse: {type: duckdb, path: shop.duckdb}
policy: {writes: allow}
executors:
  - {nodes: "resource_type:model", type: dbt, command: [./bin/dbt]}
`,
	"models/schema.yml": `sources:
  - {name: raw, tables: [{name: events, config: {event_time: happened_at}}]}
models:
  - name: daily_events
    config:
      meta:
        headwater:
          partition: {grain: day, time: day, begin: BEGIN, vars: {first: from_day, last: to_day}}
          fact: {name: visit, user: user_id, time: day, grains: [day, week], begin: BEGIN}
`,
	"models/daily_events.sql": `{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='day',
  post_hook="insert into raw.writes select distinct day, '{{ invocation_id }}' from {{ this }} where day between '{{ var('from_day') }}' and '{{ var('to_day') }}'") }}
select user_id, cast(happened_at as date) as day from {{ source('raw', 'events') }}
where cast(happened_at as date) between '{{ var('from_day') }}' and '{{ var('to_day') }}'
`,
}

// TestDBTWorkersAreKilledAtRandom: the worker is killed with SIGKILL at random moments, with the dbt that it started or without. What a
// dbt said that it has written is written by no other dbt, every pair is recorded once, and the tables are those of a run without any
// of it.
func TestDBTWorkersAreKilledAtRandom(t *testing.T) {
	t.Parallel()
	rounds := 1
	if n, err := strconv.Atoi(os.Getenv("HEADWATER_CRASHES")); err == nil {
		rounds = max(n/10, rounds) // a run with real dbt takes as long as many without
	}
	for round := range rounds {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			c := newCrash(t, round)
			run := c.start(t, c.plan(t, "daily_events+", -5))
			for n := 0; n < 3 && !c.over(t, run); n++ {
				c.kill(t, run, n%2 == 0)
			}
			c.ended(t, run).ready(t)
			c.judge(t, run)
		})
	}
}

// crash is a program whose worker is killed.
type crash struct {
	program

	random *rand.Rand
}

func newCrash(t *testing.T, round int) crash {
	t.Helper()
	p := newProgram(t, countedDays, -5, "")
	p.thinned(t)
	p.do(t, "create table raw.writes (day date, invocation text)")
	p.Run(t, map[string]string{"from_day": p.day(-5), "to_day": p.day(-1)}, "build")
	p.do(t, fmt.Sprintf("delete from activation.daily_events where day not in ('%s', '%s')", p.day(-4), p.day(-2)), "delete from raw.writes")
	return crash{program: p, random: rand.New(rand.NewPCG(uint64(round), 11))}
}

// kill waits for a random moment and kills the worker, which asking how the run stands has started, and with it dbt, or not.
func (c crash) kill(t *testing.T, run string, all bool) {
	t.Helper()
	moment := time.NewTimer(time.Duration(c.random.IntN(6000)) * time.Millisecond) // from before dbt has begun to after it has ended
	<-moment.C
	c.endWorker(t, syscall.SIGKILL)
	if !all {
		return
	}
	for _, group := range c.groups(t, run) {
		require.Contains(t, []error{nil, syscall.ESRCH}, syscall.Kill(-group, syscall.SIGKILL))
	}
}

// over asks how the run stands.
func (c crash) over(t *testing.T, run string) bool {
	t.Helper()
	var s standing
	c.call(t, "get_backfill", map[string]any{"run_id": run}, &s)
	return s.Status == "succeeded" || s.Status == "failed"
}

// judge goes by the warehouse and by what the dbts themselves said.
func (c crash) judge(t *testing.T, run string) {
	t.Helper()
	said := []string{}
	for _, job := range c.jobs(t, run) {
		text, err := os.ReadFile(filepath.Join(job, "logs", "dbt.log"))
		if err != nil {
			continue // it was killed before it began
		}
		for line := range strings.Lines(string(text)) {
			var event struct {
				Info struct {
					Msg        string
					Invocation string `json:"invocation_id"`
				}
			}
			if json.Unmarshal([]byte(line), &event) == nil && strings.Contains(event.Info.Msg, "OK created") {
				said = append(said, "'"+event.Info.Invocation+"'")
			}
		}
	}
	require.NotEmpty(t, said)
	require.Equal(t, []string{"3 3"}, c.Ask(t, "select count(*), count(distinct day) from raw.writes where invocation in ("+strings.Join(said, ", ")+")"),
		"each of the three days is written by one dbt that said so")
	require.Equal(t, []string{"3"}, c.Ask(t, "select count(distinct day) from raw.writes"))
	require.Equal(t,
		c.Ask(t, `select cast(happened_at as date) as day, user_id, count(*) from raw.events where day between '`+c.day(-5)+`' and '`+c.day(-1)+`' group by all order by all`),
		c.Ask(t, "select day, user_id, count(*) from activation.daily_events group by all order by all"))
	c.recomputed(t, -5, -1, period.Day)
	t.Logf("%d dbts were started, %d said that they had written", len(c.called(t)), len(said))
}
