package fault

import (
	"cmp"
	"slices"
	"strings"
)

// maxNear is how many suggestions a sentence carries: more is noise to a reader and tokens to an agent.
const maxNear = 3

// Near returns up to three of the candidates that a reader of name probably meant, best first: those that contain it
// or that it contains, and those within a third of its length in edits (Levenshtein, case folded). Ties are ordered
// by name, so the answer is deterministic.
func Near(name string, candidates []string) []string {
	type hit struct {
		name string
		cost int
	}
	var hits []hit
	want := strings.ToLower(name)
	limit := max(1, len(want)/3)
	for _, c := range candidates {
		have := strings.ToLower(c)
		cost := editDistance(want, have)
		if len(want) >= 3 && (strings.Contains(have, want) || strings.Contains(want, have) && len(have) >= 3) {
			cost = min(cost, 1)
		}
		if cost <= limit {
			hits = append(hits, hit{c, cost})
		}
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.name, b.name))
	})
	hits = hits[:min(len(hits), maxNear)]
	out := make([]string, len(hits))
	for i, h := range hits {
		out[i] = h.name
	}
	return out
}

// DidYouMean returns " Did you mean a, b or c?" for the near misses of name, or "" where there are none, ready to be
// appended to a sentence.
func DidYouMean(name string, candidates []string) string {
	near := Near(name, candidates)
	switch len(near) {
	case 0:
		return ""
	case 1:
		return " Did you mean " + near[0] + "?"
	}
	last := len(near) - 1
	return " Did you mean " + strings.Join(near[:last], ", ") + " or " + near[last] + "?"
}

// editDistance is the Levenshtein distance over bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
