package dbt

import (
	"errors"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// manifest is a decoded manifest.json.
type manifest struct {
	header

	version int
	nodes   []*lineage.Node
	edges   []lineage.Edge
	groups  map[string]string // owner by group id
	macros  map[string]lineage.Macro
	named   []any // the project's selectors, as selectors.yml lists them
}

// entry is one member of a section, not decoded yet.
type entry struct {
	id  string
	raw []byte
}

// decodeManifest reads a manifest. Sections without nodes (docs, the parent and child maps, disabled nodes) are
// stepped over. The members of the others are found first and then decoded on all cores: they are most of the work.
func decodeManifest(dir string, data []byte) (*manifest, error) {
	path := filepath.Join(dir, "manifest.json")
	c := scan.New(data)
	if k := c.Kind(); k != '{' && k != 0 {
		return nil, fault.New(fault.Invalid,
			"%s is no dbt manifest: it is no JSON object. Point artifacts at dbt's target folder and run `dbt parse` there.", path)
	}
	m := &manifest{groups: map[string]string{}, macros: map[string]lineage.Macro{}}
	var entries []entry
	var refused error
	c.Object(func(key []byte) {
		switch string(key) {
		case "metadata":
			m.header = readHeader(c)
			if c.Err() == nil && refused == nil {
				m.version, refused = m.manifestVersion(path)
			}
		case "nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries", "unit_tests", "functions":
			c.Object(func(id []byte) { entries = append(entries, entry{scan.Clean(id), c.Raw()}) })
		case "groups":
			c.Object(func(id []byte) { m.groups[scan.Clean(id)] = readOwnerOf(c) })
		case "selectors":
			c.Object(func([]byte) { m.named = append(m.named, c.Any()) })
		case "macros":
			c.Object(func(id []byte) { m.macros[c.Share(id)] = readMacro(c) })
		}
	})
	c.End()
	if refused != nil {
		return nil, refused
	}
	if err := c.Err(); err != nil {
		return nil, brokenManifest(path, err)
	}
	if m.schema == "" {
		_, err := m.manifestVersion(path)
		return nil, err
	}
	if err := m.decode(entries); err != nil {
		return nil, brokenManifest(path, err)
	}
	m.nameOwners()
	return m, nil
}

// brokenManifest says that a manifest is not whole. It may be being written: trying again may help.
func brokenManifest(path string, cause error) error {
	problem := "is damaged (" + cause.Error() + ")"
	if e, ok := errors.AsType[*scan.SyntaxError](cause); ok && e.Truncated {
		problem = "ends in the middle"
	}
	return fault.Wrap(cause, fault.Unavailable,
		"%s %s. If dbt is writing it, try again in a moment; else run `dbt parse` to write it again.", path, problem)
}

// decode decodes the entries in as many runs as there are cores and puts the results together in order.
func (m *manifest) decode(entries []entry) error {
	runs := min(runtime.GOMAXPROCS(0), 8, 1+len(entries)/256)
	decoders := make([]*decoder, runs)
	var all sync.WaitGroup
	for k := range decoders {
		decoders[k] = newDecoder(m.version)
		mine := entries[k*len(entries)/runs : (k+1)*len(entries)/runs]
		all.Go(func() { decoders[k].decodeAll(mine) })
	}
	all.Wait()
	for _, d := range decoders {
		if d.err != nil {
			return d.err
		}
		m.nodes = append(m.nodes, d.nodes...)
		m.edges = append(m.edges, d.edges...)
	}
	return nil
}
