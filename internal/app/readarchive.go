package app

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// archivePatience bounds how long opening a project may take for its archive. Years of it are read in several goes, or at once
// by headwater ingest.
const archivePatience = 10 * time.Second

// readArchive reads the folders of `archive` in headwater.yaml that were not read as they are now. The store remembers them by
// path and by the names, sizes and times of change of the artifacts in them, so that a restart reads nothing again. What goes
// wrong is a warning: answers do not depend on it.
func (a *App) readArchive(ctx context.Context) {
	pattern := a.options.Config.Archive
	if pattern == "" || a.store == nil {
		return
	}
	known, err := a.store.FoldersRead(ctx)
	if err != nil {
		a.log.Warn().Err(err).Msg("the archive was not read")
		return
	}
	roots, err := filepath.Glob(pattern)
	if err != nil {
		a.warnings = append(a.warnings, fmt.Sprintf("archive: %s is no pattern.", pattern))
		return
	}
	var fresh []string
	for _, root := range roots {
		folders, _ := artifactFolders(root)
		for _, folder := range folders {
			if stamp, ok := known[folder]; !ok || stamp != statFiles(folder).stamp() {
				fresh = append(fresh, folder)
			}
		}
	}
	a.readFresh(ctx, fresh)
}

func (a *App) readFresh(ctx context.Context, folders []string) {
	out := Ingested{}
	until := a.options.Now().Add(archivePatience)
	for i, folder := range folders {
		if i > 0 && a.options.Now().After(until) {
			a.warnings = append(a.warnings, fmt.Sprintf("%d folders of the archive are not in the ledger yet: headwater ingest %s reads them at once.",
				len(folders)-i, a.options.Config.Archive))
			break
		}
		if err := a.ingest(ctx, folder, &out); err != nil {
			a.log.Warn().Err(err).Str("folder", folder).Msg("the archive was not read to its end")
			break
		}
	}
	for _, s := range out.Skipped {
		a.log.Info().Str("path", s.Path).Msg("not taken from the archive: " + s.Reason)
	}
	if out.New > 0 {
		a.log.Info().Int("runs", out.New).Msg("read from the archive")
	}
}

// stamp is what a folder's artifacts look like from outside, as text.
func (f files) stamp() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f)) {
		fmt.Fprintf(&b, "%s %d %d\n", filepath.ToSlash(name), f[name].size, f[name].changed.UnixNano())
	}
	return b.String()
}
