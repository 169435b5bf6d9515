package wire

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Types whose JSON form is theirs alone, by what they implement.
var (
	timeType         = reflect.TypeFor[time.Time]()
	rawType          = reflect.TypeFor[json.RawMessage]()
	textMarshaler    = reflect.TypeFor[encoding.TextMarshaler]()
	textUnmarshaler  = reflect.TypeFor[encoding.TextUnmarshaler]()
	valueMarshaler   = reflect.TypeFor[json.Marshaler]()
	valueUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	bytesElement     = reflect.TypeFor[byte]()
)

// form says how a type becomes JSON.
type form int

const (
	// formPlain: as encoding/json does it from the type's kind.
	formPlain form = iota
	// formTime: a date-time string.
	formTime
	// formText: a string that the type writes itself.
	formText
	// formAny: whatever the type or the value behind the interface writes.
	formAny
)

func formOf(t reflect.Type) form {
	has := func(method reflect.Type) bool { return t.Implements(method) || reflect.PointerTo(t).Implements(method) }
	switch {
	case t == timeType:
		return formTime
	case t == rawType, t.Kind() == reflect.Interface, has(valueMarshaler), has(valueUnmarshaler):
		return formAny
	case has(textMarshaler), has(textUnmarshaler):
		return formText
	default:
		return formPlain
	}
}

// describable reports why a type cannot be a schema without references: it contains itself, or something that has no
// JSON. The reflector would not return from the first and panic on the second.
func describable(t reflect.Type, path []reflect.Type) error {
	if formOf(t) != formPlain {
		return nil
	}
	if slices.Contains(path, t) && t.Kind() == reflect.Struct {
		return fmt.Errorf("type %s contains itself, and a schema without references cannot say that", t)
	}
	path = append(slices.Clone(path), t)
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return describable(t.Elem(), path)
	case reflect.Struct:
		for field := range t.Fields() {
			if _, _, ok := jsonField(field); !ok {
				continue
			}
			if err := describable(field.Type, path); err != nil {
				return fmt.Errorf("field %s: %w", field.Name, err)
			}
		}
		return nil
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer, reflect.Invalid:
		return fmt.Errorf("type %s has no JSON", t)
	default:
		return nil
	}
}

// jsonField returns the JSON name of a field ("" for an embedded struct whose fields are promoted), the options of its
// tag, and whether it is written at all.
func jsonField(field reflect.StructField) (name string, options []string, ok bool) {
	tag := field.Tag.Get("json")
	if tag == "-" || (!field.IsExported() && !field.Anonymous) {
		return "", nil, false
	}
	parts := strings.Split(tag, ",")
	name, options = parts[0], parts[1:]
	if promoted := field.Anonymous && deref(field.Type).Kind() == reflect.Struct; name == "" && !promoted {
		name = field.Name
	}
	return name, options, true
}

func deref(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}
