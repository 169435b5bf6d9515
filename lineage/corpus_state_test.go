package lineage_test

import (
	"compress/gzip"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
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

// apply changes a document. What the path names is made where it is missing.
func (e edit) apply(t *testing.T, document map[string]any) {
	t.Helper()
	at, last := document, e.Path[len(e.Path)-1]
	for _, key := range e.Path[:len(e.Path)-1] {
		next, ok := at[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[key] = next
		}
		at = next
	}
	switch e.Op {
	case "set":
		at[last] = e.Value
	case "delete":
		delete(at, last)
	case "copy":
		from, ok := at[e.From].(map[string]any)
		require.True(t, ok, e.From)
		node := maps.Clone(from)
		node["unique_id"] = last
		at[last] = node
	default:
		require.FailNow(t, "unknown edit", e.Op)
	}
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
		dir = edited(t, s.folder, e.Edits)
	}
	a, err := dbt.Load(dir)
	require.NoError(t, err)
	s.graphs[string(key)] = a.Graph
	return a.Graph
}

// edited writes the manifest of a folder after some edits and returns its folder.
func edited(t *testing.T, folder string, edits []edit) string {
	t.Helper()
	document := manifestOf(t, folder)
	for _, e := range edits {
		e.apply(t, document)
	}
	return written(t, document)
}

func manifestOf(t *testing.T, folder string) (document map[string]any) {
	t.Helper()
	f, err := os.Open(filepath.Join(folder, "manifest.json.gz"))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	r, err := gzip.NewReader(f)
	require.NoError(t, err)
	require.NoError(t, json.NewDecoder(r).Decode(&document))
	return document
}

func written(t *testing.T, document map[string]any) string {
	t.Helper()
	data, err := json.Marshal(document)
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "manifest.json"), data, 0o600))
	return dir
}
