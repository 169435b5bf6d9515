package dbt

import (
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// configSums are the hashes of a config as it is written in the project.
type configSums struct{ config, notes, place uint64 }

// part says where a config key goes.
type part int

const (
	partNone   part = iota // dbt does not compare it
	partConfig             // it decides what is computed
	partNotes              // it does not
	partPlace              // it is part of the relation's name
)

// unrendered hashes the config of a node. Few of a project differ, so that they are looked up by their bytes. Semantic
// models and saved queries are compared by their resolved config.
func (d *decoder) unrendered(t lineage.Type, written, resolved []byte) configSums {
	raw := written
	if t == lineage.TypeSemanticModel || t == lineage.TypeSavedQuery {
		raw = resolved
	}
	if len(raw) == 0 || t == lineage.TypeUnitTest {
		return configSums{}
	}
	known := d.sums[t]
	if known == nil {
		known = map[string]configSums{}
		d.sums[t] = known
	}
	sums, ok := known[string(raw)]
	if ok {
		return sums
	}
	c := d.words.Over(raw)
	c.Object(func(key []byte) {
		k := string(key)
		into := map[part]*uint64{partConfig: &sums.config, partNotes: &sums.notes, partPlace: &sums.place}[partOf(t, k)]
		if into == nil {
			c.Skip()
			return
		}
		*into += keySum(c, t, k)
	})
	known[string(raw)] = sums
	return sums
}

// keySum hashes a key of a config with its value. A key that is written with null differs from one that is not written,
// save in a resolved config, where a default is as good as nothing, and in the name of a relation.
func keySum(c *scan.Cursor, t lineage.Type, key string) uint64 {
	resolved := t == lineage.TypeSemanticModel || t == lineage.TypeSavedQuery
	if !resolved {
		v := c.Sum(false)
		if partOf(t, key) == partPlace && scan.Null(v) {
			return 0
		}
		return scan.Join(scan.Hash(key), v)
	}
	isDefault := func(key string, c *scan.Cursor) bool {
		return key == "enabled" && c.Kind() == 't'
	}
	if isDefault(key, c) {
		c.Skip()
		return 0
	}
	if key == "cache" {
		var inner uint64
		c.Object(func(key []byte) {
			if c.Kind() == 't' {
				inner += scan.Hash(key)
			}
			c.Skip()
		})
		return inner
	}
	v := c.Sum(true)
	if v == 0 || scan.Null(v) {
		return 0
	}
	return scan.Join(scan.Hash(key), v)
}

// partOf says how dbt compares a config key. A test is compared by what changes its outcome only; everything else by all
// keys but those that are compared as part of the relation or not at all.
func partOf(t lineage.Type, key string) part {
	switch t {
	case lineage.TypeTest:
		switch key {
		case "severity", "where", "limit", "fail_calc", "warn_if", "error_if", "store_failures", "store_failures_as", "sql_header":
			return partConfig
		case "database", "schema", "alias":
			return partPlace
		}
		return partNone
	case lineage.TypeModel, lineage.TypeSeed, lineage.TypeSnapshot, lineage.TypeAnalysis, lineage.TypeOperation,
		lineage.TypeFunction:
		switch key {
		case "database", "schema", "alias":
			return partPlace
		case "tags", "group":
			return partNone
		}
	case lineage.TypeMetric:
		if key == "group" {
			return partNone
		}
	case lineage.TypeSource, lineage.TypeExposure:
		if key == "tags" {
			return partNotes
		}
	case lineage.TypeSemanticModel, lineage.TypeSavedQuery, lineage.TypeUnitTest, lineage.TypeActivation:
	}
	if key == "meta" || key == "docs" {
		return partNotes
	}
	return partConfig
}
