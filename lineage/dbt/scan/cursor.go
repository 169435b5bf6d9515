// Package scan reads JSON that is too large to be decoded whole, of which most is not wanted: a cursor over bytes that
// walks objects and arrays, takes the values it is asked for and steps over the rest at the speed of a memory scan.
//
// It knows nothing of dbt. Text it hands out is valid UTF-8 without control characters (see Clean). It is lenient about
// the kind of a value (asking a number for its text gives its digits) and strict about structure: the first syntax
// error stops the cursor for good and stays in Err, so that callers check once, at the end.
//
// Why not a library: over a manifest of 118 MB, encoding/json into structs takes two to three times as long as a whole
// load takes with this, and goccy/go-json about as long for the decoding alone, on one core; neither hands out members
// of an object one by one, in order, to be decoded on all cores, nor says whether a document is broken or cut.
package scan

import (
	"bytes"
	"errors"
	"fmt"
)

// Cursor is a place in a JSON document. It is not safe for concurrent use.
type Cursor struct {
	data  []byte
	pos   int
	err   *SyntaxError
	words map[string]string
}

// SyntaxError says where a document stops being JSON.
type SyntaxError struct {
	Offset    int    // bytes from the start of the document
	Problem   string // in a few words
	Truncated bool   // the document ends in the middle of a value
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.Problem, e.Offset) }

// New returns a cursor at the start of a document. A byte order mark is stepped over. The data must not change while
// the cursor is in use; texts are copies.
func New(data []byte) *Cursor {
	return &Cursor{data: bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), words: map[string]string{}}
}

// Over returns a cursor over another document that shares this one's words, for values taken with Raw.
func (c *Cursor) Over(data []byte) *Cursor { return &Cursor{data: data, words: c.words} }

// Fail stops the cursor with an error that a cursor over a part of it met.
func (c *Cursor) Fail(err error) {
	c.fail("broken value")
	if inner, ok := errors.AsType[*SyntaxError](err); ok {
		c.err.Problem = inner.Problem
	}
}

// Err returns the first syntax error, or nil.
func (c *Cursor) Err() error {
	if c.err == nil {
		return nil
	}
	return c.err
}

// End checks that nothing but white space follows.
func (c *Cursor) End() {
	c.peek()
	if c.err == nil && c.pos < len(c.data) {
		c.fail("unexpected text after the end of the document")
	}
}

// Kind is the first byte of the next value: '{', '[', '"', 't', 'f', 'n', '-' or a digit; 0 at the end or after an
// error.
func (c *Cursor) Kind() byte { return c.peek() }

// Object calls field for every key of the next value, which must take or skip the key's value. The key's bytes are
// valid until then. A value that is no object is skipped.
func (c *Cursor) Object(field func(key []byte)) {
	if c.peek() != '{' {
		c.Skip()
		return
	}
	c.pos++
	for first := true; ; first = false {
		switch c.peek() {
		case '}':
			c.pos++
			return
		case ',':
			if first {
				c.fail("misplaced comma")
				return
			}
			c.pos++
			if c.peek() != '"' {
				c.fail("missing key")
				return
			}
		case '"':
			if !first {
				c.fail("missing comma")
				return
			}
		default:
			c.fail("missing key")
			return
		}
		key := c.bytes()
		if c.peek() != ':' {
			c.fail("missing colon")
			return
		}
		c.pos++
		c.peek()
		before := c.pos
		field(key)
		if c.err == nil && c.pos == before {
			c.Skip()
		}
		if c.err != nil {
			return
		}
	}
}

// Array calls element for every element of the next value, which must take or skip it. A value that is no array is
// skipped.
func (c *Cursor) Array(element func()) {
	if c.peek() != '[' {
		c.Skip()
		return
	}
	c.pos++
	for first := true; ; first = false {
		switch b := c.peek(); {
		case b == ']':
			c.pos++
			return
		case b == ',' && !first:
			c.pos++
			if c.peek() == ']' {
				c.fail("misplaced comma")
				return
			}
		case !first:
			c.fail("missing comma")
			return
		}
		c.peek()
		before := c.pos
		element()
		if c.err == nil && c.pos == before {
			c.Skip()
		}
		if c.err != nil {
			return
		}
	}
}

// peek steps over white space and returns the byte there.
func (c *Cursor) peek() byte {
	if c.err != nil {
		return 0
	}
	for c.pos < len(c.data) {
		switch b := c.data[c.pos]; b {
		case ' ', '\n', '\r', '\t':
			c.pos++
		default:
			return b
		}
	}
	return 0
}

// fail notes the first error. At the end of the data, whatever was missing, the document was cut.
func (c *Cursor) fail(problem string) {
	if c.err != nil {
		return
	}
	c.err = &SyntaxError{Offset: c.pos, Problem: problem}
	if c.pos >= len(c.data) {
		c.err.Problem, c.err.Truncated = "unexpected end", true
	}
}
