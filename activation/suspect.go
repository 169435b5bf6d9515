package activation

import (
	"context"

	"github.com/headwater-mcp/headwater/period"
)

// Suspects is asked which periods of a fact are suspect. The engine sees the fact's rows and not what they are made from; who
// knows the way there answers.
type Suspects interface {
	// Suspects judges the periods from first to last, both inclusive and of one grain. What could not be judged is no error:
	// Suspicion.Unchecked says it.
	Suspects(ctx context.Context, d *Definition, first, last period.Period) (Suspicion, error)
}

// Suspicion is what is known against some periods. It is derived when asked and never stored: once the partition is there again
// and the periods are restated, nothing is left of it.
type Suspicion struct {
	// Periods are the suspect ones, ascending. What follows from them for other periods is not listed.
	Periods []Suspect
	// Unchecked says in a sentence what could not be looked at, and why; "" where everything was.
	Unchecked string
}

// Suspect is a period of which something it needs, transitively, is missing, partial, failed or empty. Its numbers are shown and
// not to be trusted, and no baseline uses them.
type Suspect struct {
	Period period.Period
	// Causes are the first causes, at least one, the furthest upstream first.
	Causes []Doubt
}

// Doubt is what is wrong with partitions of one node.
type Doubt struct {
	// Node is the name by which a project refers to it.
	Node string
	// What is missing, partial, failed or empty.
	What string
	// Partitions are in the node's own grain and calendar, ascending; none where the whole table is meant.
	Partitions []period.Period
}

// String is like "raw.app_events 2026-06-14 is missing".
func (d Doubt) String() string {
	if len(d.Partitions) == 0 {
		return d.Node + " failed when it was last run"
	}
	verb := "is " + d.What
	switch {
	case d.What == "failed" && len(d.Partitions) == 1:
		verb = "has failed"
	case d.What == "failed":
		verb = "have failed"
	case len(d.Partitions) > 1:
		verb = "are " + d.What
	}
	return d.Node + " " + enumerated(d.Partitions) + " " + verb
}
