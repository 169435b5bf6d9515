package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// escapeSequence is what a terminal obeys: CSI (colours, cursor), OSC (titles, links) and the two-character ones.
var escapeSequence = regexp.MustCompile("(?:\x1b\\[|\u009b)[0-?]*[ -/]*[@-~]" + //nolint:gocritic // ranges of ASCII, as the standard of these sequences gives them
	"|(?:\x1b\\]|\u009d)[^\x07\x1b\u009c]*(?:\x07|\x1b\\\\|\u009c)" +
	"|\x1b[@-_]")

// clean removes terminal sequences, control characters other than \n and \t, and what reorders the text around it. What a
// warehouse or a log holds goes to terminals and to models: neither is to be steered by it, nor who reads along misled.
func clean(text string) string {
	if strings.IndexFunc(text, steers) < 0 {
		return text
	}
	text = escapeSequence.ReplaceAllString(text, "")
	return strings.Map(func(r rune) rune {
		if steers(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text)
}

// steers reports whether a character acts instead of being read.
func steers(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

// printable cleans every string of a JSON text, keys included, and leaves everything else byte for byte: order, numbers.
func printable(body []byte) (json.RawMessage, error) {
	if !suspicious(body) {
		return body, nil
	}
	var out bytes.Buffer
	for len(body) > 0 {
		start := bytes.IndexByte(body, '"')
		if start < 0 {
			break
		}
		end := start + stringEnd(body[start:])
		out.Write(body[:start])
		token, err := cleanToken(body[start:end])
		if err != nil {
			return nil, err
		}
		out.Write(token)
		body = body[end:]
	}
	out.Write(body)
	return out.Bytes(), nil
}

// suspicious reports whether a JSON text can hold a control character at all: escaped, DEL, C1 in UTF-8, or one that reorders
// text (U+061C, U+200E to U+2069).
func suspicious(body []byte) bool {
	return bytes.ContainsRune(body, '\\') || bytes.IndexByte(body, 0x7f) >= 0 || bytes.IndexByte(body, 0xc2) >= 0 ||
		bytes.Contains(body, []byte{0xd8, 0x9c}) || bytes.Contains(body, []byte{0xe2, 0x80}) || bytes.Contains(body, []byte{0xe2, 0x81})
}

// stringEnd returns the length of the JSON string that body opens with.
func stringEnd(body []byte) int {
	for i := 1; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(body)
}

func cleanToken(token []byte) ([]byte, error) {
	if !suspicious(token) {
		return token, nil
	}
	var text string
	if err := json.Unmarshal(token, &text); err != nil {
		return nil, fmt.Errorf("encode the answer: %w", err)
	}
	cleaned := clean(text)
	if cleaned == text {
		return token, nil
	}
	return marshal(cleaned)
}
