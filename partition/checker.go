package partition

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/period"
)

// Deps is what a Checker asks. Everything may be nil: what cannot be asked is unknown, and said.
type Deps struct {
	Observer Observer
	Ledger   Ledger
	History  History
	// AtOnce calls fn with a context under which all that is observed is of one instant. It fails without calling fn where the
	// warehouse does not answer. Without it each node is observed as of its own instant.
	AtOnce func(ctx context.Context, fn func(context.Context) error) error
	// Unremembered says why there is neither Ledger nor History, where there should be; "" otherwise.
	Unremembered string
	// Closures reports whether the calendar closes a local date, yyyy-mm-dd, for everybody.
	Closures func(date string) bool
}

// Checker judges partitions. It keeps nothing between two calls and may be used from any goroutine.
type Checker struct {
	deps  Deps
	heard func(done, of int)
}

// New makes a Checker.
func New(deps Deps) *Checker { return &Checker{deps: deps} }

// Heard is the Checker with somebody who listens: in a call that may have to look at a hundred tables or more fn is told now and
// then at how many it has looked, and at how many it will at most. It is called by the goroutine that checks. Who listens already
// goes on listening.
func (c *Checker) Heard(fn func(done, of int)) *Checker {
	out := *c
	out.heard = fn
	if c.heard != nil {
		out.heard = func(done, of int) {
			c.heard(done, of)
			fn(done, of)
		}
	}
	return &out
}

// Only says which ranges an answer shows.
type Only string

// The choices; an empty one means OnlyProblems.
const (
	// OnlyProblems shows the ranges in which something is wrong or not ready.
	OnlyProblems Only = "problems"
	// OnlyAll shows every range.
	OnlyAll Only = "all"
)

// CheckRequest asks about nodes, by id.
type CheckRequest struct {
	Nodes []string
	// First and Last name the first and last period, both inclusive, by a date or an instant inside; of hours, a date is its first
	// and its last. nil are the last 14 closed periods of each node's grain.
	First, Last *string
	Only        Only
	// Limit is how many nodes are returned, and how many ranges of each. 0 is page.DefaultLimit nodes, but no more than fit a
	// default answer.
	Limit  int
	Cursor string
	AsOf   time.Time
}

const (
	defaultPeriods = 14
	// maxPeriods bounds the range of one node that is asked for: over a year of hours.
	maxPeriods = 10_000
	// maxNeeded bounds what of one node that takes: over 40 years of hours, and more than the days of as many months.
	maxNeeded = 400_000
)

// Check judges the partitions of nodes, the worst first. An id that is no node is fault.NotFound, a bad range fault.Invalid.
func (c *Checker) Check(ctx context.Context, graph *lineage.Graph, specs Specs, r CheckRequest) (CheckAnswer, error) {
	if r.Only = cmp.Or(r.Only, OnlyProblems); r.Only != OnlyProblems && r.Only != OnlyAll {
		return CheckAnswer{}, fault.New(fault.Invalid, "only is %q; valid are problems and all.", r.Only)
	}
	asked := map[string]interval{}
	whole := map[string]bool{} // asked for, and without periods
	for _, id := range r.Nodes {
		if _, ok := graph.Node(id); !ok {
			return CheckAnswer{}, fault.New(fault.NotFound, "No node has the id %q. Search with find_nodes.", id)
		}
		spec := specs.Of(id)
		if !spec.Partitioned() {
			whole[id] = true
			continue
		}
		first, last, err := r.periods(spec)
		if err != nil {
			return CheckAnswer{}, err
		}
		asked[id] = interval{first.Start(), last.End()}
	}
	s, err := c.survey(ctx, graph, specs, asked, r.AsOf)
	if err != nil {
		return CheckAnswer{}, err
	}
	tablesAlone := slices.Sorted(maps.Keys(whole))
	if err := s.remember(ctx, append(tablesAlone, s.views(tablesAlone)...)); err != nil {
		return CheckAnswer{}, err
	}
	tables, err := s.tables(ctx, slices.Sorted(maps.Keys(union(asked, whole))))
	if err != nil {
		return CheckAnswer{}, err
	}
	var reports []report
	for _, id := range slices.Sorted(maps.Keys(whole)) {
		reports = append(reports, s.reportTable(id, tables[id]))
	}
	s.atOnce(ctx, func(ctx context.Context) {
		for _, id := range slices.Sorted(maps.Keys(asked)) {
			if ctx.Err() != nil {
				return
			}
			reports = append(reports, s.report(ctx, id, asked[id], tables[id]))
		}
	})
	if err := ctx.Err(); err != nil {
		return CheckAnswer{}, fault.Wrap(err, fault.Unavailable, "The check was stopped before it had finished. Ask for fewer nodes or periods.")
	}
	return s.answer(r, reports)
}

func union(a map[string]interval, b map[string]bool) map[string]bool {
	out := maps.Clone(b)
	for id := range a {
		out[id] = true
	}
	return out
}

// periods is the asked range in a node's grain and calendar.
func (r CheckRequest) periods(s Spec) (first, last period.Period, err error) {
	last = s.Calendar.LastClosed(s.Grain, r.AsOf, s.Settle)
	if r.Last != nil {
		if last, err = s.named(*r.Last, s.Calendar.ParseLast); err != nil {
			return first, last, fault.Wrap(err, fault.Invalid, "last: %s", err)
		}
	}
	first = last.Add(1 - defaultPeriods)
	if r.First != nil {
		if first, err = s.named(*r.First, s.Calendar.Parse); err != nil {
			return first, last, fault.Wrap(err, fault.Invalid, "first: %s", err)
		}
		if r.Last == nil && last.Index < first.Index {
			last = first
		}
	}
	if first.Index > last.Index {
		return first, last, fault.New(fault.Invalid, "first (%s) is after last (%s).", *r.First, *r.Last)
	}
	if n := last.Index - first.Index + 1; n > maxPeriods {
		return first, last, fault.New(fault.Invalid, "%s to %s are %d periods; ask for at most %d at a time.", first, last, n, maxPeriods)
	}
	return first, last, nil
}

// named reads a period by its name. The name of an hour stands for the coarser period that holds it, so that one range can be
// asked of nodes of several grains.
func (s Spec) named(text string, parse func(period.Grain, string) (period.Period, error)) (period.Period, error) {
	p, err := parse(s.Grain, text)
	if err == nil {
		return p, nil
	}
	if hour, hourErr := parse(period.Hour, text); hourErr == nil {
		return s.At(hour.Start()), nil
	}
	return p, err
}

// tables judges nodes as wholes: what their last run and their tests said.
func (s *survey) tables(ctx context.Context, ids []string) (map[string][]Found, error) {
	out := map[string][]Found{}
	if s.deps.Ledger == nil {
		return out, nil
	}
	tests := map[string][]*lineage.Node{}
	var all []string
	for _, id := range ids {
		for _, child := range s.graph.Children(id) {
			if child.Type == lineage.TypeTest && child.Test != nil && (child.Test.Attached == id || child.Test.Attached == "") {
				tests[id] = append(tests[id], child)
				all = append(all, child.ID)
			}
		}
	}
	records, err := s.deps.Ledger.LastTests(ctx, all, s.asOf)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if n, _ := s.graph.Node(id); rowless(n) != "" {
			continue
		}
		if !s.specs.Of(id).Partitioned() {
			out[id] = s.buildSaid(id)
		}
		if found, ok := testsSaid(tests[id], records); ok {
			out[id] = append(out[id], found)
		}
	}
	return out, nil
}
