package dbt

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// Record is what a folder of artifacts says of dbt commands, without the graph: what an archive of years is read for. What the
// folder does not have is nil.
type Record struct {
	Manifest   *Code
	RunResults *RunResults
	Sources    *SourceFreshness
	// Problems are the files that are there and cannot be read.
	Problems []Problem
}

// Empty reports whether there was nothing to read.
func (r *Record) Empty() bool {
	return r.Manifest == nil && r.RunResults == nil && r.Sources == nil && len(r.Problems) == 0
}

// Problem is a file that cannot be read.
type Problem struct{ File, Why string }

// Code is which code a manifest holds.
type Code struct {
	InvocationID, Project, SchemaVersion, DBTVersion string
	GeneratedAt                                      time.Time
	// Checksums are dbt's of models, seeds and snapshots, by node id.
	Checksums map[string]string
}

// ReadRecord reads the artifacts of a folder, plain or gzipped, each by itself: none is needed for the others.
func ReadRecord(files fs.FS) *Record {
	r := &Record{}
	r.take(files, "manifest.json", func(data []byte) (err error) {
		r.Manifest, err = readCode(data)
		return err
	})
	r.take(files, "run_results.json", func(data []byte) (err error) {
		r.RunResults, err = readRunResults(data)
		return err
	})
	r.take(files, "sources.json", func(data []byte) (err error) {
		r.Sources, err = readSources(data)
		return err
	})
	return r
}

func (r *Record) take(files fs.FS, name string, use func([]byte) error) {
	data, err := read(files, name)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = use(data)
	}
	if err != nil {
		r.Problems = append(r.Problems, Problem{name, rootCause(err).Error()})
	}
}

// readCode reads a manifest's header and checksums and steps over the rest.
func readCode(data []byte) (*Code, error) {
	c := scan.New(data)
	out := &Code{Checksums: map[string]string{}}
	var h header
	packages := map[string]int{}
	c.Object(func(key []byte) {
		switch string(key) {
		case "metadata":
			h = readHeader(c)
		case "nodes":
			c.Object(func(key []byte) {
				id := scan.Clean(key)
				packages[packageOf(id)]++
				out.add(id, readChecksum(c))
			})
		}
	})
	c.End()
	if err := c.Err(); err != nil {
		return nil, err
	}
	if kind, _ := h.artifact(); kind != "manifest" {
		return nil, errOtherArtifact
	}
	version, err := h.manifestVersion("manifest.json")
	if err != nil {
		return nil, err
	}
	out.InvocationID, out.GeneratedAt, out.DBTVersion = h.invocationID, h.generatedAt, h.dbtVersion
	out.Project, out.SchemaVersion = h.mainPackage(packages), "v"+strconv.Itoa(version)
	return out, nil
}

// packageOf is the package in a unique_id.
func packageOf(id string) string {
	_, rest, _ := strings.Cut(id, ".")
	name, _, _ := strings.Cut(rest, ".")
	return name
}

// readChecksum takes a node and returns its checksum; see reader.checksum for the shapes.
func readChecksum(c *scan.Cursor) (sum string) {
	c.Object(func(key []byte) {
		if string(key) != "checksum" {
			return
		}
		c.Object(func(key []byte) {
			if string(key) == "checksum" {
				sum = c.Text()
			}
		})
	})
	return sum
}

// add keeps the checksum of what dbt builds: of tests and analyses it says nothing about data.
func (o *Code) add(id, sum string) {
	kind, _, _ := strings.Cut(id, ".")
	if sum != "" && (kind == "model" || kind == "seed" || kind == "snapshot") {
		o.Checksums[id] = sum
	}
}

// Code is which code the artifacts hold.
func (a *Artifacts) Code() *Code {
	out := &Code{
		InvocationID: a.InvocationID, Project: a.Project, SchemaVersion: a.SchemaVersion, DBTVersion: a.DBTVersion,
		GeneratedAt: a.GeneratedAt, Checksums: map[string]string{},
	}
	for _, n := range a.Graph.Nodes() {
		out.add(n.ID, n.Checksum)
	}
	return out
}
