package scan

import "bytes"

// Skip steps over the next value, whatever it is. Inside it only strings and brackets are looked at.
func (c *Cursor) Skip() {
	switch b := c.peek(); b {
	case '"':
		c.pos, _ = c.closing()
	case '{', '[':
		c.skipNested()
	default:
		c.literal()
	}
}

// Raw steps over the next value and returns its bytes, which belong to the document.
func (c *Cursor) Raw() []byte {
	c.peek()
	start := c.pos
	c.Skip()
	if c.err != nil {
		return nil
	}
	return c.data[start:c.pos]
}

func (c *Cursor) skipNested() {
	depth := 0
	for c.pos < len(c.data) {
		switch c.data[c.pos] {
		case '"':
			if c.pos, _ = c.closing(); c.err != nil {
				return
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				c.pos++
				return
			}
		}
		c.pos++
	}
	c.fail("unexpected end")
}

// closing returns the place after the string that opens at pos, and whether its bytes are its text: no escapes.
func (c *Cursor) closing() (after int, plain bool) {
	start := c.pos + 1
	for i := start; ; {
		k := bytes.IndexByte(c.data[i:], '"')
		if k < 0 {
			c.pos = len(c.data)
			c.fail("unexpected end")
			return c.pos, false
		}
		i += k + 1
		slashes := 0
		for j := i - 2; j >= start && c.data[j] == '\\'; j-- {
			slashes++
		}
		if slashes%2 == 0 {
			return i, slashes == 0 && bytes.IndexByte(c.data[start:i-1], '\\') < 0
		}
	}
}

// literal steps over a number, true, false or null and returns its bytes.
func (c *Cursor) literal() []byte {
	start := c.pos
	for c.pos < len(c.data) && isLiteral(c.data[c.pos]) {
		c.pos++
	}
	word := c.data[start:c.pos]
	if len(word) == 0 {
		c.fail("missing value")
		return nil
	}
	switch b := word[0]; {
	case b == '-', '0' <= b && b <= '9', string(word) == "true", string(word) == "false", string(word) == "null",
		b == 'N', b == 'I': // NaN and Infinity: Python writes them
		return word
	}
	if c.pos < len(c.data) {
		c.pos = start
	}
	c.fail("unknown word")
	return nil
}

func isLiteral(b byte) bool {
	return 'a' <= b && b <= 'z' || '0' <= b && b <= '9' || b == '-' || b == '+' || b == '.' || 'A' <= b && b <= 'Z'
}
