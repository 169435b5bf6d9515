package lineage

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// definitions parses the definition of one selector of selectors.yml.
type definitions struct {
	indirect Indirect
	texts    []*criterion // written as text, like on the command line
}

// parse reads a definition: a text that is one part of a --select, a union, an intersection, a method with its value and
// options, or a method and its value as the only key.
func (d *definitions) parse(definition any, root bool) (spec, error) {
	switch v := definition.(type) {
	case string:
		c, err := parseCriterion(v, d.indirect)
		if err != nil {
			return nil, err
		}
		d.texts = append(d.texts, c)
		return c, nil
	case map[string]any:
		_, isUnion := v["union"]
		_, isIntersection := v["intersection"]
		if root && (isUnion || isIntersection) && len(v) > 1 {
			return nil, fault.New(fault.Invalid,
				"a definition is one union or one intersection and nothing beside it; found %s. Nest one in the other.", keysOf(v))
		}
		switch {
		case isUnion:
			return d.combine(v, "union", union)
		case isIntersection:
			return d.combine(v, "intersection", intersection)
		}
		return d.method(v)
	}
	return nil, fault.New(fault.Invalid, "a definition is a text, a union, an intersection, or a method with its value; found %v.", definition)
}

// combine reads the parts under union or intersection. One of them may be an exclude, which is taken from all others. As
// in dbt, a part with an exclude is nothing else.
func (d *definitions) combine(v map[string]any, key string, op operation) (spec, error) {
	parts, err := list(v, key)
	if err != nil {
		return nil, err
	}
	whole := &group{op: op, indirect: Eager}
	var without spec
	excluded := false
	for _, part := range parts {
		if m, ok := part.(map[string]any); ok && m["exclude"] != nil {
			if excluded {
				return nil, fault.New(fault.Invalid, "there are two excludes in one %s. Put everything to leave out in one list.", key)
			}
			if without, err = d.exclude(m); err != nil {
				return nil, err
			}
			excluded = without != nil
			continue
		}
		s, err := d.parse(part, false)
		if err != nil {
			return nil, err
		}
		whole.parts = append(whole.parts, s)
	}
	return subtract(whole, without), nil
}

func (d *definitions) exclude(v map[string]any) (spec, error) {
	parts, err := list(v, "exclude")
	if err != nil || len(parts) == 0 {
		return nil, err
	}
	all := &group{op: union, indirect: Eager}
	for _, part := range parts {
		s, err := d.parse(part, false)
		if err != nil {
			return nil, err
		}
		all.parts = append(all.parts, s)
	}
	if len(all.parts) == 1 {
		return all.parts[0], nil
	}
	return all, nil
}

func subtract(whole, without spec) spec {
	if without == nil {
		return whole
	}
	return &group{op: difference, parts: []spec{whole, without}, indirect: Eager}
}

// list takes the texts and mappings under a key.
func list(v map[string]any, key string) ([]any, error) {
	parts, ok := v[key].([]any)
	if !ok {
		return nil, fault.New(fault.Invalid, "%s: is no list. Write its parts under it, each with a dash.", key)
	}
	for _, part := range parts {
		switch part.(type) {
		case string, map[string]any:
		default:
			return nil, fault.New(fault.Invalid, "%v under %s: is neither a text nor a mapping.", part, key)
		}
	}
	return parts, nil
}

// method reads {method, value, and options} or {method: value}. The value is taken as it is: operators are options.
func (d *definitions) method(v map[string]any) (spec, error) {
	var without spec
	name, named := v["method"]
	value, valued := v["value"]
	switch {
	case named && valued:
		var err error
		if v["exclude"] != nil {
			if without, err = d.exclude(v); err != nil {
				return nil, err
			}
		}
	case len(v) == 1:
		name = keysOf(v)
		value, v = v[keysOf(v)], nil
	default:
		return nil, fault.New(fault.Invalid,
			"a definition has one key, like tag: nightly, or the keys method and value with options beside them; found %s.", keysOf(v))
	}
	c, err := d.criterion(fmt.Sprint(name), value, v)
	if err != nil {
		return nil, err
	}
	return subtract(c, without), nil
}

func (d *definitions) criterion(method string, value any, options map[string]any) (*criterion, error) {
	c := &criterion{raw: method + ":" + fmt.Sprint(value), value: fmt.Sprint(value), indirect: d.indirect}
	name, arguments, dotted := strings.Cut(method, ".")
	if !isMethod(name) {
		return nil, unknownMethod(name, c.raw)
	}
	c.method = name
	if dotted {
		c.arguments = strings.Split(arguments, ".")
	}
	c.childrensParents = truthy(options["childrens_parents"])
	c.parents.on, c.children.on = truthy(options["parents"]), truthy(options["children"])
	if c.childrensParents && c.children.on {
		return nil, fault.New(fault.Invalid,
			"%s has both childrens_parents and children: the first already means its descendants and all their ancestors. Drop one of them.", c.raw)
	}
	var err error
	if c.parents.steps, err = steps(options, "parents_depth"); err != nil {
		return nil, err
	}
	if c.children.steps, err = steps(options, "children_depth"); err != nil {
		return nil, err
	}
	if mode, ok := options["indirect_selection"]; ok {
		c.indirect, err = parseIndirect(Indirect(fmt.Sprint(mode)))
	}
	return c, err
}

// steps reads a depth, a number or its digits. None, and as in dbt the number 0, mean every step.
func steps(options map[string]any, key string) (int, error) {
	if !truthy(options[key]) {
		return -1, nil
	}
	n, err := strconv.Atoi(fmt.Sprint(options[key]))
	if err != nil {
		return 0, fault.New(fault.Invalid, "%s is %v; valid is a whole number.", key, options[key])
	}
	return n, nil
}

func keysOf(v map[string]any) string {
	return strings.Join(slices.Sorted(maps.Keys(v)), ", ")
}
