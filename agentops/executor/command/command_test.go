//go:build unix

package command_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/agentops/executor/command"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// project is a folder with a loader and the executor that runs it.
type project struct {
	t        *testing.T
	root     string
	options  command.Options
	executor *command.Executor
}

func loader(t *testing.T, body string, argv ...string) *project {
	t.Helper()
	p := &project{t: t, root: t.TempDir()}
	require.NoError(t, os.WriteFile(filepath.Join(p.root, "load.sh"), []byte("#!/bin/sh\n"+body+"\n"), 0o700))
	p.options = command.Options{Argv: append([]string{"./load.sh"}, argv...), Root: p.root, Env: os.Environ(), Grace: 50 * time.Millisecond}
	p.make()
	return p
}

func (p *project) make() {
	p.t.Helper()
	var err error
	p.executor, err = command.New(p.options)
	require.NoError(p.t, err)
}

// days are pairs of consecutive days in Seoul from 2026-06-09 on, whose sequence numbers do not start at 0.
func days(t *testing.T, n int) []backfill.Pair {
	t.Helper()
	seoul, err := period.NewCalendar("Asia/Seoul", "")
	require.NoError(t, err)
	at, err := seoul.Parse(period.Day, "2026-06-09")
	require.NoError(t, err)
	var out []backfill.Pair
	for i := range n {
		out = append(out, backfill.Pair{Seq: 5 + i, Period: at.String(), Grain: period.Day, Start: at.Start(), End: at.End()})
		at = at.Next()
	}
	return out
}

func source(name string) *lineage.Node {
	return &lineage.Node{ID: "source.shop.raw." + name, Name: name, Type: lineage.TypeSource, Source: &lineage.Source{Name: "raw"}}
}

func (p *project) job(pairs []backfill.Pair) executor.Job {
	p.t.Helper()
	job := executor.Job{ID: "j1", Run: "r1", Node: source("app_events"), Pairs: pairs, Dir: filepath.Join(p.root, "jobs", "j1")}
	p.t.Cleanup(func() { _ = p.executor.Cancel(context.Background(), job) })
	return job
}

// ended polls until the job has ended.
func (p *project) ended(job executor.Job) executor.State {
	p.t.Helper()
	var s executor.State
	require.Eventually(p.t, func() bool {
		var err error
		s, err = p.executor.Poll(p.t.Context(), job)
		require.NoError(p.t, err)
		return !s.Running
	}, 2*time.Minute, 5*time.Millisecond)
	return s
}

func TestALoaderIsGivenTheNodeAndThePeriods(t *testing.T) {
	t.Parallel()
	p := loader(t, `printf '%s|' "$@"; pwd`, "{node}", "--table={name}", "{first}..{last}", "{start}", "{end}", "{}")
	job := p.job(days(t, 3))
	require.NoError(t, p.executor.Submit(t.Context(), job))
	s := p.ended(job)
	require.Equal(t, []executor.Outcome{{Seq: 5, Done: true}, {Seq: 6, Done: true}, {Seq: 7, Done: true}}, s.Outcomes)
	require.Equal(t, "source.shop.raw.app_events|--table=raw.app_events|2026-06-09..2026-06-11|2026-06-08T15:00:00Z|2026-06-11T15:00:00Z|{}|"+p.root, s.LogTail)
	require.False(t, s.Lost)
	require.Equal(t, "./load.sh source.shop.raw.app_events --table=raw.app_events 2026-06-09..2026-06-11 2026-06-08T15:00:00Z 2026-06-11T15:00:00Z '{}'",
		p.executor.Line(job.Node, partition.Spec{}, job.Pairs))
}

func TestANodeWithoutPeriodsIsLoadedAsAWhole(t *testing.T) {
	t.Parallel()
	p := loader(t, `printf '<%s>' "$@"`, "{node}", "{first}", "{end}")
	job := p.job([]backfill.Pair{{Seq: 0}})
	require.NoError(t, p.executor.Submit(t.Context(), job))
	require.Equal(t, "<source.shop.raw.app_events><><>", p.ended(job).LogTail)
}

func TestALoaderThatFailsFailsAllItsPairs(t *testing.T) {
	t.Parallel()
	p := loader(t, `echo loading; echo 'no such bucket: events' >&2; echo; exit 4`)
	job := p.job(days(t, 2))
	require.NoError(t, p.executor.Submit(t.Context(), job))
	s := p.ended(job)
	why := "./load.sh ended with exit code 4. It said last: no such bucket: events"
	require.Equal(t, []executor.Outcome{{Seq: 5, Error: why}, {Seq: 6, Error: why}}, s.Outcomes)
	require.Equal(t, "loading\nno such bucket: events", s.LogTail)
}

func TestALoaderThatIsCancelledIsLostUnlessItFinished(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		lost bool
	}{
		"ignoring it":     {`trap '' TERM; : >begun; tail -f /dev/null`, true},
		"obeying it":      {`: >begun; tail -f /dev/null`, true},
		"finishing first": {`trap 'exit 0' TERM; : >begun; tail -f /dev/null & wait`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := loader(t, c.body)
			job := p.job(days(t, 1))
			require.NoError(t, p.executor.Submit(t.Context(), job))
			require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(p.root, "begun")); return err == nil }, 2*time.Minute, 5*time.Millisecond)
			require.NoError(t, p.executor.Cancel(t.Context(), job))
			s, err := p.executor.Poll(t.Context(), job)
			require.NoError(t, err)
			require.False(t, s.Running)
			require.Equal(t, c.lost, s.Lost)
			require.Equal(t, !c.lost, len(s.Outcomes) == 1 && s.Outcomes[0].Done)
		})
	}
}

func TestAJobThatWasNeverStartedIsLost(t *testing.T) {
	t.Parallel()
	p := loader(t, ``)
	s, err := p.executor.Poll(t.Context(), p.job(days(t, 1)))
	require.NoError(t, err)
	require.Equal(t, executor.State{Lost: true}, s)
}

func TestNamesAreNeverReadByAShell(t *testing.T) {
	t.Parallel()
	p := loader(t, `printf '%s\n' "$@" >given`, "{node}", "it's {name}")
	job := p.job(days(t, 1))
	hostile := "$(touch owned); `touch owned` {first} '"
	job.Node = source(hostile)
	require.NoError(t, p.executor.Submit(t.Context(), job))
	require.True(t, p.ended(job).Outcomes[0].Done)
	given, err := os.ReadFile(filepath.Join(p.root, "given"))
	require.NoError(t, err)
	require.Equal(t, "source.shop.raw."+hostile+"\nit's raw."+hostile+"\n", string(given))
	require.NoFileExists(t, filepath.Join(p.root, "owned"))
}

// TestTheWarehouseIsLentAsLongAsTheLoaderRuns with a lock that is handed on as warehouses do it.
func TestTheWarehouseIsLentAsLongAsTheLoaderRuns(t *testing.T) {
	t.Parallel()
	p := loader(t, `: >begun; tail -f /dev/null`)
	lent := 0
	p.options.Lend = func(_ context.Context, purpose string, start func(*os.File) error) error {
		require.Equal(t, "./load.sh", purpose)
		lent++
		f, err := os.Create(filepath.Join(p.root, "lock"))
		require.NoError(t, err)
		defer f.Close()
		require.NoError(t, syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
		return start(f)
	}
	p.make()
	job := p.job(days(t, 1))
	require.NoError(t, p.executor.Submit(t.Context(), job))
	require.NoError(t, p.executor.Submit(t.Context(), job), "a job that runs wants no loan")
	require.Equal(t, 1, lent)
	other, err := os.Open(filepath.Join(p.root, "lock"))
	require.NoError(t, err)
	defer other.Close()
	require.ErrorIs(t, syscall.Flock(int(other.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
	require.NoError(t, p.executor.Cancel(t.Context(), job))
	require.NoError(t, syscall.Flock(int(other.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
}

func TestALoaderIsNotStartedWhereTheWarehouseCannotBeLent(t *testing.T) {
	t.Parallel()
	p := loader(t, `: >begun`)
	busy := fault.New(fault.Unavailable, "busy")
	p.options.Lend = func(context.Context, string, func(*os.File) error) error { return busy }
	p.make()
	job := p.job(days(t, 1))
	require.ErrorIs(t, p.executor.Submit(t.Context(), job), busy)
	p.options.Lend = nil
	p.make()
	require.NoError(t, p.executor.Submit(t.Context(), job), "it may be tried again")
	require.True(t, p.ended(job).Outcomes[0].Done)
}

func TestACommandLineThatCannotBeMeantIsRefused(t *testing.T) {
	t.Parallel()
	for argv, says := range map[string]string{
		"":                              "needs argv",
		"{node} x":                      `The program of an executor is "{node}"`,
		"./load.sh {firsts} {last}":     "{firsts}, which means nothing. Did you mean first? Valid are {node}, {name}, {first}, {last}, {start}, {end};",
		"./load.sh {date}":              "{date}, which means nothing. Valid are",
		"./load.sh {node} {\"a\":1} {}": "",
	} {
		_, err := command.New(command.Options{Argv: strings.Split(argv, " ")})
		if says == "" {
			require.NoError(t, err, argv)
			continue
		}
		require.Equal(t, fault.Invalid, fault.KindOf(err), argv)
		require.ErrorContains(t, err, says)
	}
}

func TestOnlyALoaderThatIsToldThePeriodIsConfinedToIt(t *testing.T) {
	t.Parallel()
	for argument, want := range map[string]executor.Control{
		"{first}": executor.Range, "x{last}": executor.Range, "{start}": executor.Range, "{end}": executor.Range, "{node}": executor.Whole,
	} {
		p := loader(t, ``, argument)
		require.Equal(t, want, p.executor.Control(nil, partition.Spec{}), argument)
	}
}

func TestAProgramThatIsNotThereIsAnErrorOfSubmit(t *testing.T) {
	t.Parallel()
	p := loader(t, ``)
	p.options.Argv = []string{"./laod.sh"}
	p.make()
	err := p.executor.Submit(t.Context(), p.job(days(t, 1)))
	var f *fault.Error
	require.ErrorAs(t, err, &f)
	require.Equal(t, fault.Invalid, f.Kind)
	require.Contains(t, f.Message, "./laod.sh cannot be run: no such file or directory")
}
