package wire

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/headwater-mcp/headwater/fault"
)

// fit returns value as the schema wants it, or the fault that says why it cannot be. at is the path of the value: "" for
// the arguments themselves, node, nodes[2], where.country.
func fit(value any, schema *jsonschema.Schema, at string) (any, error) {
	var fitted any
	var err error
	switch schema.Type {
	case "object":
		fitted, err = fitObject(value, schema, at)
	case "array":
		fitted, err = fitList(value, schema, at)
	case "integer":
		fitted, err = fitNumber(value, schema, at, true)
	case "number":
		fitted, err = fitNumber(value, schema, at, false)
	case "boolean":
		fitted, err = fitBool(value, at)
	case "string":
		fitted, err = fitString(value, at)
	default:
		return value, nil
	}
	if err != nil {
		return nil, err
	}
	return fitted, listed(fitted, schema, at)
}

// fitObject mends a JSON text of an object, and fits every property. A null is an absent property; an absent property
// gets the default.
func fitObject(value any, schema *jsonschema.Schema, at string) (any, error) {
	object, ok := reparsed(value, '{').(map[string]any)
	if !ok {
		return nil, mistyped(at, "an object", value)
	}
	fitted := make(map[string]any, len(object))
	for _, name := range sortedKeys(object) {
		property, known := propertyOf(schema, name)
		switch {
		case !known && closed(schema):
			return nil, unknown(name, schema, at)
		case object[name] == nil:
			continue
		case !known && schema.AdditionalProperties == nil:
			fitted[name] = object[name]
			continue
		case !known:
			property = schema.AdditionalProperties
		}
		below, err := fit(object[name], property, join(at, name))
		if err != nil {
			return nil, err
		}
		fitted[name] = below
	}
	return complete(fitted, schema, at)
}

// complete fills in the defaults and refuses an object that lacks what is required.
func complete(object map[string]any, schema *jsonschema.Schema, at string) (any, error) {
	for name, property := range schema.Properties.FromOldest() {
		if _, there := object[name]; there {
			continue
		}
		if property.Default != nil {
			object[name] = property.Default
			continue
		}
		if slices.Contains(schema.Required, name) {
			return nil, missing(join(at, name), property, schema)
		}
	}
	return object, nil
}

// fitList mends a JSON text of a list and a value that stands alone.
func fitList(value any, schema *jsonschema.Schema, at string) (any, error) {
	list, ok := reparsed(value, '[').([]any)
	if !ok {
		list = []any{value}
	}
	fitted := make([]any, len(list))
	for i, element := range list {
		where := fmt.Sprintf("%s[%d]", at, i)
		if !ok {
			where = at
		}
		if element == nil {
			return nil, mistyped(where, "a value", nil)
		}
		below, err := fit(element, schema.Items, where)
		if err != nil {
			return nil, err
		}
		fitted[i] = below
	}
	if schema.MinItems != nil && uint64(len(list)) < *schema.MinItems {
		return nil, fault.New(fault.Invalid, "Argument %q takes at least %d values; given %d.", at, *schema.MinItems, len(list))
	}
	if schema.MaxItems != nil && uint64(len(list)) > *schema.MaxItems {
		return nil, fault.New(fault.Invalid, "Argument %q takes at most %d values; given %d.", at, *schema.MaxItems, len(list))
	}
	return fitted, nil
}

// fitNumber mends a text of a number, and 42.0 where an integer is wanted.
func fitNumber(value any, schema *jsonschema.Schema, at string, whole bool) (any, error) {
	kind := "a number"
	if whole {
		kind = "a whole number"
	}
	number, ok := value.(json.Number)
	if text, isText := value.(string); isText {
		number, ok = json.Number(strings.TrimSpace(text)), json.Valid([]byte(strings.TrimSpace(text)))
	}
	exact, parsed := ratio(number)
	if !ok || !parsed || (whole && (!exact.IsInt() || !exact.Num().IsInt64())) {
		return nil, mistyped(at, kind, value)
	}
	low, hasLow := ratio(schema.Minimum)
	high, hasHigh := ratio(schema.Maximum)
	if (hasLow && exact.Cmp(low) < 0) || (hasHigh && exact.Cmp(high) > 0) {
		return nil, mistyped(at, kind+bounds(schema, hasLow, hasHigh), value)
	}
	if whole {
		return json.Number(exact.Num().String()), nil
	}
	return number, nil
}

// maxDigits bounds what is parsed exactly: 1e999999999 would be a number of a gigabyte.
const maxDigits = 40

func ratio(number json.Number) (*big.Rat, bool) {
	if number == "" || len(number) > maxDigits {
		return nil, false
	}
	approximate, err := strconv.ParseFloat(number.String(), 64)
	switch size := math.Abs(approximate); {
	case err != nil || size > 1e30:
		return nil, false
	case size < 1e-30:
		return new(big.Rat), true
	}
	return new(big.Rat).SetString(number.String())
}

func bounds(schema *jsonschema.Schema, hasLow, hasHigh bool) string {
	switch {
	case hasLow && hasHigh:
		return fmt.Sprintf(" from %s to %s", schema.Minimum, schema.Maximum)
	case hasLow:
		return fmt.Sprintf(" of at least %s", schema.Minimum)
	default:
		return fmt.Sprintf(" of at most %s", schema.Maximum)
	}
}

func fitBool(value any, at string) (any, error) {
	switch v := value.(type) {
	case bool:
		return v, nil
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
	}
	return nil, mistyped(at, "true or false", value)
}

// fitString takes a number or a truth value as the text that it was written as: 2026 for a period, 5 for a dimension's
// value.
func fitString(value any, at string) (any, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	}
	return nil, mistyped(at, "a string", value)
}

// reparsed returns what a text holds when it is the JSON of a list or an object, told by how it opens; else value.
func reparsed(value any, open byte) any {
	text, ok := value.(string)
	if text = strings.TrimSpace(text); !ok || text == "" || text[0] != open {
		return value
	}
	if inner, err := parseJSON([]byte(text)); err == nil {
		return inner
	}
	return value
}

func closed(s *jsonschema.Schema) bool { return s.AdditionalProperties == jsonschema.FalseSchema }

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}
