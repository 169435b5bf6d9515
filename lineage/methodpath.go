package lineage

import (
	"path"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// matchPath selects nodes by a file or folder of the root project, with wildcards; ** is any number of folders. A node
// is selected by its own file, by the YAML file that describes it, and by any folder around its file.
//
// dbt looks at the files on disk. Here the files that the manifest speaks of stand for them, which gives the same
// nodes: a file that no node names selects none.
func matchPath(e *evaluation, c *criterion) (matcher, error) {
	switch {
	case c.value == "" || c.value == ".":
		return nil, fault.New(fault.Invalid, "%q names no path. Write a path relative to the project, for example path:models/staging.", c.raw)
	case strings.HasPrefix(c.value, "/"):
		return nil, fault.New(fault.Invalid, "%q is absolute. Write the path relative to the project, for example path:models/staging.", c.raw)
	}
	parts := strings.Split(c.value, "/")
	for _, part := range parts {
		if strings.Contains(part, "**") && part != "**" {
			return nil, fault.New(fault.Invalid, "%q joins ** to other characters. ** stands alone between slashes, for example models/**/stg_*.sql.", c.raw)
		}
	}
	found := e.g.files().glob(parts)
	known := map[string]bool{} // many nodes share a file
	return func(n *Node, _ int32) bool {
		if n.Path == "" || len(found) == 0 {
			return false
		}
		if n.PatchPath != "" && found[path.Clean(n.PatchPath)] {
			return true
		}
		inside, ok := known[n.Path]
		if !ok {
			inside = within(path.Clean(n.Path), found)
			known[n.Path] = inside
		}
		return inside
	}, nil
}

// within reports whether a file or a folder around it is among the paths.
func within(file string, paths map[string]bool) bool {
	for at := file; ; at = path.Dir(at) {
		if paths[at] {
			return true
		}
		if at == "." || at == "/" {
			return false
		}
	}
}

// matchFile selects nodes by the name of their file, with or without its extension.
func matchFile(_ *evaluation, c *criterion) (matcher, error) {
	p := compilePattern(c.value)
	return func(n *Node, _ int32) bool {
		name := path.Base(n.Path)
		if n.Path == "" {
			name = ""
		}
		stem := name
		if dot := strings.LastIndexByte(name, '.'); dot > 0 && dot < len(name)-1 {
			stem = name[:dot]
		}
		return p.match(name) || p.match(stem)
	}, nil
}
