package partition

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// RunTime is when a run built a node.
type RunTime struct{ StartedAt, CompletedAt time.Time }

const (
	// rememberedRuns is how many of a node's last runs the ledger is asked for.
	rememberedRuns = 40
	// minArrivals is how many recorded arrivals a default for expected_by takes.
	minArrivals = 5
	// usualArrival is the share of arrivals within it, in hundredths.
	usualArrival = 95
)

// readRuns asks the ledger once when nodes in scope were built: those of which a closed period may still have to arrive, and
// what is built in batches, which are compared with what is there.
func (s *survey) readRuns(ctx context.Context) error {
	var nodes []string
	for id := range s.scope {
		n, ok := s.graph.Node(id)
		spec := s.specs.Of(id)
		build, built := s.builds[id]
		if !ok || !built || !spec.Partitioned() || isView(n) {
			continue
		}
		closed := spec.Calendar.LastClosed(spec.Grain, s.asOf, spec.Settle)
		if batched(n) || build.GoodAt.Before(closed.End()) {
			nodes = append(nodes, id)
		}
	}
	if len(nodes) == 0 {
		return nil
	}
	slices.Sort(nodes)
	var err error
	s.runs, err = s.deps.Ledger.Runs(ctx, nodes, rememberedRuns, s.asOf)
	return err
}

// arrival is how long after its end a partition usually takes to arrive.
type arrival struct {
	lag time.Duration
	// observed is how many arrivals that comes from; 0 where it is declared.
	observed int
}

// arrivalOf is what the spec declares, else the 95th percentile of what the ledger recorded, else nothing at all. A period
// arrives with the first good run that starts after its end and before the next one's: a later run is a backfill or the end of
// an outage, which says nothing about what is usual.
func (s *survey) arrivalOf(t *track) arrival {
	if t.spec.ExpectedBy != nil {
		return arrival{lag: *t.spec.ExpectedBy}
	}
	first := map[int]time.Duration{}
	for _, r := range s.runs[t.node.ID] {
		if r.StartedAt.IsZero() || r.CompletedAt.IsZero() {
			continue
		}
		p := t.spec.At(r.StartedAt).Add(-1)
		lag := r.CompletedAt.Sub(p.End())
		if before, ok := first[p.Index]; !ok || lag < before {
			first[p.Index] = lag
		}
	}
	if len(first) < minArrivals {
		return arrival{}
	}
	lags := make([]time.Duration, 0, len(first))
	for _, lag := range first {
		lags = append(lags, lag)
	}
	slices.Sort(lags)
	rank := int(math.Ceil(float64(len(lags)) * usualArrival / 100))
	return arrival{lag: lags[rank-1].Round(time.Second), observed: len(lags)}
}

// dueBy is the last closed period whose arrival is due. Where the lag is a guess, a good run since a period ended has brought it.
func (t *track) dueBy(asOf time.Time) int {
	due := min(t.closed, t.spec.Calendar.LastClosed(t.spec.Grain, asOf, t.arrival.lag).Index)
	if t.arrival.observed == 0 || t.build == nil {
		return due
	}
	for due < t.closed && !t.build.GoodAt.Before(t.spec.period(due+1).End()) {
		due++
	}
	return due
}

// arrivalNote says where a default for expected_by comes from, where something waits for it.
func (t *track) arrivalNote(all []judgement) string {
	waits := slices.ContainsFunc(all, func(j judgement) bool { return j.presence == Pending })
	if t.arrival.observed == 0 || !waits {
		return ""
	}
	return fmt.Sprintf("expected_by is not declared: %s, within which %d %% of %d recorded arrivals came.",
		spanOf(t.arrival.lag), usualArrival, t.arrival.observed)
}
