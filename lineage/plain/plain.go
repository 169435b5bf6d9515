// Package plain reads the SQL of views that pass rows on: one select after another, each from one relation, without anything that
// could leave out, repeat or combine rows. It follows a column through them to the relation.
//
// It is no SQL parser. What it does not know it takes for more than passing on, so that a wrong answer takes SQL that means
// something else than it says in every engine. Invariant: text is only read, never run.
package plain

import (
	"slices"
	"strings"
)

// Column finds what a column of a query is, where the query only passes it on: the relation, dotted and unquoted or as a
// reference of dbt ("ref a.b"), and the column of it. ok is false for any other query.
func Column(query, column string) (relation, source string, ok bool) {
	words, ok := split(query)
	if !ok {
		return "", "", false
	}
	r := &reader{words: words, named: map[string]selected{}}
	last, ok := r.query()
	if !ok || r.more() {
		return "", "", false
	}
	for range len(r.named) + 1 {
		if column, ok = last.pick(column); !ok {
			return "", "", false
		}
		next, named := r.named[strings.ToLower(last.from)]
		if !named {
			return last.from, column, true
		}
		last = next
	}
	return "", "", false
}

// selected is one select: what it lists, and what from.
type selected struct {
	from  string
	items []item
}

// item is one column of a select: name is what it is called, source the column that it is without change, "" of an expression.
// The name of all columns is *.
type item struct{ name, source string }

// pick finds the column that is passed on under a name.
func (s selected) pick(name string) (source string, ok bool) {
	var found []string
	all := 0
	for _, i := range s.items {
		if i.name == "*" {
			all++
		}
		if strings.EqualFold(i.name, name) {
			found = append(found, i.source)
		}
	}
	switch {
	case len(found) == 1 && all == 0:
		return found[0], found[0] != ""
	case len(found) == 0 && all == 1:
		return name, true
	}
	return "", false
}

// reader takes words one after another.
type reader struct {
	words []word
	named map[string]selected
}

func (r *reader) more() bool { return len(r.words) > 0 }

// next takes a word if it is this keyword or mark.
func (r *reader) next(text string) bool {
	if r.more() && !r.words[0].quoted && strings.EqualFold(r.words[0].text, text) {
		r.words = r.words[1:]
		return true
	}
	return false
}

// name takes an identifier that is no keyword.
func (r *reader) name() (string, bool) {
	if !r.more() || !r.words[0].name() {
		return "", false
	}
	text := r.words[0].text
	r.words = r.words[1:]
	return text, true
}

// query is [with name as (select), …] select.
func (r *reader) query() (selected, bool) {
	if r.next("with") {
		for {
			name, ok := r.name()
			if !ok || !r.next("as") || !r.next("(") {
				return selected{}, false
			}
			s, ok := r.one()
			if _, twice := r.named[strings.ToLower(name)]; !ok || twice || !r.next(")") {
				return selected{}, false
			}
			r.named[strings.ToLower(name)] = s
			if !r.next(",") {
				break
			}
		}
	}
	s, ok := r.one()
	r.next(";")
	return s, ok
}

// one is: select item, … from relation [[as] alias].
func (r *reader) one() (selected, bool) {
	var s selected
	if !r.next("select") {
		return s, false
	}
	var list [][]word
	for {
		words := r.until()
		if len(words) == 0 {
			return s, false
		}
		list = append(list, words)
		if r.next("from") {
			break
		}
		if !r.next(",") {
			return s, false
		}
	}
	from, alias, ok := r.relation()
	if !ok {
		return s, false
	}
	s.from = from
	for _, words := range list {
		i, ok := read(words, alias)
		if !ok {
			return s, false
		}
		s.items = append(s.items, i)
	}
	return s, true
}

// relation is: name, with dots between its parts, and the alias by which items may name it.
func (r *reader) relation() (from, alias string, ok bool) {
	var parts []string
	for {
		if alias, ok = r.name(); !ok {
			return "", "", false
		}
		if parts = append(parts, alias); !r.next(".") {
			break
		}
	}
	if r.next("as") || r.more() && r.words[0].name() {
		alias, ok = r.name()
	}
	return strings.Join(parts, "."), alias, ok
}

// until takes the words up to a comma or from outside all brackets.
func (r *reader) until() []word {
	depth := 0
	for i, w := range r.words {
		switch {
		case w.quoted:
		case w.text == "(":
			depth++
		case w.text == ")":
			depth--
			if depth < 0 {
				return nil
			}
		case depth == 0 && (w.text == "," || strings.EqualFold(w.text, "from")):
			out := r.words[:i]
			r.words = r.words[i:]
			return out
		}
	}
	return nil
}

// read is an item of a select list: a column, all columns, or an expression of which each row has one.
func read(words []word, alias string) (item, bool) {
	var i item
	switch n := len(words); {
	case n >= 3 && words[n-2].is("as") && words[n-1].name():
		i.name, words = words[n-1].text, words[:n-2]
	case n == 1 && words[0].is("*"):
		return item{name: "*"}, true
	}
	qualified := len(words) == 3 && words[0].name() && strings.EqualFold(words[0].text, alias) && words[1].is(".")
	switch {
	case qualified && words[2].is("*") && i.name == "":
		return item{name: "*"}, true
	case qualified && words[2].name():
		i.source = words[2].text
	case len(words) == 1 && words[0].name():
		i.source = words[0].text
	default:
		return i, i.name != "" && rowByRow(words)
	}
	if i.name == "" {
		i.name = i.source
	}
	return i, true
}

// rowByRow reports whether an expression is known to have one value a row: columns, constants, operators, and a few functions.
func rowByRow(words []word) bool {
	for k, w := range words {
		if w.quoted || k+1 >= len(words) || !words[k+1].is("(") || !letter(w.text[0]) {
			if !w.quoted && slices.Contains(forbidden(), strings.ToLower(w.text)) {
				return false
			}
			continue
		}
		if !slices.Contains(functions(), strings.ToLower(w.text)) {
			return false
		}
	}
	return true
}

// forbidden are words by which an expression stops being one of its row alone.
func forbidden() []string { return []string{"select", "distinct", "all", "over", "top", "*"} }

// functions are those that give one value for each row, in every engine.
func functions() []string {
	return []string{
		"cast", "try_cast", "safe_cast", "coalesce", "nullif", "lower", "upper", "trim", "ltrim", "rtrim", "round", "abs",
		"date", "timestamp", "date_trunc", "concat", "substring", "substr", "replace", "length", "left", "right",
		"decimal", "numeric", "varchar", "char", "in", "and", "or", "not", "when", "then", "else", "case", "is",
	}
}
