package dbt_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/sharedtest"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt"
)

// rawNode is what the tests read of a node with encoding/json, as the oracle.
type rawNode struct {
	Name         string   `json:"name"`
	ResourceType string   `json:"resource_type"`
	Package      string   `json:"package_name"`
	Relation     *string  `json:"relation_name"`
	FQN          []string `json:"fqn"`
	Path         string   `json:"original_file_path"`
	RawCode      string   `json:"raw_code"`
	RawSQL       string   `json:"raw_sql"`
	Attached     string   `json:"attached_node"`
	Columns      map[string]struct {
		Name string `json:"name"`
	} `json:"columns"`
	Config map[string]any `json:"config"`
}

// rawManifest is a manifest as encoding/json reads it.
type rawManifest struct {
	Metadata struct {
		Schema  string `json:"dbt_schema_version"`
		Adapter string `json:"adapter_type"`
	} `json:"metadata"`
	nodes     map[string]rawNode
	ParentMap map[string][]string `json:"parent_map"`
	ChildMap  map[string][]string `json:"child_map"`
}

func unzip(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	r, err := gzip.NewReader(f)
	require.NoError(t, err)
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	return data
}

func readRaw(t *testing.T, data []byte) rawManifest {
	t.Helper()
	var m rawManifest
	require.NoError(t, json.Unmarshal(data, &m))
	var sections map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(data, &sections))
	m.nodes = map[string]rawNode{}
	for _, name := range []string{
		"nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries", "unit_tests", "functions",
	} {
		var nodes map[string]rawNode
		if sections[name] != nil {
			require.NoError(t, json.Unmarshal(sections[name], &nodes))
		}
		maps.Copy(m.nodes, nodes)
	}
	return m
}

// eachManifest runs a test over every public set of artifacts.
func eachManifest(t *testing.T, test func(t *testing.T, dir string, raw rawManifest, a *dbt.Artifacts)) {
	t.Helper()
	root := sharedtest.Dir(t, "manifests")
	dirs, err := filepath.Glob(filepath.Join(root, "*", "manifest.json.gz"))
	require.NoError(t, err)
	require.Len(t, dirs, 18)
	for _, path := range dirs {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			a, err := dbt.Load(dir)
			require.NoError(t, err)
			test(t, dir, readRaw(t, unzip(t, path)), a)
		})
	}
}

func TestLoadReadsPublicManifests(t *testing.T) {
	t.Parallel()
	eachManifest(t, func(t *testing.T, dir string, raw rawManifest, a *dbt.Artifacts) {
		counts := map[lineage.Type]int{}
		for _, n := range raw.nodes {
			counts[lineage.Type(n.ResourceType)]++
		}
		require.Equal(t, counts, a.Graph.Counts())
		require.Contains(t, raw.Metadata.Schema, "/"+a.SchemaVersion+".json")
		require.Contains(t, filepath.Base(dir), "__"+a.SchemaVersion+"_")
		require.Equal(t, raw.Metadata.Adapter, a.Adapter)
		require.False(t, a.GeneratedAt.IsZero())
		require.Regexp(t, `^[0-9a-f]{12}$`, a.ID)
		for id, want := range raw.nodes {
			n, ok := a.Graph.Node(id)
			require.True(t, ok, id)
			require.Equal(t, want.Name, n.Name)
			require.Equal(t, want.Package, n.Package)
			require.Equal(t, want.FQN, n.FQN)
			require.Equal(t, want.Path, n.Path)
			require.Equal(t, text(want.Relation), n.Relation)
			require.Equal(t, strings.ReplaceAll(want.RawCode+want.RawSQL, "\r\n", "\n"), n.RawCode)
			require.GreaterOrEqual(t, len(n.Columns), len(want.Columns))
			if len(want.Config) > 0 {
				require.Equal(t, want.Config, n.Config)
			}
		}
	})
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// The manifest's own maps are the oracle. They may name a parent twice, and one that is not in the manifest; the graph
// has it once, and drops and reports what is not there.
func TestNeighboursEqualTheManifestsMaps(t *testing.T) {
	t.Parallel()
	eachManifest(t, func(t *testing.T, _ string, raw rawManifest, a *dbt.Artifacts) {
		require.NotEmpty(t, raw.ParentMap)
		dangling, repeated := 0, 0
		compare := func(said map[string][]string, neighbours func(string) []*lineage.Node) {
			for id := range raw.nodes {
				want := []string{}
				for _, other := range said[id] {
					switch _, ok := raw.nodes[other]; {
					case !ok:
						dangling++
					case slices.Contains(want, other):
						repeated++
					default:
						want = append(want, other)
					}
				}
				got := []string{}
				for _, n := range neighbours(id) {
					got = append(got, n.ID)
				}
				slices.Sort(want)
				require.Equal(t, want, got, id)
			}
		}
		compare(raw.ParentMap, a.Graph.Parents)
		compare(raw.ChildMap, a.Graph.Children)
		require.Len(t, a.Graph.Problems(), dangling)
		t.Logf("%d nodes; the maps repeat %d neighbours and name %d that are not there", len(raw.nodes), repeated, dangling)
	})
}

func TestPlainAndGzippedArtifactsAreTheSame(t *testing.T) {
	t.Parallel()
	from := filepath.Join(sharedtest.Dir(t, "manifests"), "CPAanalytics_dbt_sage_intacct__v11_postgres")
	dir := t.TempDir()
	for _, name := range []string{"manifest.json", "catalog.json", "run_results.json"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), unzip(t, filepath.Join(from, name+".gz")), 0o600))
	}
	packed, err := dbt.Load(from)
	require.NoError(t, err)
	plain, err := dbt.Load(dir)
	require.NoError(t, err)
	require.Equal(t, packed.Graph.Nodes(), plain.Graph.Nodes())
	require.Equal(t, packed.Graph.Edges(), plain.Graph.Edges())
	require.Equal(t, packed.RunResults, plain.RunResults)
	require.Equal(t, packed.ID, plain.ID)

	require.NoError(t, os.Remove(filepath.Join(dir, "run_results.json")))
	without, err := dbt.Load(dir)
	require.NoError(t, err)
	require.NotEqual(t, packed.ID, without.ID, "another set of artifacts has another id")
}

// Where a manifest says which node a test is attached to, the rule for manifests that do not must say the same.
func TestTestedNodeIsInferredAsDBTSays(t *testing.T) {
	t.Parallel()
	eachManifest(t, func(t *testing.T, dir string, raw rawManifest, a *dbt.Artifacts) {
		said := strings.ReplaceAll(string(unzip(t, filepath.Join(dir, "manifest.json.gz"))), `"attached_node"`, `"detached_node"`)
		detached := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(detached, "manifest.json"), []byte(said), 0o600))
		inferred, err := dbt.Load(detached)
		require.NoError(t, err)
		checked := 0
		for id, n := range raw.nodes {
			if n.Attached == "" {
				continue
			}
			checked++
			got, _ := inferred.Graph.Node(id)
			if len(inferred.Graph.Parents(id)) > 0 { // a test that reads no node is attached in name only
				require.Equal(t, n.Attached, got.Test.Attached, id)
			}
			is, _ := a.Graph.Node(id)
			require.Equal(t, n.Attached, is.Test.Attached, id)
		}
		t.Logf("%d attached tests", checked)
	})
}

func TestCatalogTypesAreMerged(t *testing.T) {
	t.Parallel()
	eachManifest(t, func(t *testing.T, dir string, raw rawManifest, a *dbt.Artifacts) {
		path := filepath.Join(dir, "catalog.json.gz")
		if _, err := os.Stat(path); err != nil {
			return
		}
		type entry struct {
			Columns map[string]struct {
				Type  string `json:"type"`
				Index int    `json:"index"`
			} `json:"columns"`
		}
		var catalog struct{ Nodes, Sources map[string]entry }
		require.NoError(t, json.Unmarshal(unzip(t, path), &catalog))
		maps.Copy(catalog.Nodes, catalog.Sources)
		for id, e := range catalog.Nodes {
			n, ok := a.Graph.Node(id)
			if !ok {
				continue
			}
			require.GreaterOrEqual(t, len(n.Columns), len(e.Columns), id)
			last := 0
			for _, col := range n.Columns[:len(e.Columns)] {
				c, ok := columnInAnyCase(e.Columns, col.Name)
				require.True(t, ok, "%s.%s", id, col.Name)
				require.Equal(t, c.Type, col.Type)
				require.GreaterOrEqual(t, c.Index, last, "in the warehouse's order")
				last = c.Index
			}
			declared := raw.nodes[id].Columns
			for name := range declared {
				require.True(t, slices.ContainsFunc(n.Columns, func(c lineage.Column) bool { return c.Name == declared[name].Name }), "%s.%s", id, name)
			}
		}
	})
}

func columnInAnyCase[C any](columns map[string]C, name string) (found C, ok bool) {
	for k, c := range columns {
		if strings.EqualFold(k, name) {
			return c, true
		}
	}
	return found, false
}
