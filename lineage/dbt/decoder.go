package dbt

import (
	"strings"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// legacyMetrics is the newest schema whose metrics dbt has since dropped: it reads those manifests without them.
const legacyMetrics = 9

// decoder decodes members of a manifest's sections into nodes. It is used by one goroutine.
type decoder struct {
	version int
	words   *scan.Cursor // shares names between nodes
	configs map[string]config
	sums    map[lineage.Type]map[string]configSums
	macros  map[string][]string
	noMeta  map[string]any
	nodes   []*lineage.Node
	edges   []lineage.Edge
	err     error
}

func newDecoder(version int) *decoder {
	return &decoder{
		version: version, words: scan.New(nil), configs: map[string]config{}, sums: map[lineage.Type]map[string]configSums{},
		macros: map[string][]string{}, noMeta: map[string]any{},
	}
}

func (d *decoder) decodeAll(entries []entry) {
	d.nodes = make([]*lineage.Node, 0, len(entries))
	for _, e := range entries {
		r := reader{d: d, c: d.words.Over(e.raw)}
		n := r.read(e.id)
		if d.err = r.c.Err(); d.err != nil {
			return
		}
		d.nodes = append(d.nodes, n)
		for _, parent := range r.parents {
			d.edges = append(d.edges, lineage.Edge{From: parent, To: n.ID})
		}
	}
}

// reader decodes one node.
type reader struct {
	d *decoder
	c *scan.Cursor
	n *lineage.Node

	parents    []string
	alias      string
	identifier string
	owner      string
	sourceName string
	loader     string
	loadedAt   string
	sourceMeta map[string]any
	meta       map[string]any
	config     config
	rawConfig  []byte
	enforced   bool // the node's own contract, not that of its config
	test       testInfo
	usage      lineage.Usage
	state      stateInfo
}

func (r *reader) read(id string) *lineage.Node {
	kind, _, _ := strings.Cut(id, ".")
	r.n = &lineage.Node{
		ID: id, Type: lineage.Type(r.d.words.Share([]byte(kind))),
		Tags: []string{}, Columns: []lineage.Column{}, FQN: []string{},
	}
	r.c.Object(func(key []byte) {
		if k := string(key); !r.identity(k) && !r.place(k) && !r.text(k) && !r.exposed(k) {
			r.special(k)
		}
	})
	r.finish()
	return r.n
}

// identity takes what names a node.
func (r *reader) identity(key string) bool {
	switch key {
	case "name":
		r.n.Name = r.c.Word()
	case "resource_type":
		if t := r.c.Word(); t != "" {
			r.n.Type = lineage.Type(t)
		}
	case "package_name":
		r.n.Package = r.c.Word()
	case "fqn":
		r.n.FQN = r.c.Words()
	case "version":
		r.n.Version = r.c.Word()
	case "latest_version":
		r.n.Latest = r.c.Word()
	case "group":
		r.n.Group = r.c.Word()
	case "access":
		r.n.Access = r.c.Word()
	case "tags":
		r.n.Tags = r.c.Words()
	default:
		return false
	}
	return true
}

// place takes where a node is: in the warehouse and in the project.
func (r *reader) place(key string) bool {
	switch key {
	case "database":
		r.n.Database = r.c.Word()
	case "schema":
		r.n.Schema = r.c.Word()
	case "alias":
		r.alias = r.c.Word()
	case "identifier":
		r.identifier = r.c.Word()
	case "relation_name":
		r.n.Relation = r.c.Text()
	case "original_file_path":
		r.n.Path = r.c.Word()
	case "patch_path":
		r.n.PatchPath = afterScheme(r.c.Text())
	default:
		return false
	}
	return true
}

// text takes the long texts and what is counted about them.
func (r *reader) text(key string) bool {
	switch key {
	case "description":
		r.n.Description = r.c.Text()
	case "raw_code", "raw_sql":
		r.n.RawCode, r.n.State.Body = r.c.Exact()
	case "compiled_code", "compiled_sql":
		r.n.CompiledCode = r.c.Text()
	case "language":
		r.n.Language = r.c.Word()
	case "checksum":
		r.n.Checksum = r.checksum()
	default:
		return false
	}
	return true
}

// exposed takes what only an exposure has. A metric has a type and a label as well; finish drops them.
func (r *reader) exposed(key string) bool {
	switch key {
	case "type":
		r.usage.Kind = r.c.Word()
	case "label":
		r.usage.Label = r.c.Word()
	case "maturity":
		r.usage.Maturity = r.c.Word()
	case "url":
		r.usage.URL = r.c.Text()
	default:
		return false
	}
	return true
}

// checksum is an object of name and checksum, and a bare text for unit tests.
func (r *reader) checksum() (sum string) {
	if r.c.Kind() == '"' {
		return r.c.Text()
	}
	r.c.Object(func(key []byte) {
		word := r.c.Word()
		if string(key) == "checksum" {
			sum = word
		}
		r.state.checksum += scan.Join(scan.Hash(key), scan.Hash(word))
	})
	return sum
}

// special takes what has a shape of its own. Keys that nobody knows are stepped over by the cursor.
func (r *reader) special(key string) {
	switch key {
	case "columns":
		r.columns()
	case "config":
		r.config, r.rawConfig = r.d.config(r.c)
	case "meta":
		r.meta, _ = r.c.Any().(map[string]any)
	case "source_meta":
		r.sourceMeta, _ = r.c.Any().(map[string]any)
	case "owner":
		raw := r.c.Raw()
		r.owner = readOwner(r.d.words.Over(raw))
		if r.n.Type == lineage.TypeExposure {
			r.state.rest += r.d.words.Over(raw).Sum(true)
		}
	case "source_name":
		r.sourceName = r.c.Word()
	case "loader":
		r.loader = r.c.Word()
	case "loaded_at_field":
		r.loadedAt = r.c.Word()
	case "contract":
		r.contract()
	case "depends_on":
		r.c.Object(func(key []byte) {
			switch string(key) {
			case "nodes":
				r.parents = r.c.Words()
			case "macros":
				r.state.macros = r.d.macroList(r.c)
			}
		})
	case "test_metadata", "column_name", "attached_node":
		r.test.read(key, r.c)
	default:
		r.compared(key)
	}
}

func (r *reader) contract() {
	r.c.Object(func(key []byte) {
		switch string(key) {
		case "enforced":
			r.enforced = r.c.Bool()
			r.n.ContractEnforced = r.enforced
		case "checksum":
			r.state.contract = r.c.Sum(true)
		}
	})
}

func afterScheme(path string) string {
	if _, after, ok := strings.Cut(path, "://"); ok {
		return after
	}
	return path
}
