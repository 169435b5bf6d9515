package partition

import (
	"slices"
	"sort"
)

// merged is a union of intervals: ascending and apart from each other.
type merged []interval

// merge makes the union of intervals in any order.
func merge(all []interval) merged {
	if len(all) == 0 {
		return nil
	}
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b interval) int { return a.start.Compare(b.start) })
	var out merged
	for _, at := range all {
		if k := len(out) - 1; k >= 0 && !at.start.After(out[k].end) {
			out[k] = out[k].union(at)
			continue
		}
		out = append(out, at)
	}
	return out
}

// overlaps reports whether any of them has an instant of an interval.
func (m merged) overlaps(at interval) bool {
	i := sort.Search(len(m), func(i int) bool { return m[i].end.After(at.start) })
	return i < len(m) && m[i].start.Before(at.end)
}

// with is everything in either; neither changes.
func (m merged) with(o merged) merged {
	switch {
	case len(m) == 0:
		return o
	case len(o) == 0:
		return m
	}
	return merge(slices.Concat(m, o))
}
