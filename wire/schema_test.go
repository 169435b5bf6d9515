package wire_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/wire"
)

func TestInputSchemaIsClosedOrderedAndBare(t *testing.T) {
	t.Parallel()
	// As bytes: the order of properties is the order a model reads them in.
	require.Equal(t, `{"properties":{`+
		`"node":{"type":"string","description":"unique_id, name or relation name."},`+
		`"direction":{"type":"string","enum":["upstream","downstream","both"],"description":"Which way to walk.","default":"both"},`+
		`"depth":{"type":"integer","maximum":20,"minimum":1,"description":"How many steps.","default":1},`+
		`"ratio":{"type":"number"},`+
		`"strict":{"type":"boolean"},`+
		`"types":{"items":{"type":"string","enum":["model","source"]},"type":"array","maxItems":2},`+
		`"where":{"additionalProperties":{"type":"string"},"type":"object"},`+
		`"grain":{"type":"string"},`+
		`"span":{"properties":{"first":{"type":"string","format":"date-time"},"last":{"type":"string","format":"date-time"}},`+
		`"additionalProperties":false,"type":"object","required":["first","last"]},`+
		`"extra":{}},`+
		`"additionalProperties":false,"type":"object","required":["node"]}`, string(sampleTool(t, "search").Input))
}

func TestInputSchemaOfNoArgumentsStillIsAnObject(t *testing.T) {
	t.Parallel()
	require.Equal(t, `{"properties":{},"additionalProperties":false,"type":"object"}`, string(sampleTool(t, "lost").Input))
}

func TestOutputSchemaRequiresNothingAndAdmitsNull(t *testing.T) {
	t.Parallel()
	output := string(sampleTool(t, "search").Output)
	require.NotContains(t, output, "required")
	require.NotContains(t, output, `"additionalProperties":false`)
	require.NotContains(t, output, "elapsed")
	require.Contains(t, output, `"score":{"type":["number","null"]}`)
	require.Contains(t, output, `"class":{"enum":["a","b",null],"type":["string","null"]}`)
	require.Contains(t, output, `"optional":{"type":"string"}`)
	require.Contains(t, output, `"value":{}`)
	require.Contains(t, output, `"as_of":{"type":"string","format":"date-time"}`)
}

func TestAnswersAgreeWithTheirSchema(t *testing.T) {
	t.Parallel()
	tool := sampleTool(t, "search")
	schema := compiled(t, tool.Output)
	for name, arguments := range map[string]string{
		"least": `{"node":"a"}`,
		"most": `{"node":"a","direction":"upstream","depth":3,"ratio":0.5,"strict":true,"types":["model"],"where":{"k":"v"},
			"grain":"day","span":{"first":"2026-01-01T00:00:00Z","last":"2026-01-02T00:00:00Z"},"extra":{"x":[1,null]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, err := tool.Call(t.Context(), json.RawMessage(arguments))
			require.NoError(t, err)
			require.NoError(t, schema.Validate(instance(t, answer)), string(answer))
			require.NoError(t, compiled(t, tool.Input).Validate(instance(t, json.RawMessage(arguments))))
		})
	}
	t.Run("a failure does too, because some clients check it", func(t *testing.T) {
		t.Parallel()
		require.NoError(t, schema.Validate(instance(t, []byte(`{"error":{"kind":"invalid","message":"no","retryable":false}}`))))
	})
	t.Run("another shape does not", func(t *testing.T) {
		t.Parallel()
		require.Error(t, schema.Validate(instance(t, []byte(`{"hits":null}`))))
		require.Error(t, schema.Validate(instance(t, []byte(`{"hits":[{"id":7}]}`))))
	})
}

type tree struct {
	Children []tree `json:"children"`
}

func TestToolsThatCannotBeServedAreRefusedAtConstruction(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tool wire.Tool
		want string
	}{
		"recursive output": {wire.Read("a", "A", "A.", echo[none, tree]), "contains itself"},
		"recursive input":  {wire.Read("a", "A", "A.", echo[tree, none]), "contains itself"},
		"channel": {wire.Read("a", "A", "A.", echo[none, struct {
			C chan int `json:"c"`
		}]), "field C: type chan int has no JSON"},
		"list as output": {wire.Read("a", "A", "A.", echo[none, []string]), "output []string is not a struct"},
		"text as input":  {wire.Read("a", "A", "A.", echo[string, none]), "input string is not a struct"},
		"reserved name": {wire.Read("a", "A", "A.", echo[none, struct {
			E string `json:"error"`
		}]), "field named error"},
		"name":           {wire.Read("Find-Nodes", "A", "A.", echo[none, none]), "lower_snake_case"},
		"no description": {wire.Read("a", "A", "", echo[none, none]), "no title or no description"},
		"made by hand":   {wire.Tool{Name: "a", Title: "A", Description: "A."}, "not made with Read or Write"},
		"rule not checked": {wire.Read("a", "A", "A.", echo[struct {
			S string `json:"s" jsonschema:"pattern=^a"`
		}, none]), "only enum, default"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, c.tool.Validate(), c.want)
			_, err := wire.NewServer(wire.Info{Name: "s", Version: "1", Now: time.Now}, []wire.Tool{c.tool}, nil, nil, zerolog.New(io.Discard))
			require.ErrorContains(t, err, c.want)
			_, err = c.tool.Call(t.Context(), nil)
			require.Error(t, err)
		})
	}
	t.Run("a name given twice", func(t *testing.T) {
		t.Parallel()
		tool := sampleTool(t, "lost")
		_, err := wire.NewServer(wire.Info{Name: "s", Version: "1", Now: time.Now}, []wire.Tool{tool, tool}, nil, nil, zerolog.New(io.Discard))
		require.ErrorContains(t, err, `tool "lost": there are two of that name`)
	})
}

func TestCostsAreBytesByFour(t *testing.T) {
	t.Parallel()
	tool := sampleTool(t, "erase")
	require.Equal(t, (len("erase")+len("Erases a text.")+len(tool.Input))/4, wire.TokenCost(tool))
	require.Greater(t, wire.EntryCost(tool), wire.TokenCost(tool)+len(tool.Output)/4)
}

func echo[In, Out any](context.Context, In) (Out, error) {
	var out Out
	return out, nil
}

func compiled(t *testing.T, schema json.RawMessage) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("mem:///schema.json", instance(t, schema)))
	out, err := compiler.Compile("mem:///schema.json")
	require.NoError(t, err)
	return out
}

func instance(t *testing.T, text []byte) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err, string(text))
	return value
}
