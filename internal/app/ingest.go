package app

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/lineage/dbt"
)

// IngestRequest names archived artifacts.
type IngestRequest struct {
	// Paths are folders with artifacts, or folders of such folders however deep, or patterns of either.
	Paths []string
	// Progress is told how many folders of how many are done; may be nil.
	Progress func(done, of int)
}

// Ingested says what came of archived artifacts.
type Ingested struct {
	// Folders is how many held artifacts.
	Folders int `json:"folders"`
	// New and Known are dbt runs: recorded now, and recorded before.
	New   int `json:"new"`
	Known int `json:"known"`
	// Manifests is how many manifests were seen for the first time; what code they hold is known now.
	Manifests int       `json:"manifests"`
	Skipped   []Skipped `json:"skipped"`
}

// Skipped is a file that was not taken, and why.
type Skipped struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Ingest reads archived artifact sets into the ledger. A run is recorded once by its invocation, so that it does not matter in
// which order they come and how often. What cannot be read is named in the answer, and the rest is taken all the same. A path
// that leads to nothing is fault.NotFound; then nothing is read.
func (a *App) Ingest(ctx context.Context, q IngestRequest) (Ingested, error) {
	out := Ingested{Skipped: []Skipped{}}
	if a.store == nil {
		return out, fault.New(fault.Unavailable, "There is no ledger to read into. %s", strings.Join(a.warnings, " "))
	}
	folders, unreadable, err := archived(q.Paths)
	if err != nil {
		return out, err
	}
	out.Skipped = append(out.Skipped, unreadable...)
	for i, folder := range folders {
		if err := ctx.Err(); err != nil {
			return out, fault.Wrap(err, fault.Unavailable, "Stopped after %d of %d folders. What was read is kept; the same command goes on from there.", i, len(folders))
		}
		if err := a.ingest(ctx, folder, &out); err != nil {
			return out, err
		}
		if q.Progress != nil {
			q.Progress(i+1, len(folders))
		}
	}
	return out, nil
}

// ingest reads one folder. The error is of the store; what is wrong with the folder is added to the answer.
func (a *App) ingest(ctx context.Context, folder string, out *Ingested) error {
	stamp := statFiles(folder).stamp()
	record := dbt.ReadRecord(os.DirFS(folder))
	if record.Empty() {
		return nil
	}
	out.Folders++
	for _, p := range record.Problems {
		out.Skipped = append(out.Skipped, Skipped{filepath.Join(folder, p.File), p.Why})
	}
	project, version := a.snapshot.platform.Project, ""
	if m := record.Manifest; m != nil {
		project, version = m.Project, m.DBTVersion
		isNew, err := a.store.RecordArtifacts(ctx, setOf(m, folder, a.seen()))
		if err != nil {
			return err
		}
		if isNew {
			out.Manifests++
		}
	}
	for _, run := range runsOf(record.RunResults, record.Sources, project, version) {
		if why := saysNothing(run); why != "" {
			out.Skipped = append(out.Skipped, Skipped{folder, why})
			continue
		}
		run.SeenAt = a.seen()
		isNew, err := a.store.RecordRun(ctx, run)
		if err != nil {
			return err
		}
		if isNew {
			out.New++
		} else {
			out.Known++
		}
	}
	if len(record.Problems) > 0 {
		return nil // read again next time: a file may have been half-written, or not allowed to be read
	}
	return a.store.FolderRead(ctx, folder, stamp)
}

// saysNothing says why a run has nothing for the ledger, or "".
func saysNothing(run store.Run) string {
	switch {
	case run.Command == "":
		return "run_results.json does not say which command wrote it."
	case !store.Counts(run.Command):
		return fmt.Sprintf("The results are of dbt %s, which says nothing about data.", run.Command)
	case len(run.Results) == 0:
		return fmt.Sprintf("The results of dbt %s are empty: it had nothing to do.", run.Command)
	}
	return ""
}

// archived lists the folders that hold artifacts, each once and sorted.
func archived(paths []string) (folders []string, skipped []Skipped, err error) {
	for _, path := range paths {
		absolute, err := filepath.Abs(path)
		if err != nil {
			return nil, nil, fault.Wrap(err, fault.Invalid, "%s is no path.", path)
		}
		roots := []string{absolute}
		if _, err := os.Stat(absolute); err != nil {
			if roots, err = filepath.Glob(absolute); err != nil || len(roots) == 0 {
				return nil, nil, fault.Wrap(err, fault.NotFound, "There is no file or folder %s.", path)
			}
		}
		before := len(folders) + len(skipped)
		for _, root := range roots {
			below, unreadable := artifactFolders(root)
			folders, skipped = append(folders, below...), append(skipped, unreadable...)
		}
		if len(folders)+len(skipped) == before {
			return nil, nil, fault.New(fault.NotFound, "There are no dbt artifacts in %s: no %s, plain or gzipped.", path, strings.Join(artifactNames(), ", no "))
		}
	}
	slices.Sort(folders)
	return slices.Compact(folders), skipped, nil
}

// artifactFolders lists the folders at and below a root that hold artifacts, and the folders that cannot be looked into. The root
// may be a link, or one of the files.
func artifactFolders(root string) (folders []string, skipped []Skipped) {
	if target, err := filepath.EvalSymlinks(root); err == nil {
		root = target
	}
	if info, err := os.Stat(root); err == nil && !info.IsDir() {
		root = filepath.Dir(root)
		if len(statFiles(root)) == 0 {
			return nil, nil
		}
		return []string{root}, nil
	}
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error { // the function returns no error but SkipDir
		switch {
		case err != nil:
			skipped = append(skipped, Skipped{path, rootCause(err)})
			return fs.SkipDir
		case d.IsDir() && len(statFiles(path)) > 0:
			folders = append(folders, path)
		}
		return nil
	})
	return folders, skipped
}

// rootCause is the innermost error without the path, which is named beside it.
func rootCause(err error) string {
	if wrong, ok := err.(*fs.PathError); ok { //nolint:errorlint // WalkDir gives it as it is
		return wrong.Err.Error()
	}
	return err.Error()
}
