package platform

import (
	"encoding/json"
	"math"
	"strings"
	"unicode/utf8"
)

// short cuts a text at a rune, and says so with an ellipsis.
func short(s string, length int) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= length {
		return s
	}
	runes := []rune(s)
	return strings.TrimSpace(string(runes[:length-1])) + "…"
}

func rounded(score float64) float64 { return math.Round(score*1000) / 1000 } //nolint:mnd // three digits

func list(names []string) string { return strings.Join(names, ", ") }

// fitting are the first items that JSON has room for in so many bytes, and one at least.
func fitting[T any](items []T, most int) []T {
	used := 0
	for i, item := range items {
		text, err := json.Marshal(item)
		if err != nil {
			return items[:i] // nothing that is not JSON can be answered
		}
		if used += len(text) + 1; used > most && i > 0 {
			return items[:i]
		}
	}
	return items
}
