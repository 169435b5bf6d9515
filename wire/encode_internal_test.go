package wire

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

type leaf struct {
	Names  []string       `json:"names"`
	Counts map[string]int `json:"counts"`
}

type inner struct {
	Leaves []leaf `json:"leaves"`
}

type whole struct {
	inner

	Nested  *leaf             `json:"nested"`
	Absent  *leaf             `json:"absent"`
	ByName  map[string][]leaf `json:"by_name"`
	Pair    [2]leaf           `json:"pair"`
	Any     any               `json:"any"`
	Bytes   []byte            `json:"bytes"`
	Raw     json.RawMessage   `json:"raw"`
	Empty   []string          `json:"empty,omitempty"`
	Zero    []string          `json:"zero,omitzero"`
	Skipped []string          `json:"-"`
	private []string
}

func TestNilSlicesAndMapsAreNeverNull(t *testing.T) {
	t.Parallel()
	value := whole{
		inner: inner{Leaves: []leaf{{}}}, Nested: &leaf{}, ByName: map[string][]leaf{"a": nil, "b": {{}}}, Any: []leaf{{}},
	}
	out, err := encodeAnswer(&value)
	require.NoError(t, err)
	empty := `{"names":[],"counts":{}}`
	require.Equal(t, `{"leaves":[`+empty+`],"nested":`+empty+`,"absent":null,"by_name":{"a":[],"b":[`+empty+`]},"pair":[`+empty+`,`+empty+
		`],"any":[`+empty+`],"bytes":"","raw":null}`, string(out.body))
	require.Nil(t, value.ByName["a"], "what a service returned stays as it was: it may be a shared snapshot")
	require.Nil(t, value.Nested.Names)
	require.Nil(t, value.Leaves[0].Names)
	require.Nil(t, value.private)
}

// TestCodeStandsInAnswersAsItIs and not escaped as in a page of HTML.
func TestCodeStandsInAnswersAsItIs(t *testing.T) {
	t.Parallel()
	out, err := encodeAnswer(struct {
		Code string `json:"code"`
	}{"a <> b && c > \x1b[1md"})
	require.NoError(t, err)
	require.Equal(t, `{"code":"a <> b && c > d"}`, string(out.body))
}

func TestCleanRemovesWhatATerminalObeys(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"plain, 한국어, ünï":                       "plain, 한국어, ünï",
		"two\nlines\tand a tab":                 "two\nlines\tand a tab",
		"\x1b[1;31mERROR\x1b[0m in model":       "ERROR in model",
		"\x1b]0;owned\x07title":                 "title",
		"\x1b]8;;http://x\x1b\\link":            "link",
		"\x1b]an end that never comes":          "an end that never comes",
		"\u009b2Jscreen":                        "screen",
		"a\r\nb\x00c\x7fd\u0085e\x1b":           "a\nbcde",
		"\x1b[":                                 "",
		"file\u202egnp.exe \u2066x\u2069\u200f": "filegnp.exe x",
		"an invalid byte stays as it is: \xff":  "an invalid byte stays as it is: \xff",
	} {
		require.Equal(t, want, clean(given), "%q", given)
	}
}

func TestPrintableKeepsEverythingButControlCharacters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("\x1b[]0;m\x07\r\n\t\x00\x7f\u0085\u009b\\\"")))).Draw(t, "text")
		key := "k" + rapid.String().Draw(t, "key")
		body, err := encode(map[string]any{key: []any{text, json.Number("1.50"), nil}})
		require.NoError(t, err)
		require.False(t, strings.ContainsFunc(string(body), unicode.IsControl), "%q", body)
		var out map[string][]any
		require.NoError(t, json.Unmarshal(body, &out))
		require.Equal(t, map[string][]any{clean(key): {clean(text), 1.5, nil}}, out)
		require.Contains(t, string(body), "1.50", "numbers are as they were written")
	})
}

func TestPrintableReadsEscapesOfAnyCase(t *testing.T) {
	t.Parallel()
	body, err := encode(struct {
		Raw json.RawMessage `json:"raw"`
	}{json.RawMessage(`{"\u001B[31mkey":"\u009B0mone\\u001b\ntwo"}`)})
	require.NoError(t, err)
	require.Equal(t, `{"raw":{"key":"one\\u001b\ntwo"}}`, string(body))
}
