package wire_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/fault"
)

// anyJSON draws values as models write them: the right type, a slip, or neither.
func anyJSON(depth int) *rapid.Generator[any] {
	scalars := rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.IntRange(-3, 30), func(i int) any { return i }),
		rapid.Map(rapid.Float64Range(-1e6, 1e6), func(f float64) any { return f }),
		rapid.Map(rapid.SampledFrom([]string{
			"", "a", "7", "1.5", "true", "day", "upstream", "model", `["model"]`, `{"k":"v"}`, `{"first":"2026-01-01T00:00:00Z"}`,
			"2026-01-01T00:00:00Z", "[", "{}", "null", "1e400",
		}), func(s string) any { return s }),
	)
	if depth == 0 {
		return scalars
	}
	return rapid.OneOf(scalars,
		rapid.Map(rapid.SliceOfN(anyJSON(depth-1), 0, 3), func(list []any) any { return list }),
		rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"first", "last", "k"}), anyJSON(depth-1), 0, 3),
			func(object map[string]any) any { return object }))
}

func TestWhatIsAcceptedAgreesWithTheSchemaAndIsAcceptedAgain(t *testing.T) {
	t.Parallel()
	tool := sampleTool(t, "search")
	schema := compiled(t, tool.Input)
	properties := []string{"node", "direction", "depth", "ratio", "strict", "types", "where", "grain", "span", "extra", "nod"}
	rapid.Check(t, func(rt *rapid.T) {
		given := rapid.MapOfN(rapid.SampledFrom(properties), anyJSON(2), 0, 4).Draw(rt, "arguments")
		if rapid.Bool().Draw(rt, "with a node") {
			given["node"] = "a"
		}
		arguments, err := json.Marshal(given)
		require.NoError(rt, err)

		first, err := tool.Call(t.Context(), arguments)
		if err != nil {
			require.Equal(rt, fault.Invalid, fault.KindOf(err), err.Error())
			return
		}
		var out struct {
			Asked json.RawMessage `json:"asked"`
		}
		require.NoError(rt, json.Unmarshal(first, &out))
		require.NoError(rt, schema.Validate(instance(t, out.Asked)), string(out.Asked))
		second, err := tool.Call(t.Context(), out.Asked)
		require.NoError(rt, err)
		require.Equal(rt, string(first), string(second), "what was mended needs no mending")
	})
}
