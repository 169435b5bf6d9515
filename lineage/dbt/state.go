package dbt

import (
	"slices"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// stateInfo collects the hashes of what dbt's state: methods compare and a node does not hold otherwise. Sums of hashes
// do not depend on the order of keys.
type stateInfo struct {
	unrendered  []byte // unrendered_config: how it is compared depends on what else is known of the node
	rest        uint64
	params      uint64
	place       uint64 // of a source
	columns     uint64
	constraints uint64
	checksum    uint64
	contract    uint64 // hash of the contract's checksum
	macros      []string
}

// compared takes a key that nothing else reads.
func (r *reader) compared(key string) {
	s := &r.state
	switch key {
	case "unrendered_config":
		s.unrendered = r.c.Raw()
		return
	case "constraints":
		s.constraints += present(r.c.Sum(true))
		return
	}
	switch r.n.Type {
	case lineage.TypeSource:
		switch key {
		case "quoting", "freshness", "external":
			r.add(&s.rest, key)
		case "unrendered_database", "unrendered_schema":
			r.add(&s.place, key)
		}
	case lineage.TypeModel:
		if key == "deprecation_date" {
			r.add(&s.rest, key)
		}
	case lineage.TypeSemanticModel:
		switch key {
		case "model", "defaults", "entities", "dimensions", "measures", "primary_entity":
			r.add(&s.rest, key)
		}
	case lineage.TypeMetric:
		switch key {
		case "type_params", "filter":
			r.add(&s.params, key)
		}
	case lineage.TypeSavedQuery:
		r.savedQuery(key)
	case lineage.TypeFunction:
		switch key {
		case "arguments", "returns":
			r.add(&s.rest, key)
		case "overloads":
			s.rest += scan.Join(scan.Hash(key), r.overloads())
		}
	case lineage.TypeSeed, lineage.TypeSnapshot, lineage.TypeTest, lineage.TypeUnitTest, lineage.TypeAnalysis,
		lineage.TypeExposure, lineage.TypeOperation, lineage.TypeActivation:
	}
}

// add adds a key with its value to a sum, null like a key that is not there.
func (r *reader) add(to *uint64, key string) {
	if v := r.c.Sum(true); !scan.Null(v) {
		*to += scan.Join(scan.Hash(key), v)
	}
}

// present is a hash, 0 for null and for an empty list.
func present(sum uint64) uint64 {
	if scan.Null(sum) || scan.EmptyList(sum) {
		return 0
	}
	return sum
}

func (r *reader) savedQuery(key string) {
	switch key {
	case "query_params":
		r.c.Object(func(key []byte) {
			switch k := string(key); k {
			case "metrics", "group_by", "where":
				r.add(&r.state.rest, k)
			default:
				r.add(&r.state.params, k)
			}
		})
	case "exports":
		total := scan.Hash(key)
		r.c.Array(func() {
			var export uint64
			r.c.Object(func(key []byte) {
				switch k := string(key); k {
				case "name":
					r.add(&export, k)
				case "unrendered_config":
					r.c.Object(func(key []byte) {
						switch k := string(key); k {
						case "export_as", "schema", "alias":
							r.add(&export, k)
						}
					})
				}
			})
			total = scan.Join(total, export)
		})
		r.state.rest += total
	}
}

// overloads hashes what the overloads of a function compute.
func (r *reader) overloads() (total uint64) {
	r.c.Array(func() {
		var one uint64
		r.c.Object(func(key []byte) {
			switch k := string(key); k {
			case "defined_in", "arguments", "returns", "raw_body":
				r.add(&one, k)
			}
		})
		total = scan.Join(total, one)
	})
	return total
}

// finishState puts the hashes together.
func (r *reader) finishState() {
	n, s := r.n, &r.state
	n.State.Columns, n.State.Params, n.State.Macros = s.columns, s.params, s.macros
	n.State.Rest = s.rest
	texts := func(all ...string) {
		for i, text := range all {
			n.State.Rest += scan.Join(uint64(i), scan.Hash(text))
		}
	}
	switch n.Type {
	case lineage.TypeSeed:
		n.State.Body = s.checksum
	case lineage.TypeSource:
		texts(r.loadedAt)
	case lineage.TypeExposure:
		texts(r.usage.Kind, r.usage.Label, r.usage.Maturity, r.usage.URL)
		for _, id := range slices.Compact(slices.Sorted(slices.Values(r.parents))) {
			n.State.Rest += scan.Hash(id)
		}
	case lineage.TypeMetric:
		texts(r.usage.Kind, r.usage.Label)
	case lineage.TypeSemanticModel:
		texts(n.Group)
	case lineage.TypeSavedQuery:
		texts(n.Group, r.usage.Label)
		for _, tag := range n.Tags {
			n.State.Rest = scan.Join(n.State.Rest, scan.Hash(tag))
		}
	case lineage.TypeModel, lineage.TypeSnapshot, lineage.TypeTest, lineage.TypeUnitTest, lineage.TypeAnalysis,
		lineage.TypeOperation, lineage.TypeFunction, lineage.TypeActivation:
	}
	sums := r.d.unrendered(n.Type, s.unrendered, r.rawConfig)
	n.State.Config, n.State.Notes, n.State.Place = sums.config, sums.notes, sums.place
	if n.Type == lineage.TypeSource {
		n.State.Place = s.place
	}
	if r.enforced {
		n.State.Contract = scan.Join(1, s.contract)
		n.Contract = &lineage.Contract{Columns: n.Columns, Constraints: s.constraints}
	}
}
