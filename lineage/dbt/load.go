package dbt

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
)

// Load reads the artifacts in a folder. It is Unavailable when there is no manifest or half of one, Invalid when the
// manifest is something else or of a schema that is not supported. Companions that are missing are left out silently,
// broken ones with a warning.
func Load(dir string) (*Artifacts, error) { return LoadFS(os.DirFS(dir), dir) }

// LoadFS is Load for a folder that is opened already, as by an os.Root, which keeps what is read inside of it. dir is how
// errors call it.
func LoadFS(files fs.FS, dir string) (*Artifacts, error) {
	data, err := read(files, "manifest.json")
	if err != nil {
		return nil, unreadable(files, dir, err)
	}
	m, err := decodeManifest(dir, data)
	if err != nil {
		return nil, err
	}
	a := &Artifacts{
		Adapter: m.adapter, SchemaVersion: "v" + strconv.Itoa(m.version), DBTVersion: m.dbtVersion,
		GeneratedAt: m.generatedAt, InvocationID: m.invocationID, Project: m.rootPackage(m.nodes), Warnings: []string{},
		Selectors: map[string]any{"selectors": m.named},
	}
	var catalog header
	a.companion(files, dir, "catalog.json", func(data []byte) (err error) {
		catalog, err = applyCatalog(data, m.nodes)
		return err
	})
	a.companion(files, dir, "run_results.json", func(data []byte) (err error) {
		a.RunResults, err = readRunResults(data)
		return err
	})
	a.companion(files, dir, "sources.json", func(data []byte) (err error) {
		a.Sources, err = readSources(data)
		return err
	})
	a.Graph = lineage.New(a.Project, m.nodes, m.edges).WithMacros(m.macros)
	a.remark()
	a.ID = a.identify(catalog)
	return a, nil
}

func unreadable(files fs.FS, dir string, err error) error {
	path := filepath.Join(dir, "manifest.json")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if info, statErr := fs.Stat(files, "."); statErr != nil || !info.IsDir() {
			return fault.Wrap(err, fault.Unavailable,
				"There is no folder %s. Run `dbt parse` in the dbt project, or set artifacts to dbt's target folder.", dir)
		}
		return fault.Wrap(err, fault.Unavailable,
			"There is no manifest.json in %s. Run `dbt parse` in the dbt project, or set artifacts to dbt's target folder.", dir)
	case errors.Is(err, errTooLarge):
		return fault.Wrap(err, fault.Invalid, "%s is larger than 2 GiB, which is no dbt manifest.", path)
	}
	return fault.Wrap(err, fault.Unavailable,
		"%s cannot be read: %s. If dbt is writing it, try again in a moment; else run `dbt parse` to write it again.", path, rootCause(err))
}

// rootCause is the innermost error, without the path that a sentence names already.
func rootCause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// companion reads an artifact that may be missing.
func (a *Artifacts) companion(files fs.FS, dir, name string, use func([]byte) error) {
	data, err := read(files, name)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = use(data)
	}
	if err != nil {
		a.warnf("%s is left out: %s.", filepath.Join(dir, name), rootCause(err))
	}
}

func (a *Artifacts) warnf(format string, args ...any) {
	a.Warnings = append(a.Warnings, fmt.Sprintf(format, args...))
}

// remark adds warnings about what is whole and still odd.
func (a *Artifacts) remark() {
	legacy := 0
	for _, n := range a.Graph.Nodes() {
		if n.Unselectable {
			legacy++
		}
	}
	if legacy > 0 {
		a.warnf("%d metrics are of a kind that dbt dropped in 1.6: they are in the lineage, and selectors leave them out as dbt does.", legacy)
	}
	if r := a.RunResults; r != nil && r.GeneratedAt.Before(a.GeneratedAt) && r.InvocationID != a.InvocationID {
		a.warnf("The manifest is of %s, the last run of %s: nodes added or changed in between have not run.",
			a.GeneratedAt.Format(time.DateTime), r.GeneratedAt.Format(time.DateTime))
	}
}

// identify hashes what tells one set of artifacts from another: which commands wrote them, and when.
func (a *Artifacts) identify(catalog header) string {
	h := sha256.New()
	note := func(invocation string, at time.Time) {
		_, _ = fmt.Fprintln(h, invocation, at.UTC().Format(time.RFC3339Nano)) // a hash never fails to write
	}
	note(a.InvocationID, a.GeneratedAt)
	if !catalog.generatedAt.IsZero() {
		note("catalog "+catalog.invocationID, catalog.generatedAt)
	}
	if a.RunResults != nil {
		note("run "+a.RunResults.InvocationID, a.RunResults.GeneratedAt)
	}
	if a.Sources != nil {
		note("sources "+a.Sources.InvocationID, a.Sources.GeneratedAt)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}
