package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/headwater-mcp/headwater/lineage/dbt/dbttest"
)

// world is a generated project on disk.
type world struct {
	dir      string
	manifest string
	size     int64 // of the manifest, in bytes
}

// generate writes a project of so many models into a new folder, which close removes.
func generate(models int) (w world, err error) {
	if w.dir, err = os.MkdirTemp("", "headwater-bench-"); err != nil {
		return w, fmt.Errorf("making a folder: %w", err)
	}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	w.manifest = filepath.Join(w.dir, "target", "manifest.json")
	if err = os.Mkdir(filepath.Dir(w.manifest), 0o700); err != nil {
		return w, fmt.Errorf("making a folder: %w", err)
	}
	if err = os.WriteFile(filepath.Join(w.dir, "headwater.yaml"), []byte("project: big\nartifacts: target\n"), 0o600); err != nil {
		return w, fmt.Errorf("writing headwater.yaml: %w", err)
	}
	f, err := os.Create(w.manifest)
	if err != nil {
		return w, fmt.Errorf("writing the manifest: %w", err)
	}
	if err = errors.Join(dbttest.WriteManifest(f, models), f.Close()); err != nil {
		return w, fmt.Errorf("writing the manifest: %w", err)
	}
	info, err := os.Stat(w.manifest)
	if err != nil {
		return w, fmt.Errorf("looking at the manifest: %w", err)
	}
	w.size = info.Size()
	return w, nil
}

func (w world) close() { _ = os.RemoveAll(w.dir) } // a folder of the system's temporary ones
