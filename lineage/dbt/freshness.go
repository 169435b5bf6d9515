package dbt

import (
	"errors"

	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// errOtherArtifact says that a file is JSON and not what its name promises.
var errOtherArtifact = errors.New("it is not the artifact that its name says")

// readSources reads sources.json.
func readSources(data []byte) (*SourceFreshness, error) {
	c := scan.New(data)
	out := &SourceFreshness{Results: []Freshness{}}
	var h header
	c.Object(func(key []byte) {
		switch string(key) {
		case "metadata":
			h = readHeader(c)
		case "results":
			c.Array(func() { out.Results = append(out.Results, readFreshness(c)) })
		}
	})
	c.End()
	if err := c.Err(); err != nil {
		return nil, err
	}
	if kind, _ := h.artifact(); kind != "sources" {
		return nil, errOtherArtifact
	}
	out.InvocationID, out.GeneratedAt = h.invocationID, h.generatedAt
	return out, nil
}

func readFreshness(c *scan.Cursor) Freshness {
	var f Freshness
	c.Object(func(key []byte) {
		switch string(key) {
		case "unique_id":
			f.UniqueID = c.Text()
		case "status":
			f.Status = c.Word()
		case "max_loaded_at":
			f.MaxLoadedAt = instant(c.Text())
		case "snapshotted_at":
			f.SnapshottedAt = instant(c.Text())
		case "error":
			f.Error = c.Text()
		}
	})
	return f
}
