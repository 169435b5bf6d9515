package lineage

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The expectations are those of Python's fnmatch.fnmatchcase.
func TestPatternMatchesAsPythonDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "a.b/c", true},
		{"a*c", "abbc", true},
		{"a*c", "abcd", false},
		{"*a*b*", "xaxbx", true},
		{"*a*b*", "xbxax", false},
		{"?", "", false},
		{"?", "é", true},
		{"??", "é", false},
		{"[abc]", "b", true},
		{"[abc]", "d", false},
		{"[!abc]", "d", true},
		{"[!abc]", "a", false},
		{"[a-c]x", "bx", true},
		{"[c-a]", "b", false},
		{"[!c-a]", "b", true},
		{"[]]", "]", true},
		{"[]a]", "a", true},
		{"[!]]", "a", true},
		{"[!]]", "]", false},
		{"[", "[", true},
		{"[a", "[a", true},
		{"[a", "a", false},
		{"[!", "[!", true},
		{"[]", "[]", true},
		{"[-a]", "-", true},
		{"[a-]", "-", true},
		{"[^a]", "^", true},
		{"[^a]", "b", false},
		{"A", "a", false},
		{`\*`, `\x`, true},
		{"a]b", "a]b", true},
		{"stg_*_v[0-9]", "stg_x_y_v3", true},
		{"*.v1", "dim.v1", true},
		{"ω*", "ωμ", true},
	} {
		require.Equal(t, c.want, compilePattern(c.pattern).match(c.text), "%q on %q", c.pattern, c.text)
	}
}

// naiveMatch follows the definition, in exponential time.
func naiveMatch(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		return naiveMatch(pattern[1:], text) || text != "" && naiveMatch(pattern, text[1:])
	case text == "":
		return false
	}
	return (pattern[0] == '?' || pattern[0] == text[0]) && naiveMatch(pattern[1:], text[1:])
}

func TestPatternEqualsItsDefinition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab*?]{0,8}`).Draw(t, "pattern")
		text := rapid.StringMatching(`[ab]{0,10}`).Draw(t, "text")
		require.Equal(t, naiveMatch(pattern, text), compilePattern(pattern).match(text))
	})
}

func TestPatternIsNotExponential(t *testing.T) {
	t.Parallel()
	require.False(t, compilePattern(strings.Repeat("*a", 200)+"b").match(strings.Repeat("a", 20_000)))
}
