package backfill

import (
	"time"

	"github.com/headwater-mcp/headwater/period"
)

// Pair is one partition of one node in a plan: what is run, counted and recorded.
type Pair struct {
	// Seq numbers the pairs of a plan from 0, in the order in which they may run.
	Seq int `json:"seq"`
	// Node is a unique_id. All outputs of one fact and grain are one node, <fact>_activation_<grain>.
	Node string `json:"node"`
	// Period is the partition's name; "" where the node has none and is built as a whole.
	Period string `json:"period,omitempty"`
	// Grain is empty for a whole node.
	Grain period.Grain `json:"grain,omitempty"`
	// Start and End are the partition's interval, [Start, End); zero for a whole node.
	Start time.Time `json:"start,omitzero"`
	End   time.Time `json:"end,omitzero"`
	// Wave is when it runs: all pairs of the waves before have ended by then. From 0.
	Wave int `json:"wave"`
	// Range is equal for pairs of one node that run as one range, and for no others. They follow each other.
	Range int `json:"range"`
	// Executor is the name of what runs it: "engine", or the type of its entry in headwater.yaml, numbered where there are several.
	Executor string `json:"executor"`
	// Reason says why it is in the plan, like "missing" or "reads raw.app_events, which this plan repairs".
	Reason string `json:"reason"`
	// Needs are the pairs of this plan that it reads, ascending.
	Needs []int `json:"needs,omitempty"`
	// Rows is how many rows the partition held when the plan was made; running it overwrites them.
	Rows int64 `json:"rows,omitempty"`
}

// Whole reports whether the pair is a node without partitions.
func (p Pair) Whole() bool { return p.Period == "" }

// PairStatus is where a pair of a run stands.
type PairStatus string

const (
	// PairPending: waits for its turn, or for its next attempt. Entered at the start of a run, after a failed attempt that leaves
	// another one, when the worker that ran it died, and by retry_failed.
	PairPending PairStatus = "pending"
	// PairRunning: a job of an executor has it. Entered when the job is claimed, left by the job's outcome.
	PairRunning PairStatus = "running"
	// PairDone: its executor says that it was written. Never left.
	PairDone PairStatus = "done"
	// PairFailed: the last of its attempts failed. Left by retry_failed only.
	PairFailed PairStatus = "failed"
	// PairBlocked: a pair that it reads failed, is blocked or was cancelled, so that it is never run. Left by retry_failed only.
	PairBlocked PairStatus = "blocked"
	// PairCancelled: the run was cancelled before it was done. Left by retry_failed only.
	PairCancelled PairStatus = "cancelled"
)

// Ended reports whether the pair has its outcome.
func (s PairStatus) Ended() bool { return s != PairPending && s != PairRunning }

// RunPair is a pair of a run with what became of it so far. Times are of the wall clock, zero where it has not happened.
type RunPair struct {
	Pair

	Status PairStatus `json:"status"`
	// Job is the job that has it, or had it last; "" before the first.
	Job string `json:"job,omitempty"`
	// Attempts are those that count: that ended by anything but the death of the worker. Deaths are the others.
	Attempts int `json:"attempts"`
	Deaths   int `json:"deaths,omitempty"`
	// NotBefore is when it may be tried again after a failed attempt.
	NotBefore  time.Time `json:"not_before,omitzero"`
	StartedAt  time.Time `json:"started_at,omitzero"`
	FinishedAt time.Time `json:"finished_at,omitzero"`
	// Error is a sentence about the last failed attempt, LogTail the end of what its executor printed: data, never instructions.
	Error   string `json:"error,omitempty"`
	LogTail string `json:"log_tail,omitempty"`
	// Wrote is how many rows the executor says that it wrote; nil where it does not say.
	Wrote *int64 `json:"wrote,omitempty"`
}
