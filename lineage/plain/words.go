package plain

import (
	"regexp"
	"slices"
	"strings"
)

// word is a name, a keyword, a number, a text or a mark. A quoted one is a name whatever it is, or a text, which is none.
type word struct {
	text   string
	quoted bool
	// literal is a text between single quotes.
	literal bool
}

func (w word) is(text string) bool { return !w.quoted && strings.EqualFold(w.text, text) }

// name reports whether the word can be a name: quoted, or letters that are no keyword.
func (w word) name() bool {
	if w.quoted {
		return !w.literal
	}
	return letter(w.text[0]) && !slices.Contains(keywords(), strings.ToLower(w.text))
}

// keywords are the words after which a select does more than pass rows on, or that cannot be an alias.
func keywords() []string {
	return []string{
		"select", "from", "as", "with", "where", "group", "having", "order", "limit", "offset", "fetch", "union", "except",
		"intersect", "minus", "join", "inner", "left", "right", "full", "outer", "cross", "natural", "positional", "asof",
		"lateral", "on", "using", "qualify", "window", "pivot", "unpivot", "tablesample", "sample", "distinct", "all",
		"top", "for", "recursive", "materialized", "not", "case", "when", "then", "else", "end", "and", "or", "in", "is",
		"null", "true", "false", "between", "like", "exclude", "replace", "rename", "values", "table", "at", "exists",
		"any", "some", "interval", "current_date", "current_timestamp", "over", "filter", "match_recognize", "anti",
		"semi", "prewhere", "final", "option",
	}
}

var (
	// reference is a call of dbt that stands for a relation: ref('a'), ref('p', 'a'), source('s', 't').
	reference = regexp.MustCompile(`^\{\{-?\s*(?:ref|source)\(\s*(['"])([\w.-]+)['"](?:\s*,\s*['"]([\w.-]+)['"])?\s*\)\s*-?\}\}`)
	// config is a call of dbt that says nothing of rows.
	config = regexp.MustCompile(`^\{\{-?\s*config\((?:[^{}'"]|'[^'{}]*'|"[^"{}]*")*\)\s*-?\}\}`)
	lexeme = regexp.MustCompile(`^(?:[A-Za-z_][A-Za-z0-9_$]*|\d[0-9.]*|[^\s'"` + "`" + `\\$])`)
)

// split cuts SQL into words; ok is false for what it cannot read, such as a template that is not a reference.
func split(text string) (words []word, ok bool) {
	for {
		text = strings.TrimLeft(text, " \t\r\n")
		switch {
		case text == "":
			return words, true
		case strings.HasPrefix(text, "--"):
			_, text, _ = strings.Cut(text, "\n")
		case strings.HasPrefix(text, "/*"):
			var closed bool
			if _, text, closed = strings.Cut(text[2:], "*/"); !closed {
				return nil, false
			}
		case strings.HasPrefix(text, "{"):
			if said := config.FindString(text); said != "" {
				text = text[len(said):]
				continue
			}
			m := reference.FindStringSubmatch(text)
			if m == nil {
				return nil, false
			}
			words = append(words, word{text: "ref " + strings.Trim(m[2]+"."+m[3], "."), quoted: true})
			text = text[len(m[0]):]
		case strings.ContainsRune("'\"`", rune(text[0])):
			inside, rest, closed := quoted(text)
			if !closed || strings.Contains(inside, `\`) { // which some engines take for an escape
				return nil, false
			}
			words = append(words, word{text: inside, quoted: true, literal: text[0] == '\''})
			text = rest
		default:
			found := lexeme.FindString(text)
			if found == "" {
				return nil, false
			}
			words = append(words, word{text: found})
			text = text[len(found):]
		}
	}
}

// quoted takes what stands between quotes, of which two inside stand for one.
func quoted(text string) (inside, rest string, closed bool) {
	quote := text[0]
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != quote:
			b.WriteByte(text[i])
		case i+1 < len(text) && text[i+1] == quote:
			b.WriteByte(quote)
			i++
		default:
			return b.String(), text[i+1:], b.Len() > 0 || quote == '\''
		}
	}
	return "", "", false
}

func letter(b byte) bool { return b == '_' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' }
