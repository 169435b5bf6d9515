package wire

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/headwater-mcp/headwater/fault"
)

// maxShown is how many characters of a refused value a sentence repeats.
const maxShown = 80

// unknown refuses a property that the schema does not list.
func unknown(name string, schema *jsonschema.Schema, at string) error {
	valid := propertyNames(schema)
	what, in := "argument", ""
	if at != "" {
		what, in = "key", fmt.Sprintf(" in %q", at)
	}
	if len(valid) == 0 {
		return fault.New(fault.Invalid, "Unknown %s %q%s: none is taken.", what, name, in)
	}
	return fault.New(fault.Invalid, "Unknown %s %q%s.%s Valid: %s.",
		what, name, in, fault.DidYouMean(name, valid), strings.Join(valid, ", "))
}

// missing refuses an object without a required property, and says what it is for.
func missing(at string, property, schema *jsonschema.Schema) error {
	about := ""
	if property.Description != "" {
		about = " It is: " + strings.TrimSuffix(property.Description, ".") + "."
	}
	return fault.New(fault.Invalid, "Argument %q is missing.%s Required: %s.", at, about, strings.Join(schema.Required, ", "))
}

// mistyped refuses a value that is not of the wanted kind.
func mistyped(at, wanted string, value any) error {
	if at == "" {
		return fault.New(fault.Invalid, "The arguments must be %s; given %s.", wanted, shown(value))
	}
	return fault.New(fault.Invalid, "Argument %q must be %s; given %s.", at, wanted, shown(value))
}

// listed refuses a value that an enum does not list. Numbers are compared as they are written.
func listed(value any, schema *jsonschema.Schema, at string) error {
	if len(schema.Enum) == 0 {
		return nil
	}
	given := fmt.Sprint(value)
	valid := make([]string, len(schema.Enum))
	for i, option := range schema.Enum {
		valid[i] = fmt.Sprint(option)
	}
	if slices.Contains(valid, given) {
		return nil
	}
	return fault.New(fault.Invalid, "Argument %q must be one of %s; given %s.%s",
		at, strings.Join(valid, ", "), shown(value), fault.DidYouMean(given, valid))
}

// shown is a value as the caller wrote it, cut to a readable length.
func shown(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "something unreadable"
	}
	runes := []rune(string(text))
	if len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return string(runes)
}

func propertyNames(schema *jsonschema.Schema) []string {
	var names []string
	for name := range schema.Properties.FromOldest() {
		names = append(names, name)
	}
	return names
}

func sortedKeys[V any](object map[string]V) []string { return slices.Sorted(maps.Keys(object)) }
