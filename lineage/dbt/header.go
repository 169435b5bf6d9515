package dbt

import (
	"crypto/md5" //nolint:gosec // dbt names a project by the md5 of its name
	"encoding/hex"
	"regexp"
	"strconv"
	"time"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// The schemas of manifest.json that are read: what dbt 1.0 to 1.12 write.
const (
	oldestSchema = 4
	newestSchema = 12
)

// header is the metadata of an artifact.
type header struct {
	schema       string // URL
	dbtVersion   string
	generatedAt  time.Time
	invocationID string
	project      string
	projectID    string
	adapter      string
}

func readHeader(c *scan.Cursor) header {
	var h header
	c.Object(func(key []byte) {
		switch string(key) {
		case "dbt_schema_version":
			h.schema = c.Text()
		case "dbt_version":
			h.dbtVersion = c.Text()
		case "generated_at":
			h.generatedAt = instant(c.Text())
		case "invocation_id":
			h.invocationID = c.Text()
		case "project_name":
			h.project = c.Text()
		case "project_id":
			h.projectID = c.Text()
		case "adapter_type":
			h.adapter = c.Text()
		}
	})
	return h
}

var schemaURL = regexp.MustCompile(`/([a-z-]+)/v(\d+)(?:\.json)?$`)

// artifact splits a schema URL into the kind of artifact and its version; kind is empty where it is no such URL.
func (h header) artifact() (kind string, version int) {
	m := schemaURL.FindStringSubmatch(h.schema)
	if m == nil {
		return "", 0
	}
	version, err := strconv.Atoi(m[2])
	if err != nil {
		return "", 0
	}
	return m[1], version
}

// manifestVersion checks that the header is that of a supported manifest.
func (h header) manifestVersion(path string) (int, error) {
	kind, version := h.artifact()
	switch {
	case kind == "":
		return 0, fault.New(fault.Invalid,
			"%s is no dbt manifest: it has no metadata.dbt_schema_version. Point artifacts at dbt's target folder and run `dbt parse` there.", path)
	case kind != "manifest":
		return 0, fault.New(fault.Invalid,
			"%s holds dbt's %s, not a manifest. Run `dbt parse` to write it again.", path, kind)
	case version < oldestSchema:
		return 0, fault.New(fault.Invalid,
			"%s has schema v%d. Supported are v%d to v%d, which dbt 1.0 to 1.12 write: run `dbt parse` with dbt 1.0 or newer.",
			path, version, oldestSchema, newestSchema)
	case version > newestSchema:
		return 0, fault.New(fault.Invalid,
			"%s has schema v%d. Supported are v%d to v%d, which dbt 1.0 to 1.12 write: run `dbt parse` with one of those, or use a newer headwater.",
			path, version, oldestSchema, newestSchema)
	}
	return version, nil
}

// rootPackage is the name of the project.
func (h header) rootPackage(nodes []*lineage.Node) string {
	count := map[string]int{}
	for _, n := range nodes {
		count[n.Package]++
	}
	return h.mainPackage(count)
}

// mainPackage is the name of the project among packages with so many nodes each. Before schema v10 a manifest only has its md5:
// the package with that md5 is the one, else the one with the most nodes.
func (h header) mainPackage(count map[string]int) string {
	if h.project != "" {
		return h.project
	}
	best := ""
	for pkg, n := range count {
		sum := md5.Sum([]byte(pkg)) //nolint:gosec // see above
		if hex.EncodeToString(sum[:]) == h.projectID {
			return pkg
		}
		if n > count[best] || n == count[best] && pkg < best {
			best = pkg
		}
	}
	return best
}

// instant reads a time as dbt writes it; one without a zone is UTC. It is zero where there is none.
func instant(text string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
