package explain

import (
	"time"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/period"
)

// The defaults of Input's limits.
const (
	DefaultMinUsers    = 10
	DefaultMaxSegments = 5
)

// Input is everything Explain knows. Zero limits take their defaults; nil maps and slices are empty.
type Input struct {
	// Fact is the fact's name, as answers and next steps show it.
	Fact string
	// Model is the name of the fact's node, for next steps; empty for a fact without a project.
	Model string
	// Dimensions are the columns to slice by: all of the fact's or some of them.
	Dimensions []string
	// Period is the period asked about. Its grain is the grain of the whole answer: day, week or month.
	Period period.Period
	// CompareTo is the period compared with, of the same grain and calendar; see ParseCompare.
	CompareTo period.Period
	// AsOf is the instant at which the question is asked, and Settle how long after its end a period stays open.
	AsOf   time.Time
	Settle time.Duration
	// First and BuiltUntil are the first and the last period that the outputs hold.
	First, BuiltUntil period.Period
	// CensoredUntil is the last period in which a state is censored. Periods before First are censored for all.
	CensoredUntil map[activation.State]period.Period
	// Suspect holds the periods whose own rows cannot be trusted, each with the reason. The transitions of the period after
	// one are left out as well; the caller need not list it.
	Suspect map[period.Period]string
	// History holds the bridges of Needs' first to its last period, which is Period. A built period without rows had no active user.
	History activation.Bridges
	// Health is what was found on the upstream path for Period and the period before it.
	Health []Health
	// Origins are, by dimension, the nodes that its values are read from.
	Origins map[string][]Origin
	// Calendar holds entries of the calendar file; those that touch neither of the two periods are ignored.
	Calendar []CalendarEntry
	// MinUsers is the size under which a slice is never named; MaxSegments bounds the slices of an answer.
	MinUsers, MaxSegments int
}

// Problem is a presence or a finding of a partition, or what else can be wrong on the path, under the names that the
// partition checks use.
type Problem string

// The problems that Explain can blame. Any other is shown as evidence and never blamed.
const (
	// Missing: the partition was observed without rows and should have some.
	Missing Problem = "missing"
	// Partial: far fewer rows than peers, with a second witness.
	Partial Problem = "partial"
	// Duplicated: rows came in twice.
	Duplicated Problem = "duplicated"
	// Late: rows were loaded after a child was built.
	Late Problem = "late"
	// Failed: the last run of the node failed.
	Failed Problem = "failed"
	// Stale: an input is not the version that the last build read.
	Stale Problem = "stale"
	// Empty: a build succeeded without rows.
	Empty Problem = "empty"
	// CodeChanged: the node was built by other code than before.
	CodeChanged Problem = "code_changed"
	// Thin: whole by the checks, and with fewer rows than any peer all the same. Blamed where just the slices fell that the node
	// brings.
	Thin Problem = "thin"
	// Pending: closed, and not yet expected to be there. It is no fault; it ends the question as not_loaded.
	Pending Problem = "pending"
)

// Health is one thing found on or beside the upstream path of the fact.
type Health struct {
	Kind    EvidenceKind
	Problem Problem
	// Node is the name of the node, Partition the local start date of its partition, in the node's own calendar.
	Node, Partition string
	// Last is the last of several partitions, of which Partition is then the first and Named lists all as a sentence does; "" of
	// one.
	Last, Named string
	// Start and End are the interval of the partitions; zero where the whole table is meant, or where it is not known.
	Start, End time.Time
	// Path leads from the node to the fact's model, both included.
	Path []string
	// Detail is a sentence with the evidence in it: counts, times, thresholds.
	Detail string
	// Periods are the fact's periods that need the partition. One that touches the period asked is a candidate cause; one
	// that touches only the period before can be its echo.
	Periods []period.Period
	// OffPath marks a node that the fact does not read: shown, never blamed.
	OffPath bool
	// Base names the artifacts with the code before, of changed code; "" where they are not known.
	Base string
	// Leaves are the signed numbers of active users that the fault adds to the period asked, or where it touches only the one before
	// to that, by leaf, where it has been sized by counting; "" is the leaf of those of whom nothing else is known. Nil where it has
	// not been.
	Leaves map[activation.Leaf]int64
}

// CalendarEntry is a line of the calendar file. Dimension and Value are empty for an entry that concerns everybody.
type CalendarEntry struct {
	Date      period.Period `json:"-"`
	Type      string        `json:"type"`
	Name      string        `json:"name"`
	Dimension string        `json:"dimension,omitempty"`
	Value     string        `json:"value,omitempty"`
}

// The types of calendar entries.
const (
	Holiday  = "holiday"
	Closure  = "closure"
	Release  = "release"
	Campaign = "campaign"
	Incident = "incident"
)
