package dbt

import (
	"cmp"
	"context"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/agentops/executor/process"
	"github.com/headwater-mcp/headwater/fault"
)

// Options says which dbt runs which project. What is empty is left to dbt.
type Options struct {
	// Command is the command line before the subcommand, like [uv, run, dbt]; empty is dbt.
	Command []string
	// ProjectDir is the folder with dbt_project.yml; TargetPath where dbt writes artifacts by itself.
	ProjectDir, TargetPath string
	// ProfilesDir is the folder of profiles.yml; Profile and Target name what is chosen of it.
	ProfilesDir, Profile, Target string
	// Env is the environment, like os.Environ.
	Env []string
	// Lend keeps headwater away from the warehouse while dbt runs; may be nil.
	Lend executor.Lend
	// Grace is how long a dbt that is cancelled may take to end by itself; 0 is process.Grace.
	Grace time.Duration
}

// Executor runs nodes of one dbt project.
type Executor struct{ options Options }

var _ executor.Executor = (*Executor)(nil)

// New makes an executor. Whether dbt is there is seen when it is started.
func New(o Options) *Executor {
	if len(o.Command) == 0 {
		o.Command = []string{"dbt"}
	}
	o.Grace = cmp.Or(o.Grace, process.Grace)
	return &Executor{o}
}

func targetDir(job executor.Job) string { return filepath.Join(job.Dir, "target") }

func logDir(job executor.Job) string { return filepath.Join(job.Dir, "logs") }

// Submit implements executor.Executor.
func (e *Executor) Submit(ctx context.Context, job executor.Job) error {
	running := process.At(job.Dir)
	// A job that runs has the warehouse, which would have to be waited for.
	if s, err := running.Status(); err != nil || s.Started {
		return err
	}
	argv, err := e.argv(job)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(targetDir(job), 0o700); err != nil {
		return fault.Wrap(err, fault.Unavailable, "The folder %s of a dbt run cannot be made. It needs to be writable, with room on the disk.", targetDir(job))
	}
	e.lendParsed(job)
	err = e.options.Lend.Start(ctx, "dbt build", func(locks []*os.File) error {
		return running.Start(ctx, process.Command{
			Argv: argv, Dir: e.options.ProjectDir, Env: environment(e.options.Env), Files: locks,
		})
	})
	if fault.KindOf(err) == fault.Invalid {
		return fault.Wrap(err, fault.Invalid, "dbt cannot be started: %s Or say where it is: executors: [{nodes: …, type: dbt, command: [/path/to/dbt]}].", err)
	}
	return err
}

// lendParsed saves dbt from parsing the whole project again: a copy of what it parsed last. dbt itself decides whether it still
// holds, and does without where it cannot be copied.
func (e *Executor) lendParsed(job executor.Job) {
	const parsed = "partial_parse.msgpack"
	if e.options.TargetPath == "" {
		return
	}
	from, err := os.Open(filepath.Join(e.options.TargetPath, parsed))
	if err != nil {
		return
	}
	defer from.Close() //nolint:errcheck // read only
	path := filepath.Join(targetDir(job), parsed)
	to, err := os.Create(path)
	if err != nil {
		return
	}
	_, err = io.Copy(to, from)
	if closing := to.Close(); err != nil || closing != nil {
		_ = os.Remove(path)
	}
}

// Cancel implements executor.Executor. dbt takes an interrupt for the wish to end, and cancels what it runs on the warehouse.
func (e *Executor) Cancel(ctx context.Context, job executor.Job) error {
	return process.At(job.Dir).Stop(ctx, os.Interrupt, e.options.Grace)
}
