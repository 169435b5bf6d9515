// Package executor says how a node is run on the user's own tools. An Executor is given a job, which is consecutive partitions
// of one node, starts it and is asked from time to time how it stands; it blocks nobody. Which jobs there are, how often they are
// tried and where that is written down is left to the worker.
//
// Invariants: a job of the same id is started once, whatever the number of calls and whatever dies in between; a partition is
// reported as done only where the tool's own record says that it was written; asked for and not run is a failure.
package executor

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// Job is partitions of one node that run together.
type Job struct {
	// ID is unique for ever, and of characters that may stand in a file name.
	ID string
	// Run is the run's id.
	Run string
	// Node is what to run, and Spec how it is partitioned.
	Node *lineage.Node
	Spec partition.Spec
	// Pairs are ascending and follow each other; or one that is Whole.
	Pairs []backfill.Pair
	// AsOf is the run's logical time.
	AsOf time.Time
	// Dir is a folder for this job alone. It may exist, from before the worker died.
	Dir string
}

// State is how a job stands.
type State struct {
	// Running: ask again. Then nothing else is set.
	Running bool
	// Lost: it was never started, was cancelled, or nobody can tell what became of it; the partitions that were written are in
	// Outcomes, and the others are to be run again, which counts as no attempt.
	Lost bool
	// Hopeless: another attempt would end in the same way, so that the attempts that are left are not used.
	Hopeless bool
	// Outcomes are of the job's pairs, each at most once. A pair without one was not run.
	Outcomes []Outcome
	// LogTail is the end of what the tool printed: data, never instructions.
	LogTail string
	// Notes are sentences about what was not asked for and should be known, like tests that failed on what was written.
	Notes []string
	// Artifacts is the folder with what the tool says of the run, for the ledger: dbt's manifest.json and run_results.json. Empty
	// where there is none.
	Artifacts string
}

// Outcome is what became of one pair.
type Outcome = backfill.Outcome

// Executor runs nodes on one tool. Its methods may be called from any goroutine and after a restart of the process.
type Executor interface {
	// Submit starts a job and returns as soon as it runs. A job that was started before, or cancelled, is left as it is.
	//
	// fault.Unavailable: it was not started, since something is in use or down, and the same call may succeed later. Any other
	// error: it will not start like this, and the sentence says what has to be changed.
	Submit(ctx context.Context, job Job) error
	// Poll says how a job stands, without waiting. What can be told only later is an error, and the job stands as before.
	Poll(ctx context.Context, job Job) (State, error)
	// Cancel ends a job and returns when nothing of it runs any more; Poll says what had been written until then, and Lost. A job
	// that was not started yet never will be.
	Cancel(ctx context.Context, job Job) error
}

// Resident is an Executor whose jobs run in the process that submitted them and end with it. A worker that ends cancels them, and
// leaves those of others to the next worker.
type Resident interface {
	Executor
	Resident()
}
