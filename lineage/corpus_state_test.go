package lineage_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/sharedtest"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt"
)

// earlier is the manifest with which a case compares: that of another folder, or the case's own after some edits.
type earlier struct {
	Manifest string `json:"manifest"`
	Edits    []edit `json:"edits"`
}

// edit changes the raw JSON of a manifest: set a value, delete a key, or copy the sibling From to a new unique_id.
type edit struct {
	Op    string   `json:"op"`
	Path  []string `json:"path"`
	Value any      `json:"value"`
	From  string   `json:"from"`
}

// document is a manifest of which only what is edited is decoded.
type document struct {
	top      map[string]json.RawMessage
	sections map[string]map[string]json.RawMessage // by the names that edits begin with
	nodes    map[string]map[string]any             // by section and id
}

func decode[T any](t *testing.T, raw json.RawMessage) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal(raw, &v))
	return v
}

func encode(t *testing.T, v any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return data
}

func (d *document) section(t *testing.T, name string) map[string]json.RawMessage {
	t.Helper()
	if d.sections[name] == nil {
		d.sections[name] = decode[map[string]json.RawMessage](t, d.top[name])
	}
	return d.sections[name]
}

func (d *document) node(t *testing.T, section, id string) map[string]any {
	t.Helper()
	key := section + " " + id
	if d.nodes[key] == nil {
		d.nodes[key] = decode[map[string]any](t, d.section(t, section)[id])
	}
	return d.nodes[key]
}

// apply changes the document. What the path names inside a node is made where it is missing.
func (d *document) apply(t *testing.T, e edit) {
	t.Helper()
	section, id := e.Path[0], e.Path[1]
	switch {
	case e.Op == "delete" && len(e.Path) == 2:
		delete(d.section(t, section), id)
		delete(d.nodes, section+" "+id)
	case e.Op == "copy" && len(e.Path) == 2:
		node := decode[map[string]any](t, encode(t, d.node(t, section, e.From)))
		node["unique_id"] = id
		d.nodes[section+" "+id] = node
	case e.Op == "set" && len(e.Path) > 2:
		at := d.node(t, section, id)
		for _, key := range e.Path[2 : len(e.Path)-1] {
			next, ok := at[key].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[key] = next
			}
			at = next
		}
		at[e.Path[len(e.Path)-1]] = e.Value
	default:
		require.FailNow(t, "an edit that no case had", "%v", e)
	}
}

// written writes the document and returns its folder.
func (d *document) written(t *testing.T) string {
	t.Helper()
	for key, node := range d.nodes {
		section, id, _ := strings.Cut(key, " ")
		d.section(t, section)[id] = encode(t, node)
	}
	for name, section := range d.sections {
		d.top[name] = encode(t, section)
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "manifest.json"), encode(t, d.top), 0o600))
	return dir
}

// earlierStates makes the graphs with which the cases of one folder compare, each once.
type earlierStates struct {
	folder string
	graphs map[string]*lineage.Graph
}

func (s *earlierStates) graph(t *testing.T, e *earlier) *lineage.Graph {
	t.Helper()
	key, err := json.Marshal(e)
	require.NoError(t, err)
	if g, ok := s.graphs[string(key)]; ok {
		return g
	}
	dir := filepath.Join(sharedtest.Dir(t, "manifests"), e.Manifest)
	if e.Manifest == "" {
		d := &document{top: s.manifest(t), sections: map[string]map[string]json.RawMessage{}, nodes: map[string]map[string]any{}}
		for _, change := range e.Edits {
			d.apply(t, change)
		}
		dir = d.written(t)
	}
	a, err := dbt.Load(dir)
	require.NoError(t, err)
	s.graphs[string(key)] = a.Graph
	return a.Graph
}

func (s *earlierStates) manifest(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	f, err := os.Open(filepath.Join(s.folder, "manifest.json.gz"))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	r, err := gzip.NewReader(f)
	require.NoError(t, err)
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	return decode[map[string]json.RawMessage](t, data)
}
