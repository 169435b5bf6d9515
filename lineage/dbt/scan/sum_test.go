package scan_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

func sumOf(t require.TestingT, document string, lenient bool) uint64 {
	c := scan.New([]byte(document))
	sum := c.Sum(lenient)
	c.End()
	require.NoError(t, c.Err())
	return sum
}

func TestSumIsEqualForEqualValues(t *testing.T) {
	t.Parallel()
	same := [][2]string{
		{`{"a": 1, "b": [1, 2]}`, `{"b":[1,2.0],"a":1e0}`},
		{`"é"`, "\"\\u00e9\""},
		{`true`, `1`},
		{`[false]`, `[0]`},
	}
	for _, pair := range same {
		require.Equal(t, sumOf(t, pair[0], false), sumOf(t, pair[1], false), "%s and %s", pair[0], pair[1])
	}
	different := []string{
		`null`, `0`, `""`, `[]`, `{}`, `"0"`, `[0]`, `[[0]]`, `{"a": null}`, `{"a": {}}`, `{"a": {"a": 1}, "b": 1}`, `{"a": 1, "b": {"a": 1}}`,
		`[1, 2]`, `[2, 1]`, `{"a": 1, "b": 2}`, `{"a": 2, "b": 1}`, `{"a": "b"}`, `{"b": "a"}`, `["a", "a"]`, `["a"]`, `1.5`, `-1.5`,
	}
	seen := map[uint64]string{}
	for _, document := range different {
		sum := sumOf(t, document, false)
		require.Empty(t, seen[sum], document)
		seen[sum] = document
	}
	require.Equal(t, sumOf(t, `{"a": {"b": null}, "c": 1}`, true), sumOf(t, `{"c": 1, "a": {}}`, true))
	require.NotEqual(t, sumOf(t, `{"a": {}}`, true), sumOf(t, `{}`, true))
}

// A document says the same however it is written, and something else after any change to a leaf.
func TestSumFollowsTheValue(t *testing.T) {
	t.Parallel()
	leaf := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Map(rapid.IntRange(2, 99), func(i int) any { return float64(i) }),
	)
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.MapOfN(rapid.String(), rapid.SliceOfN(leaf, 1, 4), 1, 4).Draw(t, "value")
		plain, err := json.Marshal(value)
		require.NoError(t, err)
		indented, err := json.MarshalIndent(value, "", "  ")
		require.NoError(t, err)
		require.Equal(t, sumOf(t, string(plain), false), sumOf(t, string(indented), false))
		for key, list := range value {
			changed := append([]any{}, list...)
			changed[len(changed)-1] = []any{changed[len(changed)-1]}
			value[key] = changed
			other, err := json.Marshal(value)
			require.NoError(t, err)
			require.NotEqual(t, sumOf(t, string(plain), false), sumOf(t, string(other), false))
			break
		}
	})
}

func TestExactTellsWhatCleaningHides(t *testing.T) {
	t.Parallel()
	exact := func(document string) (string, uint64) { return scan.New([]byte(document)).Exact() }
	text, sum := exact(`"select 1\n"`)
	require.Equal(t, "select 1\n", text)
	require.Zero(t, sum)
	windows, other := exact(`"select 1\r\n"`)
	require.Equal(t, text, windows)
	require.NotZero(t, other)
}
