package demo

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/testdata/shop"
)

//go:embed files
var ownFiles embed.FS

// settings is the project's own configuration of headwater.
const settings = "headwater.yaml"

// loader stands in the demo's headwater.yaml for the program that loads.
const loader = "PROGRAM"

// writeProject writes the dbt project without its artifacts, the calendar and headwater.yaml, whose executors start program.
func writeProject(dir, program string, world span) error {
	own, err := fs.Sub(ownFiles, "files")
	if err != nil {
		return fmt.Errorf("open the demo's files: %w", err)
	}
	// Files older than the last run: nobody has edited the project since dbt read it.
	edited := world.lastRun().AddDate(0, 0, -3)
	name, err := json.Marshal(program) // YAML reads what JSON quotes
	if err != nil {
		return fmt.Errorf("write the loader's name: %w", err)
	}
	for _, from := range []fs.FS{shop.Files(), own} {
		if err := copyTree(dir, from, edited, name); err != nil {
			return err
		}
	}
	return nil
}

// copyTree writes every file of from but the artifacts below dir.
func copyTree(dir string, from fs.FS, modified time.Time, program []byte) error {
	return fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error { //nolint:wrapcheck // worded inside
		if err != nil {
			return err
		}
		if entry.IsDir() || strings.HasPrefix(name, "target/") {
			return nil
		}
		text, err := fs.ReadFile(from, name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if name == settings {
			text = bytes.ReplaceAll(text, []byte(loader), program)
		}
		return writeFile(filepath.Join(dir, filepath.FromSlash(name)), text, modified)
	})
}

func writeFile(path string, text []byte, modified time.Time) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("make the folder of %s: %w", path, err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Chtimes(path, modified, modified); err != nil {
		return fmt.Errorf("date %s: %w", path, err)
	}
	return nil
}
