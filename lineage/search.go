package lineage

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Hit is a node that a text search found. Score is between 0 and 1, higher is better; scores of different searches do
// not compare.
type Hit struct {
	Node  *Node
	Score float64
}

// Search ranks nodes by how well their names, tags, columns, descriptions and places match the words of a text; near
// typos count for less. A node must match at least half of the words. within restricts the search (nil: all nodes),
// limit cuts the answer (0: no limit); total is the number of hits before that.
func (g *Graph) Search(text string, within []*Node, limit int) (hits []Hit, total int) {
	hits = []Hit{}
	query := queryWords(text)
	if len(query) == 0 {
		return hits, 0
	}
	scores, matched := g.score(query)
	name := strings.TrimSpace(text)
	consider := func(i int32) {
		if 2*int(matched[i]) < len(query) {
			return
		}
		n, score := g.nodes[i], scores[i]*float64(matched[i])/float64(len(query))
		if n.Type == TypeTest || n.Type == TypeUnitTest {
			score /= 2 // a test's name repeats the name of what it tests
		}
		if strings.EqualFold(n.Name, name) || strings.EqualFold(n.RefName(), name) || n.ID == name {
			score++ // what is called exactly so comes first
		}
		hits = append(hits, Hit{Node: n, Score: score})
	}
	if within == nil {
		for i := range g.nodes {
			consider(int32(i))
		}
	}
	for _, n := range within {
		if i, ok := g.index[n.ID]; ok {
			consider(i)
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(len(a.Node.Name), len(b.Node.Name)), cmp.Compare(a.Node.ID, b.Node.ID))
	})
	for k := range hits {
		hits[k].Score = math.Round(hits[k].Score/2*1000) / 1000
	}
	total = len(hits)
	if limit > 0 {
		hits = hits[:min(limit, total)]
	}
	return hits, total
}

// queryWords are the words to look for, each once. A name that was cut into its words is not looked for as a whole.
func queryWords(text string) []string {
	var words []string
	for _, w := range splitWords(text) {
		if !strings.Contains(w, "_") && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return words
}

// score sums for every node, over the words of the query, the best match of each: its quality, the field's weight and
// how rare the word is. The sum is scaled to 1 for all words found exactly in the name.
func (g *Graph) score(query []string) (scores []float64, matched []int16) {
	x := g.words()
	scores, matched = make([]float64, len(g.nodes)), make([]int16, len(g.nodes))
	best := make([]float64, len(g.nodes))
	for _, q := range query {
		clear(best)
		for w, word := range x.words {
			quality := likeness(q, word)
			if quality == 0 {
				continue
			}
			rarity := 1 / (1 + math.Log1p(float64(len(x.postings[w])))/8)
			for _, p := range x.postings[w] {
				best[p.node] = max(best[p.node], quality*rarity*float64(p.weight)/weightName)
			}
		}
		for i, b := range best {
			if b > 0 {
				scores[i] += b / float64(len(query))
				matched[i]++
			}
		}
	}
	return scores, matched
}

// likeness says how well a word of the project matches a word of the query: 1 for the same, less for a beginning, a
// part, or a typo.
func likeness(query, word string) float64 {
	switch {
	case query == word:
		return 1
	case len(query) >= 2 && strings.HasPrefix(word, query):
		return 0.8
	case len(query) >= 3 && strings.Contains(word, query):
		return 0.6
	case len(query) >= 5 && len(word) >= 4 && strings.HasPrefix(query, word): // plurals: visits finds visit
		return 0.6
	}
	allowed := 0
	switch {
	case len(query) >= 8:
		allowed = 2
	case len(query) >= 4:
		allowed = 1
	}
	if d := typos(query, word, allowed); d <= allowed {
		return 0.5 / float64(d)
	}
	return 0
}

// longestWord bounds the words in which typos are looked for.
const longestWord = 64

// typos counts the edits between two words: letters added, dropped, changed, or two neighbours swapped. Beyond limit it
// returns more than limit.
func typos(a, b string, limit int) int {
	if limit == 0 || len(a)-len(b) > limit || len(b)-len(a) > limit || len(b) >= longestWord {
		return limit + 1
	}
	var rows [3][longestWord]int
	before, above, row := rows[0][:len(b)+1], rows[1][:len(b)+1], rows[2][:len(b)+1]
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			change := above[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, above[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit {
			return limit + 1
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}
