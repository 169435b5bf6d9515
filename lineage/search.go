package lineage

import (
	"cmp"
	"math"
	"math/bits"
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
	r := g.rank(query, strings.TrimSpace(text))
	if within == nil {
		for i := range g.nodes {
			r.consider(int32(i))
		}
	}
	for _, n := range within {
		if i, ok := g.index[n.ID]; ok {
			r.consider(i)
		}
	}
	slices.SortFunc(r.found, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.length, b.length), cmp.Compare(a.node, b.node))
	})
	total = len(r.found)
	if limit > 0 {
		r.found = r.found[:min(limit, total)]
	}
	for _, f := range r.found {
		hits = append(hits, Hit{Node: g.nodes[f.node], Score: math.Round(f.score/2*1000) / 1000})
	}
	return hits, total
}

// ranked is a node that was found. A search can find most of a project, so what decides the order stands together.
type ranked struct {
	score  float64
	length int32 // of the name: of two that match alike, the shorter says it with fewer other words
	node   int32
}

// ranking collects what a search finds.
type ranking struct {
	g       *Graph
	words   int // of the query
	scores  []float64
	matched []int16
	tests   set
	called  set // what is called exactly as the query
	found   []ranked
}

func (g *Graph) rank(query []string, name string) *ranking {
	r := &ranking{g: g, words: len(query), tests: g.ofTypes(TypeTest, TypeUnitTest), called: g.newSet()}
	r.scores, r.matched = g.score(query)
	for _, i := range g.names.folded[strings.ToLower(name)] {
		r.called.add(i)
	}
	if i, ok := g.index[name]; ok {
		r.called.add(i)
	}
	return r
}

func (r *ranking) consider(i int32) {
	if 2*int(r.matched[i]) < r.words {
		return
	}
	score := r.scores[i] * float64(r.matched[i]) / float64(r.words)
	if r.tests.has(i) {
		score /= 2 // a test's name repeats the name of what it tests
	}
	if r.called.has(i) {
		score++ // what is called exactly so comes first
	}
	r.found = append(r.found, ranked{score, int32(len(r.g.nodes[i].Name)), i}) //nolint:gosec // a name is shorter than 2^31
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
		letters := lettersOf(q)
		for w, word := range x.words {
			if !letters.mayBeLike(x.letters[w]) {
				continue
			}
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
		allowed = mostTypos
	case len(query) >= 4:
		allowed = 1
	}
	if d := typos(query, word, allowed); d <= allowed {
		return 0.5 / float64(d)
	}
	return 0
}

// mostTypos is the most that likeness forgives.
const mostTypos = 2

// letters are the bytes of a word as a set, folded to 64: what tells most words apart before they are compared.
type letters uint64

func lettersOf(word string) (l letters) {
	for i := range len(word) {
		l |= 1 << (word[i] & 63)
	}
	return l
}

// mayBeLike reports whether likeness of a query and a word of these letters can be above zero: the word has all letters
// of the query but as many as there may be typos, or is the beginning of the query and has no others.
func (l letters) mayBeLike(word letters) bool {
	return word&^l == 0 || bits.OnesCount64(uint64(l&^word)) <= mostTypos
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
