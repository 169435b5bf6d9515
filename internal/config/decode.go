package config

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/headwater-mcp/headwater/fault"
)

// decoder reads YAML into structs and refuses whatever they have no place for. It collects every problem instead of
// stopping at the first, and remembers where each value stood.
type decoder struct {
	// file is how problems and origins call the file.
	file string
	// origins is "file:line" by path, like "facts[0].timezone".
	origins  map[string]string
	problems problems
}

// decodeYAML reads a document into target, a pointer to a struct that may hold defaults. An empty document changes
// nothing. origins receives where every value stood.
func decodeYAML(file string, text []byte, target any, origins map[string]string) (problems, error) {
	root, err := parseYAML(file, text)
	if err != nil || root == nil {
		return nil, err
	}
	d := &decoder{file: file, origins: origins}
	d.value(root, reflect.ValueOf(target).Elem(), "")
	return d.problems, nil
}

// parseYAML returns the root of the one document in text, nil where it is empty. What is no YAML is fault.Invalid with
// the line.
func parseYAML(file string, text []byte) (*yaml.Node, error) {
	root, err := loadYAML(text)
	if load, ok := errors.AsType[*yaml.LoadError](err); ok {
		return nil, fault.Wrap(err, fault.Invalid, "%s:%d: this is no YAML: %s.", file, load.Mark.Line, load.Message)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "%s is no YAML: %s.", file, err.Error())
	}
	return root, nil
}

var errTwoDocuments = errors.New("a second document begins; one file holds one")

// loadYAML is parseYAML with the library's own errors, which quote the text.
func loadYAML(text []byte) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		return nil, err //nolint:wrapcheck // the callers wrap it, each in its own words
	}
	var document, second yaml.Node
	err = loader.Load(&document)
	if errors.Is(err, io.EOF) {
		return nil, nil //nolint:nilnil // an empty file is a document without a root
	}
	if err != nil {
		return nil, err //nolint:wrapcheck // see above
	}
	if err := loader.Load(&second); !errors.Is(err, io.EOF) {
		return nil, errors.Join(errTwoDocuments, err)
	}
	if document.Kind != yaml.DocumentNode {
		return &document, nil
	}
	if len(document.Content) == 0 {
		return nil, nil //nolint:nilnil // see above
	}
	return document.Content[0], nil
}

func (d *decoder) value(n *yaml.Node, v reflect.Value, path string) {
	n = resolve(n)
	if path != "" {
		d.origins[path] = fmt.Sprintf("%s:%d", d.file, n.Line)
	}
	if n.Tag == "!!null" {
		return
	}
	if text, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		if d.want(n, yaml.ScalarNode, path, "a single value") {
			if err := text.UnmarshalText([]byte(n.Value)); err != nil {
				d.problemf(n, "%s: %s", path, err.Error())
			}
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(n, v, path)
	case reflect.Slice:
		d.list(n, v, path)
	case reflect.Map:
		d.textMap(n, v, path)
	case reflect.Int:
		d.number(n, v, path)
	case reflect.String:
		if d.want(n, yaml.ScalarNode, path, "text") {
			if n.Tag == "!!bool" {
				d.problemf(n, "%s is text, and %s is a truth value; put quotes around it if it is meant.", path, n.Value)
				return
			}
			v.SetString(n.Value)
		}
	default:
		panic("config: a field of a kind that the decoder does not know: " + v.Kind().String())
	}
}

// resolve follows an alias to what it names. YAML lets no alias name itself.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string) {
	if !d.want(n, yaml.MappingNode, path, "a mapping of "+list(keysOf(v.Type()))) {
		return
	}
	keys := keysOf(v.Type())
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		at := slices.Index(keys, key.Value)
		switch {
		case at < 0:
			d.problemf(key, "%q is no key%s.%s Valid keys are %s.", key.Value, of(path), fault.DidYouMean(key.Value, keys), list(keys))
			continue
		case seen[key.Value] > 0:
			d.problemf(key, "%s is given a second time; the first is in line %d.", join(path, key.Value), seen[key.Value])
			continue
		}
		seen[key.Value] = key.Line
		d.value(n.Content[i+1], v.FieldByIndex(fieldIndex(v.Type(), key.Value)), join(path, key.Value))
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.ScalarNode && v.Type().Elem().Kind() == reflect.String {
		d.problemf(n, "%s is a list, and %q is a single value; write [%s].", path, n.Value, n.Value)
		return
	}
	if !d.want(n, yaml.SequenceNode, path, "a list") {
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		d.value(item, out.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
	v.Set(out)
}

func (d *decoder) textMap(n *yaml.Node, v reflect.Value, path string) {
	if !d.want(n, yaml.MappingNode, path, "a mapping of text to text") {
		return
	}
	out := make(map[string]string, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		value := resolve(n.Content[i+1])
		if d.want(value, yaml.ScalarNode, join(path, n.Content[i].Value), "text") {
			out[n.Content[i].Value] = value.Value
		}
	}
	v.Set(reflect.ValueOf(out))
}

func (d *decoder) number(n *yaml.Node, v reflect.Value, path string) {
	if !d.want(n, yaml.ScalarNode, path, "a whole number") {
		return
	}
	number, err := strconv.Atoi(strings.ReplaceAll(n.Value, "_", ""))
	if err != nil {
		d.problemf(n, "%s is a whole number, and %q is none.", path, n.Value)
		return
	}
	v.SetInt(int64(number))
}

// want reports whether a node is of a kind, and notes a problem where it is not.
func (d *decoder) want(n *yaml.Node, kind yaml.Kind, path, what string) bool {
	if n.Kind == kind {
		return true
	}
	if path == "" {
		path = "The file"
	}
	d.problemf(n, "%s is %s, and this is %s.", path, what, shape(n))
	return false
}

func (d *decoder) problemf(n *yaml.Node, format string, args ...any) {
	d.problems = append(d.problems, problem{where: fmt.Sprintf("%s:%d", d.file, n.Line), text: fmt.Sprintf(format, args...)})
}

// shape says in words what a node is.
func shape(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		return "the single value " + strconv.Quote(n.Value)
	default:
		return "something else"
	}
}

// keysOf returns the keys of a struct as YAML writes them, in the order of its fields.
func keysOf(t reflect.Type) []string {
	var keys []string
	for field := range t.Fields() {
		if key, _, _ := strings.Cut(field.Tag.Get("yaml"), ","); key != "" && key != "-" {
			keys = append(keys, key)
		}
	}
	return keys
}

// fieldIndex is the index of the field with a key that keysOf returned.
func fieldIndex(t reflect.Type, key string) []int {
	for field := range t.Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("yaml"), ","); name == key {
			return field.Index
		}
	}
	panic("config: no field has the key " + key)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// of says what a path's keys belong to: "" at the top.
func of(path string) string {
	if path == "" {
		return ""
	}
	return " of " + path
}

// list writes names as "a, b and c".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
