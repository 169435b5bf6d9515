package scan

import (
	"strings"
	"unicode/utf8"
)

// Clean makes text safe to show on a terminal, in a log and to an agent: control characters except newline and tab,
// terminal escape sequences, marks that reorder text and invisible tag characters are dropped, line ends become \n,
// bytes that are no UTF-8 become U+FFFD. Most text is returned as it is.
func Clean(text []byte) string {
	for _, b := range text {
		if (b < ' ' && b != '\n' && b != '\t') || b >= 0x7f {
			return cleanSlowly(text)
		}
	}
	return string(text)
}

func cleanSlowly(text []byte) string {
	var out strings.Builder
	out.Grow(len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == '\r':
			if len(text) < 2 || text[1] != '\n' {
				out.WriteByte('\n')
			}
		case r == 0x1b:
			size = escapeSize(text)
		case r == 0x9b: // the one-character form of ESC [
			size += parametersSize(text[size:])
		case !hidden(r):
			out.WriteRune(r)
		}
		text = text[size:]
	}
	return out.String()
}

// hidden reports whether a character is left out.
func hidden(r rune) bool {
	switch {
	case r == '\n', r == '\t':
		return false
	case r < ' ', 0x7f <= r && r <= 0x9f:
		return true
	case 0x202a <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069: // these reorder what is read
		return true
	}
	return 0xe0000 <= r && r <= 0xe007f // tag characters: text that no reader sees
}

// escapeSize is the length of the terminal escape sequence at the start of text, which is at least the escape itself.
func escapeSize(text []byte) int {
	if len(text) < 2 {
		return 1
	}
	switch text[1] {
	case '[':
		return 2 + parametersSize(text[2:])
	case ']', 'P', 'X', '^', '_': // a string for the terminal, closed by BEL or ESC \
		for k := 2; k < len(text); k++ {
			if text[k] == 0x07 {
				return k + 1
			}
			if text[k] == 0x1b {
				return min(k+2, len(text))
			}
		}
		return 2 // never closed: what follows is shown rather than lost
	}
	k := 1
	for k < len(text) && ' ' <= text[k] && text[k] <= '/' {
		k++
	}
	if k < len(text) && '0' <= text[k] && text[k] <= '~' {
		return k + 1
	}
	return k
}

// parametersSize is the length of the parameters and the final letter of a control sequence.
func parametersSize(text []byte) int {
	k := 0
	for k < len(text) && ' ' <= text[k] && text[k] <= '?' {
		k++
	}
	if k < len(text) && '@' <= text[k] && text[k] <= '~' {
		return k + 1
	}
	return k
}
