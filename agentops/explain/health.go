package explain

import (
	"cmp"
	"slices"
	"strings"
)

// maxEvidence bounds the list: the first pieces carry the verdict.
const maxEvidence = 10

// causeOf is what a problem on the path is blamed as; ok is false for one that is only shown.
func causeOf(p Problem) (Cause, bool) {
	switch p {
	case Missing, Empty:
		return MissingPartition, true
	case Partial, Thin:
		return PartialPartition, true
	case Duplicated:
		return DuplicateLoad, true
	case Late, Stale:
		return LateData, true
	case CodeChanged:
		return CodeChange, true
	case Failed, Pending:
	}
	return NoCause, false
}

// ordered sorts findings by how much they say: on the path first, then those that touch the period asked, then the
// furthest upstream, which is the cause of those below it.
func ordered(in Input) []Health {
	out := slices.Clone(in.Health)
	rank := func(h Health) int {
		switch {
		case h.OffPath:
			return 2
		case slices.Contains(h.Periods, in.Period):
			return 0
		}
		return 1
	}
	weight := func(h Health) int {
		if h.Problem == CodeChanged || h.Problem == Thin {
			return 1
		}
		if _, blamed := causeOf(h.Problem); !blamed {
			return 2
		}
		return 0
	}
	slices.SortStableFunc(out, func(a, b Health) int {
		return cmp.Or(
			cmp.Compare(rank(a), rank(b)), cmp.Compare(weight(a), weight(b)), cmp.Compare(len(b.Path), len(a.Path)),
			cmp.Compare(a.Node, b.Node), cmp.Compare(a.Partition, b.Partition),
			cmp.Compare(a.Problem, b.Problem), cmp.Compare(a.Detail, b.Detail),
		)
	})
	return out
}

// evidenceOf lists what was found, best first, and the calendar entries of the period asked.
func evidenceOf(in Input) []Evidence {
	out := []Evidence{}
	for _, h := range ordered(in) {
		if len(out) == maxEvidence {
			break
		}
		path := h.Path
		if path == nil {
			path = []string{}
		}
		out = append(out, Evidence{Kind: h.Kind, Node: h.Node, Partition: h.Partition, Last: h.Last, Path: path, Detail: h.Detail})
	}
	return out
}

// pendingOf is a partition on the path that is not due yet, or nil.
func pendingOf(in Input) *Health {
	for _, h := range ordered(in) {
		if h.Problem == Pending && !h.OffPath && slices.Contains(h.Periods, in.Period) {
			return &h
		}
	}
	return nil
}

// suspected is a fault that could be the cause.
type suspected struct {
	Health
	cause Cause
	// echo marks a fault of the period before, whose users come back now.
	echo bool
}

// suspects lists the faults on the path that touch the period asked, then those that can echo in it. A node whose
// fault follows from one further up is left out.
func suspects(in Input) []suspected {
	var out []suspected
	for _, h := range ordered(in) {
		cause, blamed := causeOf(h.Problem)
		if !blamed || h.OffPath || follows(h, out) {
			continue
		}
		switch {
		case slices.Contains(h.Periods, in.Period):
			out = append(out, suspected{Health: h, cause: cause})
		case slices.Contains(h.Periods, in.Period.Prev()) && lossy(cause) && h.Problem != Thin:
			out = append(out, suspected{Health: h, cause: MissingPartition, echo: true})
		}
	}
	return out
}

// lossy reports whether a cause takes users away, who can come back the period after.
func lossy(c Cause) bool { return c == MissingPartition || c == PartialPartition || c == LateData }

// follows reports whether a finding sits downstream of one that is suspected already, for the same time: a day follows from an
// hour in it.
func follows(h Health, earlier []suspected) bool {
	for _, e := range earlier {
		if e.meets(h) && e.Problem != CodeChanged && e.Problem != Thin && slices.Contains(e.Path, h.Node) {
			return true
		}
	}
	return false
}

// meets reports whether two findings are of the same time; where the time of one is not known, of partitions of the same name.
func (h Health) meets(o Health) bool {
	if h.Start.IsZero() || o.Start.IsZero() {
		return h.Partition == o.Partition
	}
	return h.Start.Before(o.End) && o.Start.Before(h.End)
}

// named names the partitions in a sentence.
func (h Health) named() string { return cmp.Or(h.Named, h.Partition) }

// fits reports whether a fault can have made the move: a loss needs something to have fallen, a repeat something to have risen,
// an echo users who came back. A fault without a move is no cause, and neither is one that was counted and is small. Late and
// repeated rows are counted themselves, and need no move to be known; what lost rows cost is counted in another period, and does.
func (w *weighing) fits(f suspected) bool {
	if f.echo {
		return w.deviation(came) > 1
	}
	total := w.deviation(active)
	var fell, rose bool
	for _, s := range w.slices {
		fell = fell || s.direction == down
		rose = rose || s.direction == up
	}
	if users, counted := f.users(); counted && (!w.counts(users) || f.counted()) {
		return w.counts(users)
	}
	if f.Problem == Thin {
		return w.robbed(f)
	}
	switch f.cause {
	case DuplicateLoad:
		return total > 1 || rose
	case CodeChange:
		return len(w.recoded(f)) > 0 || w.evenly()
	default:
		return total < -1 || fell
	}
}

// counted reports whether a fault's users are counted as they are, and not by those of another period.
func (f suspected) counted() bool {
	return f.cause == LateData || f.cause == DuplicateLoad || f.cause == CodeChange
}

// counts reports whether an effect that was counted is large enough to speak of: a hundredth of the users, inside the
// band or not, because a known fault needs no statistics.
func (w *weighing) counts(users int64) bool {
	const hundredth = 100
	return abs(users) >= max(int64(w.in.MinUsers), *w.out.Expected/hundredth)
}

// drawn is a path as people read it.
func drawn(path []string) string { return strings.Join(path, " → ") }
