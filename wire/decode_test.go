package wire_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
)

// asked calls the search tool, which answers with the arguments as they reached it.
func asked(t *testing.T, arguments string) (string, error) {
	t.Helper()
	answer, err := sampleTool(t, "search").Call(t.Context(), json.RawMessage(arguments))
	if err != nil {
		return "", err
	}
	var out struct {
		Asked json.RawMessage `json:"asked"`
	}
	require.NoError(t, json.Unmarshal(answer, &out))
	return string(out.Asked), nil
}

func TestSlipsThatLeaveNoDoubtAreMended(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ given, taken string }{
		"nothing to mend":            {`{"node":"a","depth":2}`, `{"node":"a","direction":"both","depth":2}`},
		"defaults":                   {`{"node":"a"}`, `{"node":"a","direction":"both","depth":1}`},
		"null is absent":             {`{"node":"a","depth":null,"types":null}`, `{"node":"a","direction":"both","depth":1}`},
		"text of a number":           {`{"node":"a","depth":" 7 "}`, `{"node":"a","direction":"both","depth":7}`},
		"a whole number with .0":     {`{"node":"a","depth":7.0}`, `{"node":"a","direction":"both","depth":7}`},
		"a whole number as 1e1":      {`{"node":"a","depth":1e1}`, `{"node":"a","direction":"both","depth":10}`},
		"text of a fraction":         {`{"node":"a","ratio":"0.5"}`, `{"node":"a","direction":"both","depth":1,"ratio":0.5}`},
		"text of a truth value":      {`{"node":"a","strict":"True"}`, `{"node":"a","direction":"both","depth":1,"strict":true}`},
		"a number for a text":        {`{"node":2026}`, `{"node":"2026","direction":"both","depth":1}`},
		"one for a list":             {`{"node":"a","types":"model"}`, `{"node":"a","direction":"both","depth":1,"types":["model"]}`},
		"text of a list":             {`{"node":"a","types":"[\"model\",\"source\"]"}`, `{"node":"a","direction":"both","depth":1,"types":["model","source"]}`},
		"text of an object":          {`{"node":"a","where":"{\"country\":5}"}`, `{"node":"a","direction":"both","depth":1,"where":{"country":"5"}}`},
		"text of all the arguments":  {`"{\"node\":\"a\"}"`, `{"node":"a","direction":"both","depth":1}`},
		"a type of its own":          {`{"node":"a","grain":"week"}`, `{"node":"a","direction":"both","depth":1,"grain":"week"}`},
		"anything":                   {`{"node":"a","extra":{"b":[1,null]}}`, `{"node":"a","direction":"both","depth":1,"extra":{"b":[1,null]}}`},
		"a list's bracket in a name": {`{"node":"[a"}`, `{"node":"[a","direction":"both","depth":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			taken, err := asked(t, c.given)
			require.NoError(t, err)
			require.Equal(t, c.taken, taken)
		})
	}
}

func TestRefusedArgumentsAreNamedWithWhatIsValid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ given, said string }{
		"unknown": {
			`{"nod":"a"}`,
			`Unknown argument "nod". Did you mean node? Valid: node, direction, depth, ratio, strict, types, where, grain, span, extra.`,
		},
		"unknown, and null": {
			`{"node":"a","nod":null}`,
			`Unknown argument "nod". Did you mean node? Valid: node, direction, depth, ratio, strict, types, where, grain, span, extra.`,
		},
		"unknown below": {`{"node":"a","span":{"fist":"x"}}`, `Unknown key "fist" in "span". Did you mean first? Valid: first, last.`},
		"missing":       {`{}`, `Argument "node" is missing. It is: unique_id, name or relation name. Required: node.`},
		"no arguments":  {``, `Argument "node" is missing. It is: unique_id, name or relation name. Required: node.`},
		"null for what is required": {
			`{"node":null}`,
			`Argument "node" is missing. It is: unique_id, name or relation name. Required: node.`,
		},
		"missing below":        {`{"node":"a","span":{"first":"2026-01-01T00:00:00Z"}}`, `Argument "span.last" is missing. Required: first, last.`},
		"a fraction":           {`{"node":"a","depth":1.5}`, `Argument "depth" must be a whole number; given 1.5.`},
		"no number":            {`{"node":"a","depth":"two"}`, `Argument "depth" must be a whole number; given "two".`},
		"an empty text":        {`{"node":"a","depth":""}`, `Argument "depth" must be a whole number; given "".`},
		"a huge number":        {`{"node":"a","depth":1e999999999}`, `Argument "depth" must be a whole number; given 1e999999999.`},
		"beyond an int":        {`{"node":"a","depth":9223372036854775808}`, `Argument "depth" must be a whole number; given 9223372036854775808.`},
		"out of range":         {`{"node":"a","depth":21}`, `Argument "depth" must be a whole number from 1 to 20; given 21.`},
		"below the range":      {`{"node":"a","depth":"0"}`, `Argument "depth" must be a whole number from 1 to 20; given "0".`},
		"no truth value":       {`{"node":"a","strict":1}`, `Argument "strict" must be true or false; given 1.`},
		"an object for a text": {`{"node":{"id":"a"}}`, `Argument "node" must be a string; given {"id":"a"}.`},
		"a list for a text":    {`{"node":["a","b"]}`, `Argument "node" must be a string; given ["a","b"].`},
		"a text for an object": {`{"node":"a","where":"country=KR"}`, `Argument "where" must be an object; given "country=KR".`},
		"not in the enum": {
			`{"node":"a","direction":"upsrteam"}`,
			`Argument "direction" must be one of upstream, downstream, both; given "upsrteam". Did you mean upstream?`,
		},
		"not in a list's enum": {`{"node":"a","types":["model","tests"]}`, `Argument "types[1]" must be one of model, source; given "tests".`},
		"null in a list":       {`{"node":"a","types":[null]}`, `Argument "types[0]" must be a value; given null.`},
		"too many":             {`{"node":"a","types":["model","source","model"]}`, `Argument "types" takes at most 2 values; given 3.`},
		"a type's own rule":    {`{"node":"a","grain":"hour"}`, `Argument "grain" is not valid: valid grains are day and week; given "hour".`},
		"no instant": {
			`{"node":"a","span":{"first":"yesterday","last":"2026-01-02T00:00:00Z"}}`,
			`Argument "span" is not valid: a time is written like 2026-01-31T09:00:00Z; given {"first":"yesterday","last":"2026-01-02T00:00:00Z"}.`,
		},
		"a list of arguments": {`["a"]`, `The arguments must be an object; given ["a"].`},
		"half of JSON":        {`{"node":`, `The arguments are not JSON: unexpected EOF.`},
		"two objects":         {`{"node":"a"}{}`, `The arguments are not JSON: there is more after the first value.`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := asked(t, c.given)
			require.EqualError(t, err, c.said)
			require.Equal(t, fault.Invalid, fault.KindOf(err))
		})
	}
	t.Run("a tool without arguments", func(t *testing.T) {
		t.Parallel()
		_, err := sampleTool(t, "locked").Call(t.Context(), json.RawMessage(`{"x":1}`))
		require.EqualError(t, err, `Unknown argument "x": none is taken.`)
	})
}
