package lineage

import (
	"fmt"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// Selectors are the named selections of a project's selectors.yml. Their definitions are checked once; what they select
// is worked out anew for every graph.
type Selectors struct {
	names       []string // in the order of the file
	definitions map[string]any
	standard    string // the name of the one with default: true
}

// ParseSelectors takes selectors.yml as decoded YAML or JSON: {selectors: [{name, definition, default, description}]}.
// It refuses what dbt refuses; nil is a file without selectors.
func ParseSelectors(file any) (*Selectors, error) {
	s := &Selectors{definitions: map[string]any{}}
	if file == nil {
		return s, nil
	}
	root, ok := file.(map[string]any)
	if !ok {
		return nil, fault.New(fault.Invalid, "selectors.yml is no mapping. Write selectors: with a list of {name, definition} under it.")
	}
	if root["selectors"] == nil {
		return s, nil
	}
	list, ok := root["selectors"].([]any)
	if !ok {
		return nil, fault.New(fault.Invalid, "selectors: in selectors.yml is no list. Write one entry with name and definition per selector.")
	}
	for _, entry := range list {
		if err := s.add(entry); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Selectors) add(entry any) error {
	m, _ := entry.(map[string]any)
	name, _ := m["name"].(string)
	if name == "" {
		return fault.New(fault.Invalid, "A selector in selectors.yml has no name: %v.", entry)
	}
	if _, err := (&definitions{indirect: Eager}).parse(m["definition"], true); err != nil {
		return fault.Wrap(err, fault.Invalid, "Selector %s in selectors.yml: %s", name, err)
	}
	if isDefault, _ := m["default"].(bool); isDefault {
		if s.standard != "" {
			return fault.New(fault.Invalid, "selectors.yml has two selectors with default: true, %s and %s. One at most can be the default.", s.standard, name)
		}
		s.standard = name
	}
	if _, known := s.definitions[name]; !known {
		s.names = append(s.names, name)
	}
	s.definitions[name] = m["definition"] // of two with one name dbt takes the later
	return nil
}

// Names lists the selectors in the order of the file.
func (s *Selectors) Names() []string {
	if s == nil {
		return []string{}
	}
	return append([]string{}, s.names...)
}

// Default is the name of the selector that stands in where nothing is selected; empty where there is none.
func (s *Selectors) Default() string {
	if s == nil {
		return ""
	}
	return s.standard
}

// spec builds the selection of a name. Parts that do not say otherwise bring tests along as indirect says.
func (s *Selectors) spec(name string, indirect Indirect) (spec, *definitions, error) {
	if s == nil {
		return nil, nil, fault.New(fault.Invalid, "There is no selectors.yml, so there is no selector %q. Write the selection out, or add it to selectors.yml beside dbt_project.yml.", name)
	}
	definition, ok := s.definitions[name]
	if !ok {
		return nil, nil, s.unknown(name)
	}
	d := &definitions{indirect: indirect}
	parsed, err := d.parse(definition, true)
	return parsed, d, err
}

func (s *Selectors) unknown(name string) error {
	if len(s.names) == 0 {
		return fault.New(fault.Invalid, "There is no selector %q: selectors.yml defines none.", name)
	}
	return fault.New(fault.Invalid, "There is no selector %q in selectors.yml.%s Defined are: %s.",
		name, fault.DidYouMean(name, s.names), strings.Join(s.names, ", "))
}

// truthy is how Python takes a value for a yes or no.
func truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	}
	return fmt.Sprint(v) != "0"
}
