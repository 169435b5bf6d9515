package dbt

import (
	"regexp"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// testInfo collects what a manifest says about a test.
type testInfo struct {
	generic   bool
	name      string
	namespace string
	kwargs    map[string]any
	column    string
	attached  string
}

func (t *testInfo) read(key string, c *scan.Cursor) {
	switch key {
	case "column_name":
		t.column = c.Word()
	case "attached_node":
		t.attached = c.Word()
	case "test_metadata":
		c.Object(func(key []byte) {
			t.generic = true
			switch string(key) {
			case "name":
				t.name = c.Word()
			case "namespace":
				t.namespace = c.Word()
			case "kwargs":
				t.kwargs, _ = c.Any().(map[string]any)
			}
		})
	}
}

func (t *testInfo) finish(n *lineage.Node, parents []string) *lineage.Test {
	out := &lineage.Test{
		Kind: lineage.KindSingular, Name: t.name, Namespace: t.namespace, Kwargs: t.kwargs, Column: t.column, Attached: t.attached,
	}
	switch {
	case n.Type == lineage.TypeUnitTest:
		out.Kind, out.Name = lineage.KindUnit, n.Name
	case t.generic:
		out.Kind = lineage.KindGeneric
	}
	if out.Column == "" {
		out.Column, _ = t.kwargs["column_name"].(string)
	}
	if out.Attached == "" {
		out.Attached = t.tested(parents)
	}
	return out
}

// reference finds ref('a'), ref('pkg', 'a') and source('s', 't') in the argument that names a test's model.
var reference = regexp.MustCompile(`(?:ref|source)\(\s*['"]([^'"]+)['"](?:\s*,\s*['"]([^'"]+)['"])?`)

// tested finds the node that a test is about where the manifest is too old to say. The only parent is it; of several (a
// relationships test) it is the one that the argument model names.
func (t *testInfo) tested(parents []string) string {
	distinct := slices.Compact(slices.Sorted(slices.Values(parents)))
	if len(distinct) == 1 {
		return distinct[0]
	}
	model, _ := t.kwargs["model"].(string)
	m := reference.FindStringSubmatch(model)
	if m == nil {
		return ""
	}
	name := m[1]
	if m[2] != "" {
		name = m[2]
	}
	var found []string
	for _, p := range distinct {
		if parts := strings.Split(p, "."); slices.Contains(parts[min(2, len(parts)):], name) {
			found = append(found, p)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return ""
}
