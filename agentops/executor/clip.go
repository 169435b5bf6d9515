package executor

import (
	"strings"
	"unicode/utf8"
)

// clipped is how many characters of a foreign message a sentence holds.
const clipped = 300

// Clip makes one short line of what a foreign program said, and shows by an ellipsis where it cut.
func Clip(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= clipped {
		return text
	}
	return strings.TrimSpace(string([]rune(text)[:clipped-1])) + "…"
}
