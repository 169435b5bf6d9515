package lineage

import (
	"path"
	"slices"
	"strings"
)

// folder is a folder of the root project as far as its nodes tell: names of entries, nil for a file.
type folder map[string]folder

// indexFiles collects the files of the root project's nodes.
func indexFiles(project string, nodes []*Node) folder {
	root := folder{"dbt_project.yml": nil}
	for _, n := range nodes {
		if n.Package != project {
			continue
		}
		for _, file := range []string{n.Path, n.PatchPath} {
			if file != "" {
				root.put(strings.Split(path.Clean(strings.ReplaceAll(file, `\`, "/")), "/"))
			}
		}
	}
	return root
}

func (f folder) put(parts []string) {
	for k, part := range parts {
		if k == len(parts)-1 {
			if _, ok := f[part]; !ok {
				f[part] = nil
			}
			return
		}
		if f[part] == nil {
			f[part] = folder{}
		}
		f = f[part]
	}
}

// glob returns the paths that fit a pattern, taken apart at its slashes, as Python's Path.glob finds them: a trailing
// slash asks for folders, a dot is no step, two dots leave the project and find nothing in it.
func (f folder) glob(parts []string) map[string]bool {
	foldersOnly := parts[len(parts)-1] == ""
	parts = slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return p == "" || p == "." })
	parts = slices.CompactFunc(parts, func(a, b string) bool { return a == "**" && b == "**" })
	found := map[string]bool{}
	f.walk("", parts, foldersOnly, found)
	return found
}

func (f folder) walk(at string, parts []string, foldersOnly bool, found map[string]bool) {
	if len(parts) == 0 {
		found[path.Clean("./"+at)] = true
		return
	}
	if parts[0] == "**" {
		f.walk(at, parts[1:], foldersOnly, found)
		for name, sub := range f {
			if sub != nil {
				sub.walk(path.Join(at, name), parts, foldersOnly, found)
			}
		}
		return
	}
	p := compilePattern(parts[0])
	for name, sub := range f {
		if !p.match(name) {
			continue
		}
		switch {
		case sub != nil:
			sub.walk(path.Join(at, name), parts[1:], foldersOnly, found)
		case len(parts) == 1 && !foldersOnly:
			found[path.Join(at, name)] = true
		}
	}
}
