package partition

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// lateness is why a partition is late.
type lateness struct {
	loaded time.Time
	// child was built, at an instant, before the rows were there; else they came after when they were due.
	child string
	than  time.Time
}

// words says what came too late for what.
func (l *lateness) words() string {
	loaded := "Rows were loaded up to " + l.loaded.UTC().Format(time.RFC3339)
	if l.child == "" {
		return fmt.Sprintf("%s; they were expected by %s", loaded, l.than.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("%s; %s was built from it at %s", loaded, l.child, l.than.UTC().Format(time.RFC3339))
}

// findLate looks at when the rows of each judged period were loaded: after a declared expected_by, or after a child, through
// views, was built from them.
func (s *survey) findLate(ctx context.Context, t *track) {
	told := slices.ContainsFunc(t.counts, func(c Count) bool { return c.Loaded != nil })
	if !t.observed || isView(t.node) || !told {
		return // without a word of when rows were loaded, nobody has to look for children
	}
	children := s.builtChildren(t.node.ID, nil)
	for i := t.first; i <= t.last; i++ {
		v := t.at(i)
		if v.presence != Present || v.count.Loaded == nil {
			continue
		}
		if v.count.Loaded.After(s.asOf) {
			t.loadedAhead++ // whatever its clock says, nobody waited until then
			continue
		}
		p := t.spec.period(i)
		if by := t.spec.ExpectedBy; by != nil && v.count.Loaded.After(p.End().Add(*by)) {
			v.late = &lateness{loaded: *v.count.Loaded, than: p.End().Add(*by)}
		}
		for _, id := range children {
			if than, ok := s.builtBefore(ctx, id, interval{p.Start(), p.End()}, *v.count.Loaded); ok {
				v.late = &lateness{*v.count.Loaded, id, than}
				break
			}
		}
		if v.late != nil {
			v.add(Late)
		}
	}
}

// builtChildren are the nodes with partitions that read a node, through views, and whose partitions this call judges; sorted.
func (s *survey) builtChildren(id string, out []string) []string {
	for _, child := range s.graph.Children(id) {
		switch _, judged := s.scope[child.ID]; {
		case !judged || slices.Contains(out, child.ID):
		case isView(child):
			out = s.builtChildren(child.ID, out)
		case s.specs.Of(child.ID).Partitioned():
			out = append(out, child.ID)
		}
	}
	slices.Sort(out)
	return out
}

// builtBefore finds a partition of a node in an interval that a recorded run built before an instant.
func (s *survey) builtBefore(ctx context.Context, id string, at interval, loaded time.Time) (time.Time, bool) {
	t := s.track(ctx, id)
	first, last := t.spec.overlapping(at)
	for i := max(first.Index, t.first); i <= min(last.Index, t.last); i++ {
		if built := t.recorded(i); !built.IsZero() && built.Before(loaded) {
			return built, true
		}
	}
	return time.Time{}, false
}

// recorded is when a recorded run began to build a period, its batches or the table as a whole, or to find that it is as it has
// to be; zero where nothing says so.
func (t *track) recorded(index int) time.Time {
	by := t.at(index).told
	if by.checked != nil && (!by.ran() || by.succeeded() && !by.checked.started().Before(by.good[0].started())) {
		return by.checked.started()
	}
	if by.succeeded() {
		first := by.good[0].started()
		for _, b := range by.good {
			if b.started().Before(first) {
				first = b.started()
			}
		}
		return first
	}
	if t.build != nil && t.full() {
		return t.build.GoodAt
	}
	return time.Time{}
}
