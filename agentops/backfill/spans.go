package backfill

import (
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/partition"
)

// spans are intervals of instants: ascending, apart from each other, none of them empty.
type spans []partition.Span

// with is the union with one more interval.
func (s spans) with(at partition.Span) spans {
	if !at.Start.Before(at.End) {
		return s
	}
	if n := len(s); n > 0 && !at.Start.Before(s[n-1].Start) { // mostly they come in order
		if !at.Start.After(s[n-1].End) {
			s[n-1].End = later(s[n-1].End, at.End)
			return s
		}
		return append(s, at)
	}
	first, _ := slices.BinarySearchFunc(s, at, func(e, t partition.Span) int { return e.End.Compare(t.Start) })
	last := first
	for last < len(s) && !s[last].Start.After(at.End) {
		if s[last].Start.Before(at.Start) {
			at.Start = s[last].Start
		}
		at.End = later(at.End, s[last].End)
		last++
	}
	return slices.Replace(s, first, last, at)
}

// union is everything in either; neither changes.
func (s spans) union(o spans) spans {
	out := slices.Clone(s)
	for _, at := range o {
		out = out.with(at)
	}
	return out
}

// overlap reports whether anything of an interval is in them.
func (s spans) overlap(at partition.Span) bool {
	i, _ := slices.BinarySearchFunc(s, at, func(e, t partition.Span) int {
		if e.End.After(t.Start) {
			return 1
		}
		return -1
	})
	return i < len(s) && s[i].Start.Before(at.End)
}

// hull is the least interval that holds them all; only where there are any.
func (s spans) hull() partition.Span { return partition.Span{Start: s[0].Start, End: s[len(s)-1].End} }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
