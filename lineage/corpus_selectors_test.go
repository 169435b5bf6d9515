package lineage_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/sharedtest"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt"
)

func parseSelectors(t *testing.T, text string) (*lineage.Selectors, error) {
	t.Helper()
	var file any
	require.NoError(t, yaml.Unmarshal([]byte(text), &file))
	return lineage.ParseSelectors(file)
}

// TestSelectorsFileAnswersAsDBT runs dbt's recorded answers over selectors.yml.
func TestSelectorsFileAnswersAsDBT(t *testing.T) {
	t.Parallel()
	small := filepath.Join(sharedtest.Dir(t, "selectors"), "small")
	text, err := os.ReadFile(filepath.Join(small, "selectors.yml"))
	require.NoError(t, err)
	a, err := dbt.Load(small)
	require.NoError(t, err)
	cases := readCorpus(t, filepath.Join(small, "yaml_cases.json.gz")).Cases
	require.Len(t, cases, 113)
	for _, c := range cases {
		file := string(text)
		if c.SelectorsYML != "" {
			file = c.SelectorsYML
		}
		var nodes []*lineage.Node
		selectors, err := parseSelectors(t, file)
		if err == nil {
			nodes, _, err = a.Graph.Select(lineage.SelectRequest{
				Select: words(c.Select), Exclude: words(c.Exclude), ResourceTypes: c.ResourceTypes, Indirect: c.Indirect,
				Selectors: selectors, Selector: c.Selector,
			})
		}
		if c.Error != nil {
			if fault.KindOf(err) != fault.Invalid || err == nil {
				t.Errorf("%s %s: dbt refuses it (%s), headwater: %v, %d nodes", c.ID, c.What, c.Error.Type, err, len(nodes))
			}
			continue
		}
		require.NoError(t, err, "%s %s", c.ID, c.What)
		if got := idsOf(nodes); !slices.Equal(c.Expect, got) {
			t.Errorf("%s %s selector=%q select=%q: of dbt's %d nodes missing %v, too many %v",
				c.ID, c.What, c.Selector, c.Select, len(c.Expect), diff(c.Expect, got), diff(got, c.Expect))
		}
	}
}

// A manifest holds the selectors as dbt rendered them: they mean the same.
func TestSelectorsOfTheManifestAreThoseOfTheFile(t *testing.T) {
	t.Parallel()
	small := filepath.Join(sharedtest.Dir(t, "selectors"), "small")
	text, err := os.ReadFile(filepath.Join(small, "selectors.yml"))
	require.NoError(t, err)
	ofFile, err := parseSelectors(t, string(text))
	require.NoError(t, err)
	a, err := dbt.Load(small)
	require.NoError(t, err)
	ofManifest, err := lineage.ParseSelectors(a.Selectors)
	require.NoError(t, err)
	require.NotEmpty(t, ofManifest.Names())
	for _, name := range ofManifest.Names() {
		require.Contains(t, ofFile.Names(), name)
		for _, mode := range []lineage.Indirect{lineage.Eager, lineage.Cautious, lineage.Buildable, lineage.Empty} {
			r := lineage.SelectRequest{Selector: name, Indirect: mode, Selectors: ofFile}
			want, _, err := a.Graph.Select(r)
			require.NoError(t, err)
			r.Selectors = ofManifest
			got, _, err := a.Graph.Select(r)
			require.NoError(t, err)
			require.Equal(t, idsOf(want), idsOf(got), "%s %s", name, mode)
		}
	}
}

func TestSelectorsFileIsRefusedWithTheRemedy(t *testing.T) {
	t.Parallel()
	small := filepath.Join(sharedtest.Dir(t, "selectors"), "small")
	a, err := dbt.Load(small)
	require.NoError(t, err)
	for _, c := range []struct{ name, file, selectText, says string }{
		{"no list", `selectors: {a: b}`, "", "no list"},
		{"no name", `selectors: [{definition: "tag:a"}]`, "", "no name"},
		{"a list", `selectors: [{name: a, definition: ["tag:a"]}]`, "", "a definition is a text"},
		{"a near method", `selectors: [{name: a, definition: {tags: nightly}}]`, "", "Did you mean tag?"},
		{"a circle", `selectors: [{name: a, definition: "selector:b"}, {name: b, definition: "selector:a"}]`, "selector:a", "a → b → a"},
		{"a near name", `selectors: [{name: nightly, definition: "tag:a"}]`, "selector:nightli", "Did you mean nightly?"},
		{"no file", ``, "selector:nightly", "defines none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			selectors, err := parseSelectors(t, c.file)
			if err == nil {
				_, _, err = a.Graph.Select(lineage.SelectRequest{Select: c.selectText, Selectors: selectors})
			}
			require.ErrorContains(t, err, c.says)
			require.Equal(t, fault.Invalid, fault.KindOf(err))
		})
	}
	_, _, err = a.Graph.Select(lineage.SelectRequest{Select: "selector:nightly"})
	require.ErrorContains(t, err, "There is no selectors.yml")

	selectors, err := parseSelectors(t, `selectors: [{name: a, definition: "tag:nightly customers"}]`)
	require.NoError(t, err)
	nodes, warnings, err := a.Graph.Select(lineage.SelectRequest{Select: "selector:a customers", Selectors: selectors})
	require.NoError(t, err)
	require.NotEmpty(t, nodes)
	require.Len(t, warnings, 2)
	require.Contains(t, warnings[1], "is one part for dbt")
}

func idsOf(nodes []*lineage.Node) []string {
	out := make([]string, len(nodes))
	for i, n := range nodes {
		out[i] = n.ID
	}
	return out
}
