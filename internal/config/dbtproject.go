package config

import (
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v4"

	"github.com/headwater-mcp/headwater/fault"
)

// DBT is what dbt's own files say. Its fields are empty where there is no dbt project.
type DBT struct {
	// ProjectDir is the folder with dbt_project.yml.
	ProjectDir string
	// Name is the project's name.
	Name string
	// Profile and Target name the chosen output of profiles.yml, by flags, by variables or by the files.
	Profile, Target string
	// ProfilesFile is the profiles.yml that dbt would read; empty where there is none.
	ProfilesFile string
	// TargetPath is the folder that dbt writes its artifacts to.
	TargetPath string
	// ModelPaths are the folders with models.
	ModelPaths []string
}

// readProject fills d from the dbt_project.yml in its ProjectDir.
func (d *DBT) readProject(r renderer) error {
	path := filepath.Join(d.ProjectDir, dbtProjectFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "%s cannot be read; name the dbt project's folder with --project-dir.", path)
	}
	root, err := parseYAML(dbtProjectFile, text)
	if err != nil {
		return err
	}
	get := func(key, otherwise string) (string, error) {
		return scalarText(r, child(root, key), dbtProjectFile+", "+key, otherwise)
	}
	if d.Name, err = get("name", ""); err != nil {
		return err
	}
	if d.Profile, err = get("profile", ""); err != nil {
		return err
	}
	target, err := get("target-path", "target")
	if err != nil {
		return err
	}
	d.TargetPath = absolute(d.ProjectDir, target)
	models := items(child(root, "model-paths"))
	if models == nil {
		models = items(child(root, "source-paths")) // what dbt called it before 1.0
	}
	for _, m := range models {
		folder, err := scalarText(r, m, dbtProjectFile+", model-paths", "")
		if err != nil {
			return err
		}
		d.ModelPaths = append(d.ModelPaths, absolute(d.ProjectDir, folder))
	}
	if d.ModelPaths == nil {
		d.ModelPaths = []string{filepath.Join(d.ProjectDir, "models")}
	}
	return nil
}

// scalarText renders a node that is a single value; otherwise stands for one that is absent, empty or something else.
func scalarText(r renderer, n *yaml.Node, key, otherwise string) (string, error) {
	if !isScalar(n) {
		return otherwise, nil
	}
	value, err := r.render(n.Value, key)
	if err != nil {
		return "", err
	}
	if s := asText(value); s != "" {
		return s, nil
	}
	return otherwise, nil
}
