package scan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// drawJSON draws a document, with white space and escapes that encoding/json would not write.
func drawJSON(t *rapid.T, depth int) string {
	space := rapid.SampledFrom([]string{"", " ", "\n\t"}).Draw(t, "space")
	kinds := []string{"null", "true", "false", "number", "string", "object", "array"}
	if depth == 0 {
		kinds = kinds[:5]
	}
	switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
	case "number":
		return space + rapid.SampledFrom([]string{"0", "-1", "12.5", "1e3", "-2.5E-2", "123456789"}).Draw(t, "number")
	case "string":
		return space + drawString(t)
	case "object", "array":
		var parts []string
		for range rapid.IntRange(0, 4).Draw(t, "length") {
			part := drawJSON(t, depth-1)
			if kind == "object" {
				part = space + drawString(t) + space + ":" + part
			}
			parts = append(parts, part+space)
		}
		if kind == "object" {
			return space + "{" + strings.Join(parts, ",") + space + "}"
		}
		return space + "[" + strings.Join(parts, ",") + space + "]"
	default:
		return space + kind
	}
}

func drawString(t *rapid.T) string {
	pieces := rapid.SliceOfN(rapid.SampledFrom([]string{
		"a", "select", " ", `\"`, `\\`, `\/`, `\n`, `\t`, `\u0041`, `\u00e9`, `\ud83d\ude00`, "é", "ωμ", "{", "]", ",", ":",
	}), 0, 6).Draw(t, "pieces")
	return `"` + strings.Join(pieces, "") + `"`
}

func TestAnyEqualsEncodingJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		doc := drawJSON(t, 4)
		var want any
		require.NoError(t, json.Unmarshal([]byte(doc), &want), doc)
		c := scan.New([]byte(doc))
		got := c.Any()
		c.End()
		require.NoError(t, c.Err(), doc)
		require.Equal(t, want, got)

		skipping := scan.New([]byte(doc))
		skipping.Skip()
		skipping.End()
		require.NoError(t, skipping.Err(), doc)
	})
}

// Cutting a document anywhere is noticed, and called a cut.
func TestEveryCutIsNoticed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		doc := `{"nodes": {"a": ` + drawJSON(t, 3) + `}, "rest": [1, true, "x\\\"y"]}`
		cut := doc[:rapid.IntRange(0, len(doc)-1).Draw(t, "cut")]
		for name, read := range map[string]func(*scan.Cursor){
			"any":  func(c *scan.Cursor) { c.Any() },
			"skip": func(c *scan.Cursor) { c.Skip() },
			"walk": func(c *scan.Cursor) { c.Object(func([]byte) {}) },
		} {
			c := scan.New([]byte(cut))
			read(c)
			c.End()
			var syntax *scan.SyntaxError
			require.ErrorAs(t, c.Err(), &syntax, "%s of %s", name, cut)
			require.True(t, syntax.Truncated, "%s of %s: %s", name, cut, syntax)
		}
	})
}

func TestBrokenDocuments(t *testing.T) {
	t.Parallel()
	for doc, says := range map[string]string{
		`{"a" 1}`:         "missing colon at byte 5",
		`{"a": 1 "b": 2}`: "missing comma at byte 8",
		`{"a": 1,}`:       "missing key at byte 8",
		`{,}`:             "misplaced comma at byte 1",
		`{a: 1}`:          "missing key at byte 1",
		`[1 2]`:           "missing comma at byte 3",
		`[1,]`:            "misplaced comma at byte 3",
		`{"a": nope}`:     "unknown word at byte 6",
		`{"a": 1} x`:      "unexpected text after the end of the document at byte 9",
		`{"a": "\q"}`:     "unknown escape at byte 7",
		`{"a": "\u12"}`:   "unknown escape at byte 7",
		``:                "unexpected end at byte 0",
		strings.Repeat("[", 1500) + strings.Repeat("]", 1500): "nested too deep at byte 1001",
	} {
		c := scan.New([]byte(doc))
		c.Any()
		c.End()
		require.EqualError(t, c.Err(), says, doc[:min(len(doc), 30)])
	}
}

// A reader that looks at a value and leaves it, or takes the wrong kind, stays in step.
func TestFieldsThatAreLeftAreSteppedOver(t *testing.T) {
	t.Parallel()
	c := scan.New([]byte(`{"left": null, "looked": null, "number": 7, "wrong": {"x": [1, "}"]}, "flag": "true", "list": "one", "last": true}`))
	var number, wrong string
	var flag, last bool
	var list []string
	c.Object(func(key []byte) {
		switch string(key) {
		case "looked":
			require.Equal(t, byte('n'), c.Kind())
		case "number":
			number = c.Text()
		case "wrong":
			wrong = c.Text()
		case "flag":
			flag = c.Bool()
		case "list":
			list = c.Words()
		case "last":
			last = c.Bool()
		}
	})
	c.End()
	require.NoError(t, c.Err())
	require.Equal(t, "7", number)
	require.Empty(t, wrong)
	require.False(t, flag)
	require.Equal(t, []string{"one"}, list)
	require.True(t, last)
}

func FuzzCursor(f *testing.F) {
	f.Add([]byte(`{"a": [1, "x\n", {"b": null}]}`))
	f.Add([]byte("\xef\xbb\xbf{}"))
	f.Add([]byte(`{"a":"\ud83d\u0041"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := scan.New(data)
		c.Any()
		c.End()
		if json.Valid(data) && c.Err() != nil {
			t.Fatalf("valid JSON is refused: %s", c.Err())
		}
	})
}
