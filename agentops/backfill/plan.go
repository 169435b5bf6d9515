package backfill

import (
	"time"
)

// Scope says which of the asked partitions a plan makes right.
type Scope string

const (
	// ScopeProblems: those with a problem of their own or of anything that they need. The default.
	ScopeProblems Scope = "problems"
	// ScopeMissing: those that are missing.
	ScopeMissing Scope = "missing"
	// ScopeStale: those that are stale.
	ScopeStale Scope = "stale"
	// ScopeAll: all of them.
	ScopeAll Scope = "all"
)

// Scopes lists the scopes, the default first.
func Scopes() []Scope { return []Scope{ScopeProblems, ScopeMissing, ScopeStale, ScopeAll} }

// Refusal is why a pair that belongs into a plan is not in it.
type Refusal string

const (
	// RefusedExternal: no executor runs the node; its owner has to repair it.
	RefusedExternal Refusal = "external"
	// RefusedSourceExpired: what it reads is past its retention and gone, so that a run would destroy what is there.
	RefusedSourceExpired Refusal = "source_expired"
	// RefusedNoPartitionControl: no argument confines a run of the node to a period.
	RefusedNoPartitionControl Refusal = "no_partition_control"
	// RefusedProtected: policy.protected names its relation, or policy.writes allows no run of its kind.
	RefusedProtected Refusal = "protected"
	// RefusedInput: it reads a pair that was refused, so that a run would write what is wrong anew.
	RefusedInput Refusal = "input_refused"
)

// Refused is consecutive pairs of one node that are left out for the same reason.
type Refused struct {
	Node string `json:"node"`
	// First and Last are names of periods, both inclusive; "" where the node has none.
	First string  `json:"first,omitempty"`
	Last  string  `json:"last,omitempty"`
	Why   Refusal `json:"why"`
	// Remedy says in a sentence what would help, and who can do it.
	Remedy string `json:"remedy"`
}

// Request is what a plan was made for, its defaults filled in.
type Request struct {
	// Nodes are unique_ids, ascending.
	Nodes []string `json:"nodes"`
	// First and Last name periods, both inclusive.
	First      string `json:"first"`
	Last       string `json:"last"`
	Scope      Scope  `json:"scope"`
	Downstream bool   `json:"downstream"`
}

// Estimate is what a run of a plan will take. Rows and Seconds are nil where nothing tells.
type Estimate struct {
	Pairs   int      `json:"pairs"`
	Rows    *int64   `json:"rows,omitempty"`
	Bytes   *int64   `json:"bytes,omitempty"`
	Seconds *float64 `json:"seconds,omitempty"`
}

// Promise is what a run of a plan is to bring, to be compared with what came.
type Promise struct {
	// Ready are the partitions that will be ready, by node the names of first and last of each run of periods.
	Ready []Span `json:"ready"`
	// Users is how many active users are expected to come back, by fact, in the days that the plan builds anew; only where it can be
	// told. Before is how many were active in them when the plan was made.
	Users  map[string]int64 `json:"users,omitempty"`
	Before map[string]int64 `json:"before,omitempty"`
}

// Span is consecutive periods of one node, both ends inclusive; "" for a whole node.
type Span struct {
	Node  string `json:"node"`
	First string `json:"first,omitempty"`
	Last  string `json:"last,omitempty"`
	Count int    `json:"count"`
}

// Plan is the least set of pairs that makes the asked partitions right. It never changes.
type Plan struct {
	// ID follows from the content, the versions of the inputs and the last run that wrote any of the pairs.
	ID      string  `json:"id"`
	Project string  `json:"project"`
	Request Request `json:"request"`
	// AsOf is the logical time at which it was made; it expires a day later on the same clock.
	AsOf      time.Time `json:"as_of"`
	ExpiresAt time.Time `json:"expires_at"`
	Pairs     []Pair    `json:"pairs"`
	Refused   []Refused `json:"refused"`
	Estimate  Estimate  `json:"estimate"`
	Promise   Promise   `json:"promise"`
	// Commands are what a person would type to do the same, in order.
	Commands []string `json:"commands"`
	// Inputs are the versions of the pairs and of what they need, by "node period", and of code, by "node": when one of them is
	// another at the start, the plan is about another world.
	Inputs map[string]string `json:"inputs"`
}
