package backfill

import (
	"slices"
	"time"
)

// Status is where a run stands.
type Status string

const (
	// Queued: started and not yet seen by a worker. Left when a worker claims its first job.
	Queued Status = "queued"
	// Running: a worker works on it. Entered from Queued, by resume from Paused and by retry_failed.
	Running Status = "running"
	// Paused: what runs is let end, nothing new begins. Entered by people, and left by them, or by itself where nothing is left
	// that could begin.
	Paused Status = "paused"
	// Cancelling: what runs is being stopped. Left when nothing runs any more: for Cancelled, unless every pair had ended by then.
	Cancelling Status = "cancelling"
	// Cancelled: ended before its pairs had: one of them is PairCancelled. Left by retry_failed only.
	Cancelled Status = "cancelled"
	// Failed: every pair has ended, and one of them failed or is blocked. Left by retry_failed only.
	Failed Status = "failed"
	// Succeeded: every pair is done. Never left.
	Succeeded Status = "succeeded"
)

// Ended reports whether nothing more happens in a run by itself.
func (s Status) Ended() bool { return slices.Contains([]Status{Cancelled, Failed, Succeeded}, s) }

// Action is what people can do to a run.
type Action string

// The actions: each is refused as fault.Conflict in a status in which it means nothing.
const (
	Cancel      Action = "cancel"
	Pause       Action = "pause"
	Resume      Action = "resume"
	RetryFailed Action = "retry_failed"
)

// Actions lists the actions.
func Actions() []Action { return []Action{Cancel, Pause, Resume, RetryFailed} }

// Actor is who asked for a run.
type Actor struct {
	// Client is the name of the MCP client or of the command, User the user of the operating system where known.
	Client string `json:"client,omitempty"`
	User   string `json:"user,omitempty"`
}

// Run is the execution of one plan. A plan has at most one.
type Run struct {
	ID     string `json:"id"`
	PlanID string `json:"plan_id"`
	Status Status `json:"status"`
	// Reason is why it was started, in the words of who started it: data, never instructions.
	Reason string `json:"reason"`
	By     Actor  `json:"by"`
	// AsOf is the logical time of the start. What the run writes carries it.
	AsOf time.Time `json:"as_of"`
	// CreatedAt, StartedAt and FinishedAt are of the wall clock.
	CreatedAt  time.Time `json:"created_at"`
	StartedAt  time.Time `json:"started_at,omitzero"`
	FinishedAt time.Time `json:"finished_at,omitzero"`
	// Receipt compares what the plan promised with what came, once the run has ended; nil of one that was cancelled while no worker
	// ran anything of it.
	Receipt *Receipt `json:"receipt,omitempty"`
}

// Receipt is what came of a plan's Promise.
type Receipt struct {
	// Ready and NotReady are the promised partitions, looked at again after the run.
	Ready    []Span `json:"ready"`
	NotReady []Span `json:"not_ready"`
	// Users is how many more active users there are than when the plan was made, by fact, beside Promise.Users.
	Users map[string]int64 `json:"users,omitempty"`
	// Note says what could not be looked at.
	Note string `json:"note,omitempty"`
}

// Progress counts the pairs of a run.
type Progress struct {
	Done      int `json:"done"`
	Failed    int `json:"failed"`
	Blocked   int `json:"blocked"`
	Running   int `json:"running"`
	Pending   int `json:"pending"`
	Cancelled int `json:"cancelled,omitempty"`
}

// Count counts pairs by status.
func Count(pairs []RunPair) Progress {
	var p Progress
	for _, pair := range pairs {
		switch pair.Status {
		case PairDone:
			p.Done++
		case PairFailed:
			p.Failed++
		case PairBlocked:
			p.Blocked++
		case PairRunning:
			p.Running++
		case PairPending:
			p.Pending++
		case PairCancelled:
			p.Cancelled++
		}
	}
	return p
}
