package app

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v4"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt"
)

// selectorsFile is where dbt looks for named selections, beside dbt_project.yml.
const selectorsFile = "selectors.yml"

// selectors reads the project's named selections. The file goes first, since it may be newer than the manifest; what it
// leaves to Jinja stands rendered in the manifest.
func (a *App) selectors(artifacts *dbt.Artifacts) (*lineage.Selectors, error) {
	var ofManifest any
	if artifacts != nil {
		ofManifest = artifacts.Selectors
	}
	path := a.selectorsPath()
	text, err := os.ReadFile(path)
	switch {
	case path == "", errors.Is(err, fs.ErrNotExist):
		return lineage.ParseSelectors(ofManifest)
	case err != nil:
		return nil, fault.Wrap(err, fault.Unavailable, "%s cannot be read.", path)
	case bytes.Contains(text, []byte("{{")), bytes.Contains(text, []byte("{%")):
		return lineage.ParseSelectors(ofManifest)
	}
	var file any
	if err := yaml.Load(text, &file); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "%s is no YAML: %s", path, err)
	}
	return lineage.ParseSelectors(file)
}

// selectorsPath is empty where there is no dbt project.
func (a *App) selectorsPath() string {
	if a.options.Config.DBT.ProjectDir == "" {
		return ""
	}
	return filepath.Join(a.options.Config.DBT.ProjectDir, selectorsFile)
}
