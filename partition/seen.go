package partition

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// recall takes from the history what a node's partitions held when somebody looked last, where they cannot be looked at now. It
// is told as it was and judges nothing.
func (s *survey) recall(ctx context.Context, t *track) {
	if t.observed || s.deps.History == nil || isView(t.node) || t.node.Relation == "" {
		return
	}
	seen, err := s.deps.History.Seen(ctx, ObserveRequest{
		Node: t.node.ID, Relation: t.node.Relation, Spec: t.spec, AsOf: s.asOf,
		First: t.spec.period(t.first), Last: t.spec.period(t.last),
	})
	if err != nil {
		s.forget(err)
		return
	}
	t.seen = make(map[int]Sight, len(seen))
	for i := t.first; i <= t.last && len(seen) > 0; i++ {
		if sight, ok := seen[t.spec.period(i).String()]; ok {
			t.seen[i] = sight
		}
	}
}

// forget notes why what was seen before cannot be told.
func (s *survey) forget(err error) { s.forgotten = cmp.Or(s.forgotten, unavailable(err)) }

// forgottenWords says what a history that cannot be read means for an answer, or "".
func (s *survey) forgottenWords() string {
	switch {
	case s.forgotten != "":
		return "What was seen before cannot be read, so nothing was compared with it and nothing is called stale: " + s.forgotten
	case s.deps.Unremembered != "":
		return "Nothing is remembered, so nothing is called stale, failed or late, whatever runs did: " + s.deps.Unremembered
	}
	return ""
}

// sighting is what of an unobserved partition was seen last: nothing, no rows, or rows. Neighbours of one range have the same.
type sighting int

const (
	neverSeen sighting = iota
	seenEmpty
	seenRows
)

func (v *verdict) sighting() sighting {
	switch {
	case v.observed || v.seen == nil:
		return neverSeen
	case v.seen.Rows == 0:
		return seenEmpty
	}
	return seenRows
}

// seenWords is "Last seen 2026-03-02T04:00:00Z: 812 rows.", of several periods with the span of both; "" where nobody ever looked
// at the node.
func (t *track) seenWords(run []judgement) string {
	if len(t.seen) == 0 {
		return ""
	}
	if run[0].sighting() == neverSeen {
		return "Never looked at before."
	}
	from, until := run[0].seen.At, run[0].seen.At
	for _, j := range run {
		if j.seen.At.Before(from) {
			from = j.seen.At
		}
		if j.seen.At.After(until) {
			until = j.seen.At
		}
	}
	text := "Last seen " + from.UTC().Format(time.RFC3339)
	if !from.Equal(until) {
		text += " to " + until.UTC().Format(time.RFC3339)
	}
	if run[0].sighting() == seenEmpty {
		return text + ": no rows."
	}
	return fmt.Sprintf("%s: %s.", text, countedBy(run, func(j judgement) int64 { return j.seen.Rows }))
}
