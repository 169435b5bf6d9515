package lineage

import (
	"strings"
	"unicode"
)

// Fields in which a word was found, as the weight of a match there. Names say what a node is; a description mentions
// many other things.
const (
	weightName        = 10
	weightTag         = 5
	weightColumn      = 4
	weightDescription = 3
	weightPlace       = 2 // package, folders, group, owner
)

// wordIndex lists for every word the nodes that use it. It is built once per graph, by the first search.
type wordIndex struct {
	words    []string
	letters  []letters // by word
	number   map[string]int32
	postings [][]posting // by word, ascending by node, each node once with its best weight
}

type posting struct {
	node   int32
	weight int32
}

func indexWords(nodes []*Node) *wordIndex {
	x := &wordIndex{number: map[string]int32{}}
	cut := map[string][]int32{} // words of short texts, which repeat: columns, tags, folders
	short := func(text string) []int32 {
		words, ok := cut[text]
		if !ok {
			words = x.numbers(text)
			cut[text] = words
		}
		return words
	}
	for k, n := range nodes {
		x.add(x.numbers(n.Name), int32(k), weightName)
		if n.Source != nil {
			x.add(short(n.Source.Name), int32(k), weightName)
		}
		for _, tag := range n.Tags {
			x.add(short(tag), int32(k), weightTag)
		}
		for _, c := range n.Columns {
			x.add(short(c.Name), int32(k), weightColumn)
			x.add(x.numbers(c.Description), int32(k), weightPlace)
		}
		x.add(x.numbers(n.Description), int32(k), weightDescription)
		for _, place := range append([]string{n.Package, n.Group, n.Owner}, n.FQN...) {
			x.add(short(place), int32(k), weightPlace)
		}
	}
	return x
}

func (x *wordIndex) add(words []int32, node, weight int32) {
	for _, w := range words {
		list := x.postings[w]
		if last := len(list) - 1; last >= 0 && list[last].node == node {
			list[last].weight = max(list[last].weight, weight)
			continue
		}
		x.postings[w] = append(list, posting{node, weight})
	}
}

func (x *wordIndex) numbers(text string) []int32 {
	var out []int32
	for _, word := range splitWords(text) {
		i, ok := x.number[word]
		if !ok {
			i = int32(len(x.words)) //nolint:gosec // far fewer words than 2^31
			x.number[word] = i
			x.words, x.letters = append(x.words, word), append(x.letters, lettersOf(word))
			x.postings = append(x.postings, nil)
		}
		out = append(out, i)
	}
	return out
}

// splitWords cuts a text into words of letters and digits, in lower case: "fct_appVisit" gives fct, app, visit. A name of
// several words is a word itself, too, so that it can be searched as it is written.
func splitWords(text string) []string {
	var words []string
	for field := range strings.FieldsFuncSeq(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_'
	}) {
		whole := strings.ToLower(strings.Trim(field, "_"))
		before := len(words)
		for part := range strings.SplitSeq(field, "_") {
			words = append(words, splitCamel(part)...)
		}
		if len(words)-before > 1 {
			words = append(words, whole)
		}
	}
	return words
}

// splitCamel cuts where a small letter meets a capital one.
func splitCamel(part string) []string {
	var words []string
	start := 0
	var last rune
	for i, r := range part {
		if unicode.IsUpper(r) && unicode.IsLower(last) {
			words = append(words, strings.ToLower(part[start:i]))
			start = i
		}
		last = r
	}
	if start < len(part) {
		words = append(words, strings.ToLower(part[start:]))
	}
	return words
}
