package scan

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds the nesting of a value taken with Any. Deeper documents are refused, not followed to the end of the
// stack.
const maxDepth = 1000

// Text takes the next value as text: a string cleaned, a number or truth value as written, anything else as "".
func (c *Cursor) Text() string {
	switch c.peek() {
	case '"':
		return Clean(c.bytes())
	case '{', '[':
		c.Skip()
		return ""
	}
	if word := c.literal(); string(word) != "null" {
		return string(word)
	}
	return ""
}

// Word is Text for short values that repeat, such as names and types: equal ones share their memory.
func (c *Cursor) Word() string {
	if c.peek() != '"' {
		return c.Text()
	}
	return c.share(c.bytes())
}

// Bool takes the next value as a truth value; anything but true is false.
func (c *Cursor) Bool() bool {
	if c.peek() == 't' {
		return string(c.literal()) == "true"
	}
	c.Skip()
	return false
}

// Float takes the next value as a number; ok is false where it is none.
func (c *Cursor) Float() (value float64, ok bool) {
	if b := c.peek(); b != '-' && (b < '0' || b > '9') {
		c.Skip()
		return 0, false
	}
	value, err := strconv.ParseFloat(string(c.literal()), 64)
	return value, err == nil
}

// Int takes the next value as a whole number; ok is false where it is none.
func (c *Cursor) Int() (value int64, ok bool) {
	f, ok := c.Float()
	return int64(f), ok && f == float64(int64(f))
}

// Words takes the next value as a list of texts; a single text is a list of one, null an empty one.
func (c *Cursor) Words() []string {
	out := []string{}
	switch c.peek() {
	case '[':
		c.Array(func() { out = append(out, c.Word()) })
	case '"':
		out = append(out, c.Word())
	default:
		c.Skip()
	}
	return out
}

// Any takes the next value as encoding/json does: map[string]any, []any, string, float64, bool or nil. Texts and keys
// are cleaned.
func (c *Cursor) Any() any { return c.anyValue(0) }

func (c *Cursor) anyValue(depth int) any {
	if depth > maxDepth {
		c.fail("nested too deep")
		return nil
	}
	switch b := c.peek(); b {
	case '{':
		out := map[string]any{}
		c.Object(func(key []byte) { out[c.share(key)] = c.anyValue(depth + 1) })
		return out
	case '[':
		out := []any{}
		c.Array(func() { out = append(out, c.anyValue(depth+1)) })
		return out
	case '"':
		return c.Word()
	case 't', 'f':
		return string(c.literal()) == "true"
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		f, _ := c.Float()
		return f
	}
	c.Skip()
	return nil
}

// maxShared is the length up to which texts are shared. Longer ones seldom repeat.
const maxShared = 64

// Share returns a key's text, sharing its memory with equal ones.
func (c *Cursor) Share(key []byte) string { return c.share(key) }

func (c *Cursor) share(text []byte) string {
	if len(text) > maxShared {
		return Clean(text)
	}
	if s, ok := c.words[string(text)]; ok {
		return s
	}
	s := Clean(text)
	c.words[string(text)] = s
	return s
}

// bytes takes the string at pos and returns its text, escapes resolved. Without escapes it is part of the document.
func (c *Cursor) bytes() []byte {
	start := c.pos + 1
	after, plain := c.closing()
	if c.err != nil {
		return nil
	}
	c.pos = after
	text := c.data[start : after-1]
	if plain {
		return text
	}
	return c.unescape(text)
}

func (c *Cursor) unescape(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for {
		k := bytes.IndexByte(text, '\\')
		if k < 0 {
			return append(out, text...)
		}
		out = append(out, text[:k]...)
		var size int
		if out, size = appendEscape(out, text[k:]); size == 0 {
			c.pos -= len(text) - k + 1
			c.fail("unknown escape")
			return nil
		}
		text = text[k+size:]
	}
}

// appendEscape resolves the escape at the start of text and returns how long it is; 0 where it is none.
func appendEscape(out, text []byte) (longer []byte, size int) {
	if len(text) < 2 {
		return out, 0
	}
	switch b := text[1]; b {
	case '"', '\\', '/':
		return append(out, b), 2
	case 'n':
		return append(out, '\n'), 2
	case 't':
		return append(out, '\t'), 2
	case 'r':
		return append(out, '\r'), 2
	case 'b':
		return append(out, '\b'), 2
	case 'f':
		return append(out, '\f'), 2
	case 'u':
		r, ok := hex4(text)
		if !ok {
			return out, 0
		}
		if utf16.IsSurrogate(r) {
			if low, ok := hex4(text[6:]); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
				return utf8.AppendRune(out, utf16.DecodeRune(r, low)), 12
			}
		}
		return utf8.AppendRune(out, r), 6 // half a pair becomes U+FFFD
	}
	return out, 0
}

func hex4(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil
}
