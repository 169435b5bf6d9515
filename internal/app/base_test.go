package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
)

// later writes a manifest over that of a folder: of another invocation, an hour later, with another body of the fact.
func later(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, "target", "manifest.json")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var m map[string]any
	require.NoError(t, json.Unmarshal(text, &m))
	metadata := m["metadata"].(map[string]any)
	metadata["invocation_id"], metadata["generated_at"] = "11111111-2222-4333-8444-555555555555", "2031-01-01T00:00:00Z"
	nodes := m["nodes"].(map[string]any)
	fact := nodes["model.shop.fct_app_visit"].(map[string]any)
	fact["raw_code"], fact["compiled_code"] = "select 2", "select 2"
	text, err = json.Marshal(m)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, text, 0o600))
}

func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	require.NoError(t, os.CopyFS(to, os.DirFS(from)))
}

func changesOf(t *testing.T, p *platform.Platform, q platform.CompareRequest) map[string][]lineage.Reason {
	t.Helper()
	answer, err := p.CompareArtifacts(t.Context(), q)
	require.NoError(t, err)
	out := map[string][]lineage.Reason{}
	for _, c := range answer.Changes {
		out[c.ID] = c.Reasons
	}
	return out
}

// The base of a comparison is what the ledger saw before, while it is still there, or a folder of the project.
func TestCompareWithWhatWasBefore(t *testing.T) {
	t.Parallel()
	dir := project(t)
	copyFolder(t, filepath.Join(dir, "target"), filepath.Join(dir, "archive", "main"))
	a := open(t, dir)
	first, err := a.Current(t.Context())
	require.NoError(t, err)
	_, err = first.CompareArtifacts(t.Context(), platform.CompareRequest{})
	require.ErrorContains(t, err, "knows no artifacts of shop before")
	require.Equal(t, fault.NotFound, fault.KindOf(err))

	later(t, dir)
	p, err := a.Current(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, first.Snapshot.ID, p.Snapshot.ID)
	want := map[string][]lineage.Reason{"model.shop.fct_app_visit": {lineage.ReasonBody}}
	require.Equal(t, want, changesOf(t, p, platform.CompareRequest{Base: "archive/main"}))
	require.Equal(t, want, changesOf(t, p, platform.CompareRequest{Base: filepath.Join(dir, "archive", "main"), Select: "state:modified"}))
	require.Empty(t, changesOf(t, p, platform.CompareRequest{Base: "target"}))
	answer, err := p.CompareArtifacts(t.Context(), platform.CompareRequest{Base: "archive/main"})
	require.NoError(t, err)
	require.Positive(t, answer.Changes[0].Affected)
	before, _ := first.Graph.Node("model.shop.fct_app_visit")
	require.Equal(t, "-"+strings.ReplaceAll(strings.TrimRight(before.RawCode, "\n"), "\n", "\n-")+"\n+select 2\n",
		answer.Changes[0].Diff[strings.Index(answer.Changes[0].Diff, "\n")+1:])
	require.Equal(t, first.Artifacts.InvocationID, answer.Base.InvocationID)

	found, err := p.FindNodes(t.Context(), platform.FindRequest{Select: "state:modified", ResourceTypes: []string{"model"}, State: "archive/main"})
	require.NoError(t, err)
	require.Len(t, found.Nodes, 1)
	_, err = p.FindNodes(t.Context(), platform.FindRequest{Select: "state:modified"})
	require.ErrorContains(t, err, "Name one with state")

	for _, base := range []string{"", first.Artifacts.InvocationID} {
		require.Equal(t, want, changesOf(t, p, platform.CompareRequest{Base: base}), "the archive keeps what dbt wrote over")
	}
	require.NoError(t, os.RemoveAll(filepath.Join(dir, ".headwater", "artifacts")))
	_, err = p.CompareArtifacts(t.Context(), platform.CompareRequest{})
	require.ErrorContains(t, err, "are not kept any more")
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
}

// No name leads out of the project: not by dots, not from the root, not over a symbolic link to a folder or to a file.
func TestCompareStaysInsideTheProject(t *testing.T) {
	t.Parallel()
	dir, other := project(t), project(t)
	require.NoError(t, os.Symlink(filepath.Join(other, "target"), filepath.Join(dir, "linked")))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "sly"), 0o750))
	require.NoError(t, os.Symlink(filepath.Join(other, "target", "manifest.json"), filepath.Join(dir, "sly", "manifest.json")))
	copyFolder(t, filepath.Join(dir, "target"), filepath.Join(dir, "kept"))
	require.NoError(t, os.Symlink("kept", filepath.Join(dir, "alias")))
	p, err := open(t, dir).Current(t.Context())
	require.NoError(t, err)
	relative, err := filepath.Rel(dir, filepath.Join(other, "target"))
	require.NoError(t, err)
	for _, base := range []string{relative, filepath.Join(other, "target"), "linked", "target/../../../etc", "/etc"} {
		_, err := p.CompareArtifacts(t.Context(), platform.CompareRequest{Base: base})
		require.ErrorContains(t, err, "outside the project", base)
		require.Equal(t, fault.Invalid, fault.KindOf(err), base)
	}
	_, err = p.CompareArtifacts(t.Context(), platform.CompareRequest{Base: "sly"})
	require.Error(t, err)
	_, err = p.CompareArtifacts(t.Context(), platform.CompareRequest{Base: "alias"})
	require.NoError(t, err, "a link inside the project is followed")
	_, err = p.CompareArtifacts(t.Context(), platform.CompareRequest{Base: "nosuch"})
	require.Equal(t, fault.NotFound, fault.KindOf(err))
	_, err = p.CompareArtifacts(t.Context(), platform.CompareRequest{Base: "models"})
	require.ErrorContains(t, err, "manifest.json")
}

// Named selections come from selectors.yml as it is now; a broken one is in the way of those alone that name one.
func TestFindNodesBySelector(t *testing.T) {
	t.Parallel()
	dir := project(t)
	write := func(text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "selectors.yml"), []byte(text), 0o600))
	}
	write("selectors:\n  - name: facts\n    definition: {method: fqn, value: 'fct_*', indirect_selection: empty}\n")
	a := open(t, dir)
	find := func(q platform.FindRequest) ([]string, []string, error) {
		p, err := a.Current(t.Context())
		require.NoError(t, err)
		answer, err := p.FindNodes(t.Context(), q)
		var ids []string
		for _, n := range answer.Nodes {
			ids = append(ids, n.ID)
		}
		return ids, answer.Warnings, err
	}
	byName, _, err := find(platform.FindRequest{Select: "selector:facts", ResourceTypes: []string{"model"}})
	require.NoError(t, err)
	require.Contains(t, byName, "model.shop.fct_app_visit")
	all, _, err := find(platform.FindRequest{})
	require.NoError(t, err)

	write("selectors:\n  - name: facts\n    default: true\n    definition: {method: fqn, value: fct_app_visit, indirect_selection: empty}\n")
	standard, warnings, err := find(platform.FindRequest{})
	require.NoError(t, err)
	require.Equal(t, []string{"model.shop.fct_app_visit"}, standard)
	require.Less(t, len(standard), len(all))
	require.Contains(t, warnings[0], "default selector facts")
	searched, _, err := find(platform.FindRequest{Text: "app events"})
	require.NoError(t, err)
	require.Greater(t, len(searched), 1, "a search by text looks at everything")

	write("selectors: [{name: facts}, ")
	_, _, err = find(platform.FindRequest{Select: "selector:facts"})
	require.ErrorContains(t, err, "is no YAML")
	_, _, err = find(platform.FindRequest{Select: "fct_app_visit"})
	require.NoError(t, err)
}
