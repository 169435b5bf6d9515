package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/headwater-mcp/headwater/fault"
)

const profilesFile = "profiles.yml"

// chosen says which output of profiles.yml is wanted and by whom.
type chosen struct {
	// profile is the name by flag, by variable or by dbt_project.yml.
	profile string
	// target is the name by flag or by variable; empty leaves it to the profile.
	target string
	// dir is the folder by flag or by variable; empty searches.
	dir string
}

// findProfiles returns the profiles.yml that dbt would read: in the folder that a flag or DBT_PROFILES_DIR names, else
// in the folder where the process was started, else in ~/.dbt. The dbt project's folder comes before the last one,
// because whoever starts dbt usually stands in it, and an MCP host starts headwater anywhere.
func findProfiles(c chosen, env Env, start, projectDir string) string {
	folders := []string{c.dir}
	if c.dir == "" {
		folders = []string{start, projectDir}
		if home := env["HOME"]; home != "" {
			folders = append(folders, filepath.Join(home, ".dbt"))
		}
	}
	for _, folder := range folders {
		if file := filepath.Join(folder, profilesFile); folder != "" && isFile(file) {
			return file
		}
	}
	return ""
}

// output is the chosen target of a profile, not yet rendered.
type output struct {
	node *yaml.Node
	// key is how errors call it, like "profiles.yml, shop.outputs.dev".
	key    string
	target string
}

// readOutput finds the chosen output in a profiles.yml. Only the name of the target is rendered. Errors quote nothing
// of the file but names.
func readOutput(file string, c chosen, r renderer) (output, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return output{}, fault.Wrap(err, fault.Unavailable, "%s cannot be read.", file)
	}
	root, err := loadYAML(text)
	if err != nil {
		line := 0
		if load, ok := errors.AsType[*yaml.LoadError](err); ok {
			line = load.Mark.Line
		}
		// The library's message can quote a password, so it is not even kept as the cause.
		return output{}, fault.New(fault.Unavailable, "%s:%d: this is no YAML; mend the line, `dbt debug` reads the same file.", file, line)
	}
	profile := child(root, c.profile)
	if profile == nil {
		known := slices.DeleteFunc(names(root), func(s string) bool { return s == "config" })
		return output{}, fault.New(fault.Unavailable, "%s has no profile %q.%s", file, c.profile, near(c.profile, known))
	}
	key := profilesFile + ", " + c.profile
	target := c.target
	if target == "" {
		if target, err = scalarText(r, child(profile, "target"), key+".target", "default"); err != nil {
			return output{}, err
		}
	}
	outputs := child(profile, "outputs")
	if outputs == nil {
		return output{}, fault.New(fault.Unavailable, "%s has no `outputs`, so it says nothing of a warehouse.", key)
	}
	node := child(outputs, target)
	if node == nil {
		return output{}, fault.New(fault.Unavailable, "%s has no target %q.%s", key, target, near(target, names(outputs)))
	}
	return output{node: node, key: key + ".outputs." + target, target: target}, nil
}

// warehouse reads what headwater needs of an output: for DuckDB the file and what is attached to it, for other adapters
// their name. projectDir is the folder that dbt changes to before it connects.
func (o output) warehouse(r renderer, projectDir string) Warehouse {
	t := target{renderer: r, output: o, dir: projectDir}
	adapter, err := t.text("type", "")
	switch {
	case err != nil:
		return Warehouse{Unreachable: err}
	case adapter == "":
		return Warehouse{Unreachable: fault.New(fault.Unavailable, "%s has no `type`, so it names no warehouse.", o.key)}
	case adapter == DuckDB:
		return t.duckdb()
	}
	return Warehouse{Type: adapter, Unreachable: notYet(adapter)}
}

// notYet says that a warehouse is known and not read by this version.
func notYet(adapter string) error {
	return fault.New(fault.Unavailable,
		"The warehouse is %s, which this version does not read: lineage, impact and comparison work, whatever needs rows does not. DuckDB is read today.",
		adapter)
}
