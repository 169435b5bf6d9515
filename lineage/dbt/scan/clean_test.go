package scan_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain, with\ttab\nand line": "plain, with\ttab\nand line",
		"ωμ é 😀":                     "ωμ é 😀",
		"a\x00b\x07c\x7fd":           "abcd",
		"one\r\ntwo\rthree":          "one\ntwo\nthree",
		"\x1b[31mred\x1b[0m":         "red",
		"\x1b[2J\x1b[1;1Hgone":       "gone",
		"\x1b]0;title\x07text":       "text",
		"\x1b]8;;http://x\x1b\\link": "link",
		"\x1b]never closed":          "never closed",
		"\x1bc reset":                " reset",
		"\x1b(B set":                 " set",
		"end\x1b":                    "end",
		"end\x1b[":                   "end",
		"\u009b31mred":               "red",
		"\u0085next":                 "next",
		"a\u202eb\u2066c":            "abc",
		"a\U000e0041b":               "ab",
		"bad \xff byte":              "bad \ufffd byte",
	} {
		require.Equal(t, want, scan.Clean([]byte(text)), "%q", text)
	}
}

// Whatever comes in, what comes out is UTF-8 that no terminal acts upon, and cleaning it again changes nothing.
func TestCleanTextIsSafe(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOf(rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte("\x1b[]\\\x07\r\n0m;")))).Draw(t, "text")
		got := scan.Clean(text)
		require.True(t, utf8.ValidString(got))
		for _, r := range got {
			require.False(t, r < ' ' && r != '\n' && r != '\t' || 0x7f <= r && r <= 0x9f, "%q", got)
		}
		require.Equal(t, got, scan.Clean([]byte(got)))
	})
}
