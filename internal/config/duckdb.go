package config

import (
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/headwater-mcp/headwater/fault"
)

// target reads a dbt-duckdb output as dbt-duckdb does: its defaults, its way to name the catalog, and paths relative to
// the dbt project's folder, which dbt makes its working folder before it connects.
type target struct {
	renderer
	output

	dir string
}

func (t target) text(key, otherwise string) (string, error) {
	return scalarText(t.renderer, child(t.node, key), t.key+"."+key, otherwise)
}

func (t target) duckdb() Warehouse {
	w := Warehouse{Type: DuckDB}
	file, err := t.text("path", ":memory:")
	if err != nil {
		w.Unreachable = err
		return w
	}
	w.Path, w.Database = t.local(file), catalog(file)
	w.Unreachable = t.refusal(file)
	if w.Database, err = t.text("database", w.Database); err != nil {
		w.Unreachable = err
	}
	if w.Schema, err = t.text("schema", "main"); err != nil {
		w.Unreachable = err
	}
	root, err := t.text("external_root", ".")
	if err != nil {
		w.Unreachable = err
	}
	if !strings.Contains(root, "://") && root != "" {
		w.ExternalRoots = []string{t.local(root)}
	}
	w.Settings = t.settings()
	for _, item := range items(child(t.node, "attach")) {
		if a, ok := t.attachment(item); ok {
			w.Attach = append(w.Attach, a)
		}
	}
	if w.Unreachable != nil {
		w.Path = ""
	}
	return w
}

// local makes a path of the profile absolute.
func (t target) local(file string) string { return t.env.resolve(t.dir, file) }

// refusal says why the target names no file that headwater can open; nil where it may be one.
func (t target) refusal(file string) error {
	switch {
	case child(t.node, "remote") != nil:
		return fault.New(fault.Unavailable, "%s has `remote`: the warehouse is a server, and this version reads DuckDB files. %s", t.key, instead)
	case t.truth("is_ducklake"):
		return fault.New(fault.Unavailable, "%s is a DuckLake, which this version does not read. %s", t.key, instead)
	}
	return refusePath(t.key, file)
}

// instead says what to do about a DuckDB that is no local file.
const instead = "Build into a file (`path: warehouse.duckdb` in the profile), or name one with `warehouse: {type: duckdb, path: …}` in " + FileName + "."

// refusePath says why a DuckDB path is no local file; nil where it may be one. key is what errors call its place.
func refusePath(key, file string) error {
	lower := strings.ToLower(file)
	switch {
	case file == "", strings.HasPrefix(lower, ":memory:"):
		return fault.New(fault.Unavailable,
			"%s builds into DuckDB's memory (path :memory:), which is gone when dbt ends. %s", key, instead)
	case strings.HasPrefix(lower, "md:"), strings.HasPrefix(lower, "motherduck:"):
		return fault.New(fault.Unavailable, "%s is a MotherDuck database (path md:), which this version does not read. %s", key, instead)
	case strings.HasPrefix(lower, "ducklake:"):
		return fault.New(fault.Unavailable, "%s is a DuckLake, which this version does not read. %s", key, instead)
	case strings.Contains(lower, "://"):
		return fault.New(fault.Unavailable, "%s is a file elsewhere (its path is a URL), and this version reads local files. %s", key, instead)
	}
	return nil
}

func (t target) truth(key string) bool {
	n := child(t.node, key)
	return isScalar(n) && strings.EqualFold(n.Value, "true")
}

// credential matches settings that hold secrets. No build of headwater has the extensions that use them.
var credential = regexp.MustCompile(`(?i)secret|token|password|access_key|session|credential|account|proxy|endpoint`)

// settings returns the DuckDB settings of the target that are single values, without credentials and without those
// whose expression cannot be evaluated here: they change how a query runs, not what it finds.
func (t target) settings() map[string]string {
	node := child(t.node, "settings")
	out := map[string]string{}
	for _, name := range names(node) {
		value := child(node, name)
		if credential.MatchString(name) || !isScalar(value) {
			continue
		}
		if rendered, err := t.render(value.Value, t.key+".settings."+name); err == nil {
			out[strings.ToLower(name)] = asText(rendered)
		}
	}
	return out
}

// attachment reads an entry of attach; false where it has no path. What cannot be read here is kept with the reason,
// so that a relation in it is refused in words rather than not found.
func (t target) attachment(n *yaml.Node) (Attachment, bool) {
	get := func(key string) string {
		s, err := scalarText(t.renderer, child(n, key), t.key+".attach."+key, "")
		if err != nil {
			return ""
		}
		return s
	}
	where := child(n, "path")
	if !isScalar(where) {
		return Attachment{}, false
	}
	a := Attachment{Alias: get("alias"), Type: strings.ToLower(get("type")), ReadOnly: strings.EqualFold(get("read_only"), "true")}
	rendered, err := t.render(where.Value, t.key+".attach.path")
	if err != nil {
		a.Unreachable = err.Error()
		return a, true
	}
	file := asText(rendered)
	a.Type = databaseType(a.Type, file)
	switch {
	case a.Alias != "":
	case a.Type == DuckDB:
		a.Alias = catalog(file)
	default:
		a.Alias = a.Type // such a path may hold a password, so no name is made of it
	}
	switch {
	case a.Type != DuckDB:
		a.Unreachable = "The attached database " + a.Alias + " is " + a.Type + ", which this version does not read; only DuckDB files are attached."
	case strings.Contains(file, "://") || strings.HasPrefix(file, ":memory:"):
		a.Unreachable = "The attached database " + a.Alias + " is no local file, and this version attaches local files only."
	default:
		a.Path = t.local(file)
	}
	return a, true
}

// databaseType is the kind of an attached database: what the profile says, else what stands before the path's first
// colon, else DuckDB.
func databaseType(said, file string) string {
	if said != "" {
		return said
	}
	switch prefix, _, _ := strings.Cut(strings.ToLower(file), ":"); prefix {
	case "md", "motherduck", "ducklake", "sqlite", "postgres", "mysql":
		return prefix
	}
	return DuckDB
}

// catalog is the name that DuckDB gives the database in a file: the file's name up to its first dot.
func catalog(file string) string {
	if file == "" || file == ":memory:" {
		return "memory"
	}
	base := strings.TrimLeft(path.Base(filepath.ToSlash(file)), ".")
	stem, _, _ := strings.Cut(base, ".")
	return stem
}
