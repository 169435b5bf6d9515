package partition

import (
	"fmt"
	"slices"
)

// How far peers are looked for, in steps from one period to the next of its kind.
const (
	peersBefore = maxPeers
	peersAfter  = minPeers
)

// kinds groups the observed periods that satisfy a condition by what they are comparable with, ascending.
func (t *track) kinds(wanted func(index int) bool) map[int][]int {
	out := map[int][]int{}
	for i := t.from; i <= t.until; i++ {
		if wanted(i) {
			k := t.kind[i-t.from]
			out[k] = append(out[k], i)
		}
	}
	return out
}

// around is the stretch from which a period's peers are taken. It is the same whatever range was asked for, so that a verdict
// does not depend on the question.
func (t *track) around(index int) (low, high int) {
	return max(t.from, index-stretch(t.spec.Grain, peersBefore)), min(t.until, index+stretch(t.spec.Grain, peersAfter))
}

// peers returns a number of the nearest earlier periods of the kind; where they are fewer than needed, later ones fill up.
func (t *track) peers(index int, kinds map[int][]int, of func(int) int64) []int64 {
	alike := kinds[t.kind[index-t.from]]
	low, high := t.around(index)
	at, found := slices.BinarySearch(alike, index)
	after := at
	if found {
		after++
	}
	out := make([]int64, 0, maxPeers)
	for k := at - 1; k >= 0 && alike[k] >= low && len(out) < maxPeers; k-- {
		out = append(out, of(alike[k]))
	}
	if len(out) >= minPeers {
		return out
	}
	for k := after; k < len(alike) && alike[k] <= high && len(out) < maxPeers; k++ {
		out = append(out, of(alike[k]))
	}
	return out
}

// waves says that the rows of a period came in more waves than those of any of its peers, and how many those have, or "".
func (t *track) waves(index int, kinds map[int][]int) (witness string, most int64) {
	came := t.counts[index-t.from].Waves
	usual := t.peers(index, kinds, func(i int) int64 { return t.counts[i-t.from].Waves })
	if came == 0 || len(usual) < minPeers || came <= slices.Max(usual) {
		return "", 0
	}
	most = slices.Max(usual)
	return fmt.Sprintf("they were loaded in %s, where those of the others came in %s",
		plural(int(came), "wave"), plural(int(most), "wave")), most
}

// emptyAsUsual reports whether the four nearest periods of the kind, before or after, were empty too. Those in the same
// unbroken stretch of empty periods are no witnesses: an outage does not explain itself, however long it lasts.
func (t *track) emptyAsUsual(index int, kinds map[int][]int) bool {
	low, high := t.around(index)
	from, to := index, index
	for from > low && t.expected(from-1) && t.rows(from-1) == 0 {
		from--
	}
	for to < high && t.expected(to+1) && t.rows(to+1) == 0 {
		to++
	}
	alike := kinds[t.kind[index-t.from]]
	before, _ := slices.BinarySearch(alike, from)
	after, _ := slices.BinarySearch(alike, to+1)
	before--
	for range minPeers {
		earlier := before >= 0 && alike[before] >= low
		later := after < len(alike) && alike[after] <= high
		var nearest int
		switch {
		case earlier && (!later || index-alike[before] <= alike[after]-index):
			nearest = alike[before]
			before--
		case later:
			nearest = alike[after]
			after++
		default:
			return false
		}
		if t.rows(nearest) > 0 {
			return false
		}
	}
	return true
}
