package partition

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
)

// survey is the state of one call: what was looked at so far, each relation once.
type survey struct {
	deps  Deps
	graph *lineage.Graph
	specs Specs
	asOf  time.Time
	// counts: rows are only counted, so that nothing is duplicated, stale or late.
	counts bool
	// scope is, by node, the interval that the call may have to judge. It is known before anything is observed, so that one
	// observation serves every question about the node.
	scope map[string]interval
	// cyclic: what is in scope has a cycle, as no project of dbt's has.
	cyclic bool
	tracks map[string]*track
	builds map[string]BuildRecord
	// batches are those of microbatch models, the newest run first.
	batches map[string][]BatchRecord
	changes map[string]CodeChange
	// runs are the last good runs, the newest first.
	runs map[string][]RunTime
	// looking tells how far the call has come.
	looking looking
	// down says why the warehouse does not answer; "" while it does.
	down string
	// unread says by id why tables that are needed as a whole were not read.
	unread map[string]string
	// forgotten says why what was seen before cannot be told; "" while it can.
	forgotten string
	causes    map[dot][]cause
	// unready finds what keeps the readers of a partition waiting, inputs what is read through views and tables without partitions.
	unready *flow
	inputs  *inputs
	// versions are, by node, what is known of what its partitions held.
	versions map[string]map[string][]Version
	// altered is what of them was not always the same, alteredIn what of that is reached through a node.
	altered   map[string]alteration
	alteredIn map[string]altered
}

// dot is one partition of one node.
type dot struct {
	node  string
	index int
}

// survey prepares a call about intervals of nodes: everything upstream of them is in scope.
func (c *Checker) survey(
	ctx context.Context, graph *lineage.Graph, specs Specs, asked map[string]interval, asOf time.Time,
) (*survey, error) {
	s := &survey{
		deps: c.deps, graph: graph, specs: specs, asOf: asOf,
		scope: maps.Clone(asked), tracks: map[string]*track{}, builds: map[string]BuildRecord{},
		changes: map[string]CodeChange{}, causes: map[dot][]cause{}, versions: map[string]map[string][]Version{},
		unread: map[string]string{}, altered: map[string]alteration{}, alteredIn: map[string]altered{},
	}
	s.reachUp(slices.Sorted(maps.Keys(asked)))
	s.unready = s.flow(s.goesThrough, s.unreadyOf)
	s.inputs = newInputs(s)
	s.looking = looking{fn: c.heard, of: s.lookedAt()}
	if err := s.bounded(); err != nil {
		return nil, err
	}
	if err := s.remember(ctx, slices.Sorted(maps.Keys(s.scope))); err != nil {
		return nil, err
	}
	if err := s.readBatches(ctx); err != nil {
		return nil, err
	}
	if err := s.readRuns(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// reachUp puts all that lies upstream of the asked nodes in scope, each node for the hull of what its readers need.
func (s *survey) reachUp(asked []string) {
	order, cyclic := readersFirst(s.graph, asked)
	if s.cyclic = cyclic; cyclic {
		all := reach{graph: s.graph, specs: s.specs, through: everything}
		for _, id := range asked {
			all.collect(s.scope, all.needed(id, s.readBy(id, s.scope[id])))
		}
		return
	}
	for _, reader := range order {
		at := s.readBy(reader.ID, s.scope[reader.ID])
		for _, parent := range s.graph.Parents(reader.ID) {
			if known, ok := s.scope[parent.ID]; ok {
				s.scope[parent.ID] = at.union(known)
				continue
			}
			s.scope[parent.ID] = at
		}
	}
}

// readBy is what an interval of a node is made from.
func (s *survey) readBy(id string, at interval) interval {
	if spec := s.specs.Of(id); spec.Partitioned() {
		return spec.reads(at)
	}
	return at
}

// bounded refuses a question for which more partitions of a node would have to be judged than fit into memory: a thousand years
// of months over a source of hours.
func (s *survey) bounded() error {
	for _, id := range slices.Sorted(maps.Keys(s.scope)) {
		spec := s.specs.Of(id)
		if !spec.Partitioned() {
			continue
		}
		if n := spec.count(s.scope[id]); n > maxNeeded {
			first, last := spec.overlapping(s.scope[id])
			return fault.New(fault.Invalid, "That needs %s of %s, %s to %s; ask for fewer periods at a time.",
				plural(n, string(spec.Grain)), id, first, last)
		}
	}
	return nil
}

// remember asks the ledger how nodes were last built, and how their code last changed.
func (s *survey) remember(ctx context.Context, ids []string) error {
	if s.deps.Ledger == nil || len(ids) == 0 {
		return nil
	}
	builds, err := s.deps.Ledger.LastBuild(ctx, ids, s.asOf)
	if err != nil {
		return err
	}
	changes, err := s.deps.Ledger.CodeChanges(ctx, ids, s.asOf)
	if err != nil {
		return err
	}
	maps.Copy(s.builds, builds)
	maps.Copy(s.changes, changes)
	return nil
}

// observe asks the observer once for a node's range.
func (s *survey) observe(ctx context.Context, t *track) {
	switch {
	case s.down != "":
		t.reason = s.down
		return
	case s.deps.Observer == nil:
		t.reason = "No warehouse is configured."
		return
	case t.spec.Time == "":
		t.reason = "No time column is declared. Add time to its entry under partitions in headwater.yaml."
		return
	case t.node.Relation == "":
		t.reason = "The artifacts do not say which relation it is. Compile or run the project with dbt."
		return
	}
	request := s.request(t, t.from, t.until)
	request.Bounds = t.spec.Begin.IsZero()
	s.closely(t, &request)
	seen, err := s.deps.Observer.Observe(ctx, request)
	s.looking.next()
	if err != nil {
		s.down = unavailable(err)
		t.reason = s.down
		return
	}
	if seen.Unobserved != "" {
		t.reason = seen.Unobserved
		return
	}
	t.untimed, t.ahead = seen.Untimed, seen.Ahead
	t.observed, t.keyNote, t.latest, t.untold = true, seen.KeyNote, seen.Latest, seen.Untold
	for index, count := range seen.Counts {
		if index >= t.from && index <= t.until && seen.Untold[index] == "" {
			t.counts[index-t.from] = count
		}
	}
	if t.spec.Begin.IsZero() && seen.Earliest != nil {
		begin := t.spec.At(*seen.Earliest).Index
		t.begin, t.beginPartial = &begin, true
	}
	if t.noted() {
		s.readNotes(ctx, t)
	}
}

// request asks about periods of a node.
func (s *survey) request(t *track, first, last int) ObserveRequest {
	r := ObserveRequest{
		Node: t.node.ID, Relation: t.node.Relation, Spec: t.spec, AsOf: s.asOf, First: t.spec.period(first), Last: t.spec.period(last),
	}
	return r
}

// closely asks for more than counts, as far as it is needed.
func (s *survey) closely(t *track, r *ObserveRequest) {
	if s.counts {
		r.Spec.Key = nil
		return
	}
	if t.node.Source != nil {
		r.LoadedAt = t.node.Source.LoadedAtField
	}
	if t.first > t.from || t.last < t.until {
		r.KeyFirst, r.KeyLast = new(t.spec.period(t.first)), new(t.spec.period(t.last))
	}
	if s.deps.History != nil && !isView(t.node) {
		r.PrintFirst, r.PrintLast = new(t.spec.period(t.first)), new(t.spec.period(t.last))
	}
}

// unavailable is the sentence for a warehouse that does not answer. What is no fault is not shown.
func unavailable(err error) string {
	if fault.KindOf(err) == fault.Internal {
		return "The warehouse gave an error that headwater did not expect."
	}
	return err.Error()
}

// closure reports whether the calendar says that nothing happens in the whole period.
func (s *survey) closure(t *track, index int) bool {
	if s.deps.Closures == nil {
		return false
	}
	p := t.spec.period(index)
	end := p.Next().UTCDate()
	for day := p.UTCDate(); ; {
		if !s.deps.Closures(day.Format(time.DateOnly)) {
			return false
		}
		// the date of an hour is mostly that of the next one, too
		if day = day.AddDate(0, 0, 1); !day.Before(end) {
			return true
		}
	}
}
