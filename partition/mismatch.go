package partition

import (
	"fmt"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/lineage"
)

// judgeLedger finds the partitions in which ledger and warehouse differ.
func (s *survey) judgeLedger(t *track) {
	for i := t.first; i <= t.last; i++ {
		v := t.at(i)
		if v.mismatch = s.mismatch(t, i, v); v.mismatch != "" {
			v.add(LedgerMismatch)
		}
	}
}

// mismatch is what the ledger says of a partition against what the warehouse holds, as a sentence without its end; "" where the
// two agree or cannot be compared. A success without a word of rows is none: it may have written nothing.
func (s *survey) mismatch(t *track, i int, v *verdict) string {
	switch {
	case t.build == nil || isView(t.node) || !v.observed:
		return ""
	case v.presence == Missing:
		return t.builtAndGone(i, v)
	case v.presence == Present && v.count.Rows > 0:
		return s.neverBuilt(t, i, v)
	}
	return ""
}

// fewest is the least number of rows that a run must claim. Some engines answer 1 to a statement that makes a table, whatever it
// holds.
const fewest = 2

// builtAndGone says that rows were written which are not there: by a batch inside the partition, or by the last good run where
// the whole relation is empty.
func (t *track) builtAndGone(i int, v *verdict) string {
	p := t.spec.period(i)
	for _, b := range v.told.good {
		inside := interval{p.Start(), p.End()}.holds(b.interval())
		if v.told.succeeded() && inside && b.Rows != nil && *b.Rows >= fewest {
			return fmt.Sprintf("The batch%s says that it wrote %s, and the warehouse has none", when(b), plural(int(*b.Rows), "row"))
		}
	}
	b := t.build
	if t.mayHaveRows() || b.Status != success || b.Rows == nil || *b.Rows < fewest || b.started().Before(p.End()) {
		return ""
	}
	return fmt.Sprintf("The run that started %s says that it wrote %s, and the relation has none",
		b.started().UTC().Format(time.RFC3339), plural(int(*b.Rows), "row"))
}

// mayHaveRows reports whether the relation as a whole has rows, or was not looked at as a whole.
func (t *track) mayHaveRows() bool {
	return t.latest != nil || t.begin != nil || !t.spec.Begin.IsZero()
}

// neverBuilt says that rows are in a partition of which no run had a batch. That is only said where the ledger provably covers
// the time: runs are recorded from before the period began, and one in every period since, whose batches lie where their rows do.
func (s *survey) neverBuilt(t *track, i int, v *verdict) string {
	if !batched(t.node) || !t.build.Batched || v.told.ran() || v.told.skipped != nil || !sameColumn(t) {
		return ""
	}
	runs := s.runs[t.node.ID]
	earlier := func(r RunTime) bool { return !r.StartedAt.IsZero() && r.StartedAt.Before(t.spec.period(i).Start()) }
	if !slices.ContainsFunc(runs, earlier) {
		return ""
	}
	for k := i; k <= t.closed; k++ {
		p := t.spec.period(k)
		within := func(r RunTime) bool { return !r.StartedAt.Before(p.Start()) && r.StartedAt.Before(p.End()) }
		if !slices.ContainsFunc(runs, within) {
			return ""
		}
	}
	return fmt.Sprintf("There are %s, and none of the recorded runs had a batch of it; a run is recorded in every %s since it began",
		plural(int(v.count.Rows), "row"), t.spec.Grain)
}

// sameColumn reports whether rows are placed by the column and in the zone by which dbt, or our engine, cuts the batches.
func sameColumn(t *track) bool {
	if t.node.Type == lineage.TypeActivation {
		return true
	}
	return t.spec.Time == t.node.Build.EventTime && t.spec.Calendar.Zone() == "UTC" && t.node.Type == lineage.TypeModel
}
