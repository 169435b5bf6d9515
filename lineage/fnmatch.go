package lineage

import (
	"slices"
	"unicode/utf8"
)

// pattern is a shell pattern as dbt takes it (Python's fnmatch): * any text, ? any character, [a-z] and [!a-z] one
// character of a class. Letters are compared as written. It has no separators: * also passes dots and slashes.
type pattern []token

type token struct {
	kind    tokenKind
	literal rune
	ranges  [][2]rune
	negated bool
}

type tokenKind int

const (
	tokenLiteral tokenKind = iota
	tokenAny
	tokenStar
	tokenClass
)

func compilePattern(text string) pattern {
	var p pattern
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		switch runes[i] {
		case '*':
			if len(p) == 0 || p[len(p)-1].kind != tokenStar {
				p = append(p, token{kind: tokenStar})
			}
		case '?':
			p = append(p, token{kind: tokenAny})
		case '[':
			t, end := compileClass(runes, i)
			p = append(p, t)
			i = end
		default:
			p = append(p, token{literal: runes[i]})
		}
	}
	return p
}

// compileClass reads the class that opens at i and returns it with the place where it ends. A bracket that is never
// closed stands for itself; a bracket right after the opening belongs to the class.
func compileClass(runes []rune, i int) (t token, end int) {
	start := i + 1
	if start < len(runes) && runes[start] == '!' {
		t.negated = true
		start++
	}
	from := start
	if from < len(runes) && runes[from] == ']' {
		from++
	}
	closing := slices.Index(runes[min(from, len(runes)):], ']')
	if closing < 0 {
		return token{literal: '['}, i
	}
	end = from + closing
	t.kind = tokenClass
	for k := start; k < end; k++ {
		if k+2 < end && runes[k+1] == '-' {
			t.ranges = append(t.ranges, [2]rune{runes[k], runes[k+2]}) // a range backwards holds nothing
			k += 2
			continue
		}
		t.ranges = append(t.ranges, [2]rune{runes[k], runes[k]})
	}
	return t, end
}

func (t token) accepts(r rune) bool {
	switch t.kind {
	case tokenLiteral:
		return t.literal == r
	case tokenAny:
		return true
	case tokenClass:
		for _, x := range t.ranges {
			if x[0] <= r && r <= x[1] {
				return !t.negated
			}
		}
		return t.negated
	case tokenStar:
	}
	return false
}

// match reports whether the whole text fits. On a mismatch only the last star is tried again, so the time is bounded by
// the product of the lengths.
func (p pattern) match(text string) bool {
	at, star, retry := 0, -1, 0
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		switch {
		case at < len(p) && p[at].kind == tokenStar:
			star, retry = at, i
			at++
		case at < len(p) && p[at].accepts(r):
			at++
			i += size
		case star >= 0:
			_, skip := utf8.DecodeRuneInString(text[retry:])
			retry += skip
			at, i = star+1, retry
		default:
			return false
		}
	}
	for at < len(p) && p[at].kind == tokenStar {
		at++
	}
	return at == len(p)
}
