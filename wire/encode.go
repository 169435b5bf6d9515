package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// answer is what a call returns: the structured content as compact JSON, and what varies from call to call.
type answer struct {
	body json.RawMessage
	meta map[string]any
}

// metaCarrier is implemented by answers that have something for _meta: times that vary from call to call, such as how
// long a query took, so that the answer itself stays the same.
type metaCarrier interface{ Meta() map[string]any }

// encodeAnswer writes an answer, a struct or a pointer to one, as JSON: nil slices and maps as [] and {}, control
// characters left out.
func encodeAnswer(value any) (answer, error) {
	if v := reflect.ValueOf(value); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return answer{}, errors.New("it returned neither an answer nor an error")
	}
	body, err := encode(value)
	if err != nil {
		return answer{}, err
	}
	out := answer{body: body}
	if carrier, ok := carrierOf(value); ok {
		out.meta, err = encodeMeta(carrier.Meta())
	}
	return out, err
}

func encode(value any) (json.RawMessage, error) {
	// A pointer, so that methods with pointer receivers are found as they would be in a variable.
	whole := reflect.New(reflect.TypeOf(value))
	whole.Elem().Set(filled(reflect.ValueOf(value)))
	body, err := marshal(whole.Interface())
	if err != nil {
		return nil, err
	}
	return printable(body)
}

// marshal writes compact JSON in which <, > and & stand as they are: no browser reads an answer as HTML, and an agent pays for
// each character of code.
func marshal(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, fmt.Errorf("encode the answer: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// encodeMeta brings _meta through the same pass as the answer.
func encodeMeta(meta map[string]any) (map[string]any, error) {
	body, err := encode(meta)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	if err := json.Unmarshal(body, &out); err != nil {
		return nil, fmt.Errorf("encode _meta: %w", err)
	}
	return out, nil
}

// carrierOf finds Meta on the value or on a pointer to it.
func carrierOf(value any) (metaCarrier, bool) {
	if carrier, ok := value.(metaCarrier); ok {
		return carrier, true
	}
	pointer := reflect.New(reflect.TypeOf(value))
	pointer.Elem().Set(reflect.ValueOf(value))
	return reflect.TypeAssert[metaCarrier](pointer)
}

// filled returns a copy of v in which nil slices and maps are empty ones, all the way down. Types that write themselves
// are left alone, and so is v: nothing it points to is changed.
func filled(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Interface {
		return filledInterface(v)
	}
	if formOf(v.Type()) != formPlain {
		return v
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out := reflect.New(v.Type().Elem())
		out.Elem().Set(filled(v.Elem()))
		return out
	case reflect.Slice:
		return filledSlice(v)
	case reflect.Array:
		out := reflect.New(v.Type()).Elem()
		for i := range v.Len() {
			out.Index(i).Set(filled(v.Index(i)))
		}
		return out
	case reflect.Map:
		out := reflect.MakeMapWithSize(v.Type(), v.Len())
		for entry := v.MapRange(); entry.Next(); {
			out.SetMapIndex(entry.Key(), filled(entry.Value()))
		}
		return out
	case reflect.Struct:
		return filledStruct(v)
	default:
		return v
	}
}

func filledInterface(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	out := reflect.New(v.Type()).Elem()
	out.Set(filled(v.Elem()))
	return out
}

func filledSlice(v reflect.Value) reflect.Value {
	out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	if v.Type().Elem() == bytesElement {
		reflect.Copy(out, v)
		return out
	}
	for i := range v.Len() {
		out.Index(i).Set(filled(v.Index(i)))
	}
	return out
}

func filledStruct(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	fillFields(out)
	return out
}

// fillFields fills the fields of a copy in place: those of an embedded unexported struct can be set, itself cannot.
func fillFields(s reflect.Value) {
	for i := range s.NumField() {
		field, value := s.Type().Field(i), s.Field(i)
		_, options, written := jsonField(field)
		switch {
		case !written:
		case !field.IsExported() && value.Kind() == reflect.Struct:
			fillFields(value)
		case slices.Contains(options, "omitzero") && value.IsZero():
			// It leaves out a nil slice and would write an empty one.
		case value.CanSet():
			value.Set(filled(value))
		}
	}
}
