package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/invopop/jsonschema"

	"github.com/headwater-mcp/headwater/fault"
)

// decode reads a tool's arguments into the struct that in points to. The schema is the one truth: what it lists is
// accepted, what it requires must be there, its defaults fill what is absent, and slips that leave no doubt ("42" for 42,
// one string for a list of strings) are mended. Everything else is Invalid with a sentence.
func decode(arguments json.RawMessage, schema *jsonschema.Schema, in any) error {
	value, err := parse(arguments)
	if err != nil {
		return err
	}
	fitted, err := fit(value, schema, "")
	if err != nil {
		return err
	}
	whole, err := json.Marshal(fitted)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "The arguments could not be read.")
	}
	if err := json.Unmarshal(whole, in); err != nil {
		return blame(err, fitted, in)
	}
	return nil
}

// parse reads one JSON value, numbers kept as they were written; no text at all and null are no arguments.
func parse(arguments json.RawMessage) (any, error) {
	if len(bytes.TrimSpace(arguments)) == 0 {
		return map[string]any{}, nil
	}
	value, err := parseJSON(arguments)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The arguments are not JSON: %s.", err)
	}
	if value == nil {
		return map[string]any{}, nil
	}
	return value, nil
}

func parseJSON(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err //nolint:wrapcheck // the caller words it
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the first value")
	}
	return value, nil
}

// blame finds the argument that a type of its own refused (a grain, an instant), by reading the arguments one at a time.
func blame(whole error, fitted, in any) error {
	object, _ := fitted.(map[string]any)
	for _, name := range sortedKeys(object) {
		one, err := json.Marshal(map[string]any{name: object[name]})
		if err != nil {
			continue
		}
		fresh := reflect.New(reflect.TypeOf(in).Elem()).Interface()
		if err := json.Unmarshal(one, fresh); err != nil {
			return fault.Wrap(err, fault.Invalid, "Argument %q is not valid: %s; given %s.", name, reason(err), shown(object[name]))
		}
	}
	return fault.Wrap(whole, fault.Invalid, "The arguments are not valid: %s.", reason(whole))
}

// reason is what a type said when it refused a text, or what is true without naming Go types.
func reason(err error) string {
	if said, ok := errors.AsType[*fault.Error](err); ok {
		return strings.TrimSuffix(said.Message, ".")
	}
	if _, ok := errors.AsType[*time.ParseError](err); ok {
		return "a time is written like 2026-01-31T09:00:00Z"
	}
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return "a JSON " + mismatch.Value + " does not fit"
	}
	return strings.TrimSuffix(err.Error(), ".")
}
