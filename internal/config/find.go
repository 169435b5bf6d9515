package config

import (
	"os"
	"path/filepath"

	"github.com/headwater-mcp/headwater/fault"
)

// dbtProjectFile is the name of dbt's own project file.
const dbtProjectFile = "dbt_project.yml"

// Find returns the nearest folder, start itself or one above it, that holds headwater.yaml or dbt_project.yml. Where
// there is none it is fault.Unavailable.
func Find(start string) (string, error) {
	from, err := filepath.Abs(start)
	if err != nil {
		return "", fault.Wrap(err, fault.Unavailable, "The folder %s cannot be found.", start)
	}
	if dir := nearest(from, FileName, dbtProjectFile); dir != "" {
		return dir, nil
	}
	return "", fault.New(fault.Unavailable,
		"There is no %s or %s in %s or in a folder above it. Name the project's folder with --project, or run `headwater init` in it.",
		FileName, dbtProjectFile, from)
}

// nearest returns the first of dir and the folders above it that holds a file of one of the names, or "".
func nearest(dir string, names ...string) string {
	for {
		for _, name := range names {
			if isFile(filepath.Join(dir, name)) {
				return dir
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
