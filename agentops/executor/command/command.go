package command

import (
	"cmp"
	"context"
	"os"
	"time"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/agentops/executor/process"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// Options says what to run and where.
type Options struct {
	// Argv is the command line with Placeholders.
	Argv []string
	// Root is the working directory: the project's folder.
	Root string
	// Env is the environment, like os.Environ.
	Env []string
	// Lend keeps headwater away from the warehouse while the command runs; may be nil.
	Lend executor.Lend
	// Grace is how long a command that is cancelled may take to end by itself; 0 is process.Grace.
	Grace time.Duration
}

// Executor runs one command line for every node.
type Executor struct{ options Options }

var _ executor.Executor = (*Executor)(nil)

// New checks the command line. What it can never be is fault.Invalid; whether the program exists is seen when it is started.
func New(o Options) (*Executor, error) {
	if err := check(o.Argv); err != nil {
		return nil, err
	}
	o.Grace = cmp.Or(o.Grace, process.Grace)
	return &Executor{o}, nil
}

// Control says whether the command is told which periods to write.
func (e *Executor) Control(*lineage.Node, partition.Spec) executor.Control {
	if mentions(e.options.Argv) {
		return executor.Range
	}
	return executor.Whole
}

// Line is what a person would type, in the project's folder, to run these pairs of a node.
func (e *Executor) Line(n *lineage.Node, _ partition.Spec, pairs []backfill.Pair) string {
	return executor.Quote(fill(e.options.Argv, n, pairs))
}

// Submit implements executor.Executor.
func (e *Executor) Submit(ctx context.Context, job executor.Job) error {
	running := process.At(job.Dir)
	// A job that runs has the warehouse, which would have to be waited for.
	if s, err := running.Status(); err != nil || s.Started {
		return err
	}
	return e.options.Lend.Start(ctx, e.options.Argv[0], func(locks []*os.File) error {
		return running.Start(ctx, process.Command{
			Argv: fill(e.options.Argv, job.Node, job.Pairs), Dir: e.options.Root, Env: e.options.Env, Files: locks,
		})
	})
}

// Poll implements executor.Executor.
func (e *Executor) Poll(_ context.Context, job executor.Job) (executor.State, error) {
	p := process.At(job.Dir)
	s, err := p.Status()
	switch {
	case err != nil:
		return executor.State{}, err
	case s.Running:
		return executor.State{Running: true}, nil
	}
	state := executor.State{LogTail: p.Tail()}
	switch {
	case s.Exited && s.Code == 0:
		for _, pair := range job.Pairs {
			state.Outcomes = append(state.Outcomes, executor.Outcome{Seq: pair.Seq, Done: true})
		}
	case s.Exited && !s.Stopped:
		why := process.Failure(e.options.Argv[0], s.Code, state.LogTail)
		for _, pair := range job.Pairs {
			state.Outcomes = append(state.Outcomes, executor.Outcome{Seq: pair.Seq, Error: why})
		}
	default:
		state.Lost = true
	}
	return state, nil
}

// Cancel implements executor.Executor.
func (e *Executor) Cancel(ctx context.Context, job executor.Job) error {
	return process.At(job.Dir).Stop(ctx, process.Terminate, e.options.Grace)
}
