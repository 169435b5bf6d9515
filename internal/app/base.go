package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/lineage/dbt"
)

// seenSets bounds how many artifact sets of the ledger are looked through.
const seenSets = 1000

// base loads the artifacts with which own are compared: platform.Previous, an invocation id of the ledger, or a folder
// inside the project.
func (a *App) base(ctx context.Context, own *dbt.Artifacts, name string) (*dbt.Artifacts, error) {
	sets, err := a.artifactSets(ctx, own.Project)
	if err != nil {
		return nil, err
	}
	if name == platform.Previous {
		for _, s := range sets {
			if s.GeneratedAt.Before(own.GeneratedAt) && s.InvocationID != own.InvocationID {
				return a.openSet(s, sets, own)
			}
		}
		return nil, fault.New(fault.NotFound,
			"The ledger knows no artifacts of %s before those of %s. Keep a copy of dbt's target folder inside the project before the next run, and name it: base: that folder.",
			own.Project, own.GeneratedAt.Format(time.RFC3339))
	}
	for _, s := range sets {
		if s.InvocationID == name {
			return a.openSet(s, sets, own)
		}
	}
	return a.openFolder(name, sets)
}

func (a *App) artifactSets(ctx context.Context, project string) ([]store.ArtifactSet, error) {
	if a.store == nil {
		return nil, nil
	}
	return a.store.ArtifactSets(ctx, project, a.AsOf(), seenSets)
}

// openSet loads a set from where it was kept: the archive, which holds the newest few, or, where that could not be written, the
// folder that dbt writes every set over the one before.
func (a *App) openSet(s store.ArtifactSet, sets []store.ArtifactSet, own *dbt.Artifacts) (*dbt.Artifacts, error) {
	artifacts, err := dbt.Load(s.Path)
	if err == nil && artifacts.GeneratedAt.Equal(s.GeneratedAt) {
		return artifacts, nil
	}
	what := "holds those of another dbt command now"
	if err != nil {
		what = "cannot be read any more"
	}
	remedy := "Keep copies of the target folder inside the project, and name one: base: that folder."
	if other := a.stillThere(sets, s, own); other != "" {
		remedy = "Still there are those of invocation " + other + ". " + remedy
	}
	return nil, fault.Wrap(err, fault.Unavailable, "The artifacts of invocation %s (%s) are not kept any more: %s %s. %s",
		s.InvocationID, s.GeneratedAt.Format(time.RFC3339), s.Path, what, remedy)
}

// stillThere returns the newest set that no other one was written over: where it was seen last, nothing newer was.
func (a *App) stillThere(sets []store.ArtifactSet, wanted store.ArtifactSet, own *dbt.Artifacts) string {
	taken := map[string]bool{a.options.Config.Artifacts: true, wanted.Path: true}
	for _, s := range sets {
		if taken[s.Path] || s.InvocationID == own.InvocationID {
			continue
		}
		taken[s.Path] = true
		if _, err := os.Stat(filepath.Join(s.Path, "manifest.json")); err == nil {
			return s.InvocationID
		}
	}
	return ""
}

// openFolder loads the artifacts in a folder of the project. The folder is opened from the project's root, so that neither
// dots nor symbolic links lead out of it.
func (a *App) openFolder(name string, sets []store.ArtifactSet) (*dbt.Artifacts, error) {
	root := a.options.Config.Root
	inside := filepath.Clean(filepath.FromSlash(name))
	if filepath.IsAbs(inside) {
		relative, err := filepath.Rel(root, inside)
		if err != nil {
			return nil, outside(err, name)
		}
		inside = relative
	}
	if !filepath.IsLocal(inside) {
		return nil, outside(nil, name)
	}
	project, err := os.OpenRoot(root)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "The project's folder %s cannot be opened.", root)
	}
	defer project.Close() //nolint:errcheck // read only
	folder, err := project.OpenRoot(inside)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Wrap(err, fault.NotFound, "%q is neither an invocation of the ledger nor a folder of the project.%s Write previous, an invocation id, or a folder with a manifest.json.",
			name, fault.DidYouMean(name, invocations(sets)))
	case err != nil && strings.Contains(err.Error(), "escapes"):
		return nil, outside(err, name)
	case err != nil:
		return nil, fault.Wrap(err, fault.Invalid, "%q cannot be opened as a folder of the project.", name)
	}
	defer folder.Close() //nolint:errcheck // read only
	return dbt.LoadFS(folder.FS(), filepath.Join(root, inside))
}

func outside(cause error, name string) error {
	return fault.Wrap(cause, fault.Invalid, "%q is outside the project. Compare with a folder inside of it: copy the artifacts there.", name)
}

func invocations(sets []store.ArtifactSet) []string {
	out := []string{platform.Previous}
	for _, s := range sets {
		out = append(out, s.InvocationID)
	}
	return out
}
