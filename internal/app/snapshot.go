package app

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt"
	"github.com/headwater-mcp/headwater/partition"
)

// snapshot is what was read at one moment. It is never changed after load.
type snapshot struct {
	// platform lacks what differs between requests.
	platform platform.Platform
	// files is what the artifacts of all projects looked like before they were read.
	files files
	// neighbours are the further projects.
	neighbours []neighbour
}

// files are files by name, or path: their size and time of change.
type files map[string]stat

type stat struct {
	size    int64
	changed time.Time
}

// artifactNames are the files that dbt writes and dbt.Load reads.
func artifactNames() []string {
	return []string{"manifest.json", "catalog.json", "run_results.json", "sources.json"}
}

func statFiles(dir string) files {
	out := files{}
	for _, name := range artifactNames() {
		for _, file := range []string{name, name + ".gz"} {
			if info, err := os.Stat(filepath.Join(dir, file)); err == nil {
				out[file] = stat{info.Size(), info.ModTime()}
			}
		}
	}
	return out
}

// lookAt looks at files by their paths; those that are not there are left out.
func lookAt(paths []string) files {
	out := files{}
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			out[path] = stat{info.Size(), info.ModTime()}
		}
	}
	return out
}

func (f files) equal(o files) bool {
	if len(f) != len(o) {
		return false
	}
	for name, s := range f {
		if t, ok := o[name]; !ok || t.size != s.size || !t.changed.Equal(s.changed) {
			return false
		}
	}
	return true
}

// fresh is the newest snapshot. Whoever first sees that artifacts changed reads them; the others go on with the old ones.
func (a *App) fresh(ctx context.Context) *snapshot {
	now := a.statAll()
	a.mu.Lock()
	current := a.snapshot
	if a.loading || now.equal(current.files) {
		a.mu.Unlock()
		return current
	}
	a.loading = true
	a.mu.Unlock()
	next := a.load(ctx, current)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.loading = false
	if next.platform.ArtifactsError != nil && current.platform.ArtifactsError == nil {
		// dbt is writing, or something broke the files: the last good ones still stand, and the next request looks again.
		a.log.Warn().Err(next.platform.ArtifactsError).Msg("artifacts changed and cannot be read; keeping the last good ones")
		return current
	}
	a.snapshot = next
	return next
}

// load reads the artifacts and derives everything from them. It never fails: what cannot be read is said in the snapshot. Of
// the last snapshot it takes the further projects that did not change.
func (a *App) load(ctx context.Context, last *snapshot) *snapshot {
	now := a.statAll()
	defer a.sparing(now)()
	c := a.options.Config
	s := &snapshot{files: now, neighbours: a.neighbours(last.neighbours)}
	p := &s.platform
	p.Project, p.Calendar, p.MinUsers = c.Project, a.calendar, c.Policy.MinUsers
	p.Engine, p.WarehouseError, p.Checker = a.engine, a.warehouseError, a.checker
	p.Graph = lineage.New(c.Project, nil, nil)
	artifacts, err := dbt.Load(c.Artifacts)
	switch {
	case err == nil:
		p.Project = cmp.Or(p.Project, artifacts.Project)
		p.Artifacts, p.Graph = stitch(artifacts, p.Project, s.neighbours)
		p.Snapshot = platform.Snapshot{ID: p.Artifacts.ID, GeneratedAt: &artifacts.GeneratedAt}
		a.record(ctx, artifacts)
	case c.DBT.ProjectDir == "" && errors.Is(err, fs.ErrNotExist) && len(c.Facts) > 0:
		// Facts with a relation of their own need no dbt project: the graph holds their relations and nothing else.
		p.Project = cmp.Or(p.Project, filepath.Base(c.Root))
	default:
		p.ArtifactsError = err
	}
	p.Selectors, p.SelectorsError = a.selectors(p.Artifacts)
	p.Graph, p.Facts = withRelations(p.Graph, p.Project, a.facts(p.Graph, p.Project))
	p.Graph = withOutputs(p.Graph, p.Project, c.Output.Schema, p.Facts)
	p.Specs, err = partition.Derive(p.Graph, c.Partitions, givenByFacts(p.Project, c.Output.Schema, p.Facts))
	if err != nil {
		p.SpecsError = err
	}
	retain(p.Facts, p.Specs)
	return s
}
