package app

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/headwater-mcp/headwater/lineage/dbt"
)

// The archive keeps the newest sets of artifacts, since dbt writes each over the one before: no more than archivedSets, and
// beyond the last two no more than archivedBytes.
const (
	archivedSets  = 5
	archivedBytes = 256 << 20
)

// archive keeps a copy of the artifacts beside the store and returns its folder; where it cannot, the folder that dbt writes to.
func (a *App) archive(artifacts *dbt.Artifacts) string {
	root := filepath.Join(filepath.Dir(a.store.Path()), "artifacts")
	folder := filepath.Join(root, artifacts.GeneratedAt.UTC().Format("20060102T150405.000")+"-"+artifacts.ID)
	if _, err := os.Stat(folder); err == nil {
		return folder
	}
	if err := copyArtifacts(a.options.Config.Artifacts, folder); err != nil {
		a.log.Warn().Err(err).Msg("the artifacts were not archived; comparing with previous will not find them")
		return a.options.Config.Artifacts
	}
	if err := prune(root); err != nil {
		a.log.Warn().Err(err).Msg("the archive of artifacts was not pruned")
	}
	return folder
}

// copyArtifacts copies the artifacts as a whole, or not at all: dbt may be writing the next ones.
func copyArtifacts(from, to string) error {
	before := statFiles(from)
	half, err := makeHalf(to)
	if err != nil {
		return err
	}
	defer os.RemoveAll(half) //nolint:errcheck // gone already where all went well
	for name := range before {
		if err := copyFile(filepath.Join(from, name), filepath.Join(half, name)); err != nil {
			return err
		}
	}
	if !before.equal(statFiles(from)) {
		return fmt.Errorf("the artifacts in %s changed while they were copied", from)
	}
	if err := os.Rename(half, to); err != nil {
		if _, there := os.Stat(to); there == nil {
			return nil // another process of ours was faster with the same set
		}
		return fmt.Errorf("name the archived artifacts: %w", err)
	}
	return nil
}

// makeHalf makes the folder in which a set is gathered, beside the one it becomes.
func makeHalf(to string) (string, error) {
	if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
		return "", fmt.Errorf("make the archive: %w", err)
	}
	half, err := os.MkdirTemp(filepath.Dir(to), ".half-")
	if err != nil {
		return "", fmt.Errorf("make a folder of the archive: %w", err)
	}
	return half, nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("open an artifact: %w", err)
	}
	defer in.Close() //nolint:errcheck // read only
	out, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("make an archived artifact: %w", err)
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return fmt.Errorf("copy an artifact: %w", err)
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("close an archived artifact: %w", err)
	}
	return nil
}

// prune removes the oldest sets beyond the bounds; folders are named by the time of their manifest.
func prune(root string) error {
	folders, err := filepath.Glob(filepath.Join(root, "[0-9]*"))
	if err != nil {
		return fmt.Errorf("list the archive: %w", err)
	}
	slices.SortFunc(folders, func(a, b string) int { return cmp.Compare(b, a) })
	var total int64
	for i, folder := range folders {
		for _, f := range statFiles(folder) {
			total += f.size
		}
		if i < 2 || i < archivedSets && total <= archivedBytes {
			continue
		}
		if err := os.RemoveAll(folder); err != nil {
			return fmt.Errorf("remove %s: %w", folder, err)
		}
	}
	return nil
}
