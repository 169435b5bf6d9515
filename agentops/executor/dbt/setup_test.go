//go:build unix

package dbt_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/agentops/executor/dbt"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// daily is a microbatch model of days.
func daily() *lineage.Node {
	return &lineage.Node{
		ID: "model.shop.daily", Name: "daily", Type: lineage.TypeModel, Package: "shop", FQN: []string{"shop", "daily"}, Path: "models/daily.sql",
		Materialized: "incremental", Build: lineage.Build{IncrementalStrategy: "microbatch", BatchSize: "day", EventTime: "day"},
	}
}

// days are pairs of consecutive days of UTC, numbered from 3.
func days(t *testing.T, first string, n int) []backfill.Pair {
	t.Helper()
	return periods(t, period.Day, first, n)
}

func periods(t *testing.T, g period.Grain, first string, n int) []backfill.Pair {
	t.Helper()
	at, err := period.UTC().Parse(g, first)
	require.NoError(t, err)
	var out []backfill.Pair
	for i := range n {
		out = append(out, backfill.Pair{Seq: 3 + i, Period: at.String(), Grain: g, Start: at.Start(), End: at.End()})
		at = at.Next()
	}
	return out
}

func byDay(vars partition.Vars) partition.Spec {
	return partition.Spec{Grain: period.Day, Calendar: period.UTC(), Time: "day", Vars: vars}
}

// project is a folder of a dbt project, and the executor that runs it.
type project struct {
	t        *testing.T
	dir      string
	options  dbt.Options
	executor *dbt.Executor
}

// with makes the executor of the options as they are.
func (p *project) with(change func(*dbt.Options)) *project {
	p.t.Helper()
	change(&p.options)
	p.executor = dbt.New(p.options)
	return p
}

func (p *project) write(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	require.NoError(p.t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(p.t, os.WriteFile(path, []byte(text), 0o700))
}

func (p *project) job(n *lineage.Node, spec partition.Spec, pairs []backfill.Pair) executor.Job {
	p.t.Helper()
	job := executor.Job{ID: "j1", Run: "r1", Node: n, Spec: spec, Pairs: pairs, Dir: filepath.Join(p.t.TempDir(), "j1")}
	p.t.Cleanup(func() { _ = p.executor.Cancel(context.Background(), job) })
	return job
}

// run submits a job and waits for its end.
func (p *project) run(job executor.Job) executor.State {
	p.t.Helper()
	require.NoError(p.t, p.executor.Submit(p.t.Context(), job))
	var s executor.State
	p.await(func() bool { s = p.poll(job); return !s.Running })
	return s
}

func (p *project) poll(job executor.Job) executor.State {
	p.t.Helper()
	s, err := p.executor.Poll(p.t.Context(), job)
	require.NoError(p.t, err)
	return s
}

// await polls with a generous deadline: dbt takes its time, and machines that run tests are busy.
func (p *project) await(condition func() bool) {
	p.t.Helper()
	require.Eventually(p.t, condition, 5*time.Minute, 10*time.Millisecond)
}

// stand is a project whose dbt is a script: what dbt does wrong on somebody else's machine.
func stand(t *testing.T, script string) *project {
	t.Helper()
	p := &project{t: t, dir: t.TempDir()}
	p.write("bin/dbt", "#!/bin/sh\n"+script+"\n")
	return p.with(func(o *dbt.Options) {
		o.ProjectDir, o.TargetPath = p.dir, filepath.Join(p.dir, "target")
		o.Command = []string{filepath.Join(p.dir, "bin", "dbt")}
		o.Env, o.Grace = os.Environ(), 50*time.Millisecond
	})
}

// numbered is outcomes with the number of each pair.
func numbered(s executor.State) string {
	words := strings.Split(outcomes(s), ", ")
	for i, o := range s.Outcomes {
		words[i] = strconv.Itoa(o.Seq) + " " + words[i]
	}
	return strings.Join(words, ", ")
}

// outcomes are what became of each pair in a word: done, failed, not run.
func outcomes(s executor.State) string {
	var words []string
	for _, o := range s.Outcomes {
		switch {
		case o.Done:
			words = append(words, "done")
		case o.NotRun:
			words = append(words, "not run")
		default:
			words = append(words, "failed")
		}
	}
	return strings.Join(words, ", ")
}
