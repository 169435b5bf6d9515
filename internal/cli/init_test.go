package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/internal/sharedtest"
)

// TestInitProposesAFactForPublicProjects: the file it writes loads, holds the fact it proposed, and is not overwritten.
func TestInitProposesAFactForPublicProjects(t *testing.T) {
	t.Parallel()
	manifests := sharedtest.Dir(t, "manifests")
	for _, name := range []string{"K12-Analytics-Engineering_dbt__v4_bigquery", "fivetran_dbt_zendesk__v12_bigquery", "DataRecce_recce__v12_duckdb", "fivetran_dbt_google_ads__v12_bigquery"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, os.CopyFS(filepath.Join(dir, "target"), os.DirFS(filepath.Join(manifests, name))))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "dbt_project.yml"), []byte("name: project\nversion: \"1.0\"\n"), 0o600))
			code, out, said := run(t, "--project", dir, "init")
			require.Zero(t, code, said)
			var answer struct {
				Proposed []struct{ Name, Model, Why string } `json:"proposed"`
			}
			require.NoError(t, json.Unmarshal([]byte(out), &answer))
			t.Logf("%+v", answer.Proposed)
			require.NotEmpty(t, answer.Proposed)

			loaded, err := config.Load(config.Flags{Project: dir}, config.Env{}, dir)
			require.NoError(t, err)
			require.Equal(t, answer.Proposed[0].Name, loaded.Facts[0].Name)
			code, _, said = run(t, "--project", dir, "init")
			require.Equal(t, 5, code, said)
			require.Contains(t, said, "--force")
			code, _, said = run(t, "--project", dir, "call", "list_facts")
			require.Zero(t, code, said)
		})
	}
}
