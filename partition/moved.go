package partition

import (
	"context"
	"fmt"
	"slices"
)

const (
	// maxMoved is how many periods of a node, the newest, are looked at for rows of others.
	maxMoved = 16
	// minMoved is the least number of rows that are worth the name of a load: fewer are found in any day by chance.
	minMoved = 10
)

// findMoved looks into periods with more rows than usual, for which nothing else was found, for the rows of other periods. That
// takes a second observation, of all columns, and only where there are such periods.
func (s *survey) findMoved(ctx context.Context, t *track) {
	var high []int
	for i := t.last; i >= t.first && len(high) < maxMoved; i-- {
		if v := t.at(i); v.has(HighVolume) && !v.has(Duplicated) {
			high = append(high, i)
		}
	}
	if len(high) == 0 || s.down != "" || s.counts {
		return
	}
	first, _ := t.around(high[len(high)-1])
	_, last := t.around(high[0])
	request := s.request(t, first, last)
	if request.Moved = high; t.node.Source != nil {
		request.LoadedAt = t.node.Source.LoadedAtField
	}
	seen, err := s.deps.Observer.Observe(ctx, request)
	if err != nil || seen.Unobserved != "" {
		return // high it is all the same
	}
	for _, i := range high {
		if from, ok := t.movedFrom(i, seen.Copied[i]); ok {
			v := t.at(i)
			v.witness, v.movedFrom = t.movedWords(i, from), &from
			v.replace(HighVolume, Duplicated)
		}
	}
}

// movedFrom finds the nearest period, of equally near ones the earlier, that was loaded into another one as well: every row of it
// is there, beside as many as a period should have of its own, or instead of them.
func (t *track) movedFrom(index int, copied []Copied) (from int, ok bool) {
	low, high := t.around(index)
	copied = slices.DeleteFunc(slices.Clone(copied), func(c Copied) bool { return c.From < low || c.From > high })
	for _, c := range copied {
		rows := t.rows(c.From)
		rest := t.rows(index) - rows
		whole := c.Rows == rows && rows >= minMoved && (rest == 0 || rest >= t.at(index).band.lower)
		if !whole || rest == 0 && t.cameFirst(index, c.From) || !t.telling(index, c, copied) {
			continue
		}
		if d := distance(index, c.From) - distance(index, from); !ok || d < 0 || d == 0 && c.From < from {
			from, ok = c.From, true
		}
	}
	return from, ok
}

// telling reports whether it says something that a period has all rows of another one. It does where most periods do not have
// most of each other's rows. Where the same rows come every day, each of them has to be there twice, and most of them to be
// different.
func (t *track) telling(index int, c Copied, all []Copied) bool {
	low, high := t.around(index)
	periods, alike := 0, 0
	for i := low; i <= high; i++ {
		if i != index && i != c.From && t.rows(i) > 0 {
			periods++
		}
	}
	for _, other := range all {
		if other.From != c.From && 2*other.Rows > t.rows(other.From) {
			alike++
		}
	}
	return 2*alike <= periods || c.Twice == 2*c.Rows && 2*c.Different >= c.Rows
}

// cameFirst reports whether the rows of a period are known to have been loaded before those of another one.
func (t *track) cameFirst(index, other int) bool {
	own, others := t.counts[index-t.from].Loaded, t.counts[other-t.from].Loaded
	return own != nil && others != nil && own.Before(*others)
}

func (t *track) movedWords(index, from int) string {
	return fmt.Sprintf("all %s of %s are among them, moved by %s, key and load time apart",
		plural(int(t.rows(from)), "row"), t.spec.period(from), plural(distance(index, from), string(t.spec.Grain)))
}

func distance(a, b int) int { return max(a-b, b-a) }
