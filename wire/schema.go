package wire

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/invopop/jsonschema"
)

// reservedName is the key of a failed call's structured content. It is no tool's to use: some clients hold failures
// against the output schema as well.
const reservedName = "error"

// inputSchema describes the arguments of a tool: closed objects, required what has no omitempty.
func inputSchema(t reflect.Type) (*jsonschema.Schema, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("its input %s is not a struct", t)
	}
	schema, err := reflectSchema(t, false)
	if err != nil {
		return nil, fmt.Errorf("its input: %w", err)
	}
	if err := enforceable(schema); err != nil {
		return nil, fmt.Errorf("its input: %w", err)
	}
	return schema, nil
}

// outputSchema describes the answer of a tool. It promises shapes and not presence: no property is required and none
// beyond the listed is forbidden, so that fields can be added and a failed call's content agrees with it too.
func outputSchema(t reflect.Type) (*jsonschema.Schema, error) {
	t = deref(t)
	if t.Kind() != reflect.Struct || formOf(t) != formPlain {
		return nil, fmt.Errorf("its output %s is not a struct", t)
	}
	schema, err := reflectSchema(t, true)
	if err != nil {
		return nil, fmt.Errorf("its output: %w", err)
	}
	if _, taken := propertyOf(schema, reservedName); taken {
		return nil, errors.New("its output has a field named error, which is where a failed call says why")
	}
	loosen(schema, t)
	return schema, nil
}

func reflectSchema(t reflect.Type, open bool) (*jsonschema.Schema, error) {
	if err := describable(t, nil); err != nil {
		return nil, err
	}
	reflector := jsonschema.Reflector{
		Anonymous:                 true,
		ExpandedStruct:            true,
		DoNotReference:            true,
		AllowAdditionalProperties: open,
		Mapper:                    ownForm,
	}
	schema := reflector.ReflectFromType(t)
	schema.Version = ""
	everyObject(schema)
	return schema, nil
}

// ownForm describes the types that write themselves. time.Time is left to the reflector, which knows it.
func ownForm(t reflect.Type) *jsonschema.Schema {
	switch formOf(t) {
	case formText:
		return &jsonschema.Schema{Type: "string"}
	case formAny:
		return anything()
	case formPlain, formTime:
		return nil
	}
	return nil
}

// anything is the schema {}. The reflector would write it as true, which clients that expect an object refuse.
func anything() *jsonschema.Schema { return &jsonschema.Schema{Extras: map[string]any{}} }

// anyKind says of a list's elements what anything says of a property. Linters take a list of {} for one that was forgotten, and
// clients of one type a schema do not take a list of types.
func anyKind() *jsonschema.Schema {
	s := &jsonschema.Schema{}
	for _, kind := range []string{"string", "number", "boolean", "null", "object", "array"} {
		s.AnyOf = append(s.AnyOf, &jsonschema.Schema{Type: kind})
	}
	return s
}

// everyObject makes sure that no schema below s is written as true.
func everyObject(s *jsonschema.Schema) {
	if s == nil || s == jsonschema.FalseSchema || s == jsonschema.TrueSchema {
		return
	}
	if s.Extras == nil {
		s.Extras = map[string]any{}
	}
	for _, child := range children(s) {
		everyObject(child)
	}
}

// children returns the schemas directly below s, of the kinds that the reflector makes.
func children(s *jsonschema.Schema) []*jsonschema.Schema {
	var below []*jsonschema.Schema
	for _, property := range s.Properties.FromOldest() {
		below = append(below, property)
	}
	for _, child := range s.PatternProperties {
		below = append(below, child)
	}
	return append(below, s.Items, s.AdditionalProperties)
}

// propertyOf is Properties.Get for schemas that may have none.
func propertyOf(s *jsonschema.Schema, name string) (*jsonschema.Schema, bool) {
	if s.Properties == nil {
		return nil, false
	}
	return s.Properties.Get(name)
}

// loosen walks an output schema beside its type: nothing is required, and a pointer that is written even when it is nil
// may be null.
func loosen(s *jsonschema.Schema, t reflect.Type) {
	t = deref(t)
	if s == nil || s == jsonschema.FalseSchema || formOf(t) != formPlain {
		return
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		switch {
		case t.Elem() == bytesElement:
		case formOf(t.Elem()) == formAny:
			s.Items = anyKind()
		default:
			loosen(s.Items, t.Elem())
		}
	case reflect.Map:
		loosen(s.AdditionalProperties, t.Elem())
	case reflect.Struct:
		s.Required = nil
		for field := range t.Fields() {
			name, options, ok := jsonField(field)
			switch {
			case !ok:
			case name == "":
				loosen(s, field.Type)
			default:
				property, _ := propertyOf(s, name)
				loosen(property, field.Type)
				if field.Type.Kind() == reflect.Pointer && !slices.Contains(options, "omitempty") && !slices.Contains(options, "omitzero") {
					allowNull(property)
				}
			}
		}
	default:
	}
}

// allowNull adds null to the types, and to the values, that a schema admits.
func allowNull(s *jsonschema.Schema) {
	if s == nil || s.Type == "" {
		return
	}
	s.Extras["type"] = []string{s.Type, "null"}
	s.Type = ""
	if len(s.Enum) > 0 {
		s.Enum = append(s.Enum, nil)
	}
}

// enforceable refuses the keywords that decode does not hold arguments against: a schema that states a rule nobody
// checks is a lie.
func enforceable(s *jsonschema.Schema) error {
	if s == nil || s == jsonschema.FalseSchema || s == jsonschema.TrueSchema {
		return nil
	}
	if s.Pattern != "" || s.MultipleOf != "" || s.ExclusiveMinimum != "" || s.ExclusiveMaximum != "" || s.UniqueItems ||
		s.MinLength != nil || s.MaxLength != nil || len(s.OneOf) > 0 || len(s.AnyOf) > 0 || len(s.PatternProperties) > 0 {
		return errors.New("only enum, default, minimum, maximum, minItems and maxItems are checked: leave other keywords out")
	}
	for _, child := range children(s) {
		if err := enforceable(child); err != nil {
			return err
		}
	}
	return nil
}
