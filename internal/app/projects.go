package app

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt"
)

// neighbour is a further project of headwater.yaml, as it was last read.
type neighbour struct {
	config config.Project
	// files is what the artifacts looked like before they were read.
	files files
	// artifacts are the last good ones; nil where there were none.
	artifacts *dbt.Artifacts
	// problem says why the newest ones could not be read.
	problem error
}

// statAll looks at the artifacts of every project, and at the file of named selections.
func (a *App) statAll() files {
	c := a.options.Config
	out := statFiles(c.Artifacts)
	if info, err := os.Stat(a.selectorsPath()); err == nil {
		out[selectorsFile] = stat{info.Size(), info.ModTime()}
	}
	for _, p := range c.Projects {
		for name, s := range statFiles(p.Artifacts) {
			out[filepath.Join(p.Artifacts, name)] = s
		}
	}
	return out
}

// neighbours reads the further projects. What did not change since the last time is not read again; what cannot be read
// keeps its last good artifacts, as the project itself does.
func (a *App) neighbours(last []neighbour) []neighbour {
	out := make([]neighbour, len(a.options.Config.Projects))
	for k, p := range a.options.Config.Projects {
		now := statFiles(p.Artifacts)
		if k < len(last) && last[k].problem == nil && now.equal(last[k].files) {
			out[k] = last[k]
			continue
		}
		out[k] = neighbour{config: p, files: now}
		if out[k].artifacts, out[k].problem = dbt.Load(p.Artifacts); out[k].problem == nil {
			continue
		}
		if k < len(last) {
			out[k].artifacts = last[k].artifacts
		}
		a.log.Warn().Err(out[k].problem).Str("project", p.Name).Msg("the artifacts of a further project cannot be read")
	}
	return out
}

// stitch joins the further projects to this one. The artifacts that it returns are this project's, with another id and with
// what is to be said about the others; without further projects they are the same.
func stitch(own *dbt.Artifacts, name string, others []neighbour) (*dbt.Artifacts, *lineage.Graph) {
	if len(others) == 0 {
		return own, own.Graph
	}
	all := *own
	all.Warnings = slices.Clone(own.Warnings)
	id := sha256.New()
	note := func(text string) { _, _ = fmt.Fprintln(id, text) } // a hash never fails to write
	note(own.ID)
	var projects []lineage.Project
	for _, o := range others {
		if o.problem != nil {
			kept := "It is left out of the lineage."
			if o.artifacts != nil {
				kept = "Its last good artifacts are kept."
			}
			all.Warnings = append(all.Warnings, fmt.Sprintf("Project %s: %s %s", o.config.Name, o.problem, kept))
		}
		if o.artifacts == nil {
			continue
		}
		note(o.config.Name + " " + o.artifacts.ID)
		for _, w := range o.artifacts.Warnings {
			all.Warnings = append(all.Warnings, fmt.Sprintf("Project %s: %s", o.config.Name, w))
		}
		projects = append(projects, lineage.Project{Name: o.config.Name, Graph: o.artifacts.Graph, RelationMap: o.config.RelationMap})
	}
	all.ID = hex.EncodeToString(id.Sum(nil))[:len(own.ID)]
	return &all, lineage.Stitch(lineage.Project{Name: name, Graph: own.Graph}, projects)
}

// ownNodes are the nodes that the project itself defines: what another project says about its own models, as which of them
// are facts, is that project's to build.
func ownNodes(graph *lineage.Graph, name string) []*lineage.Node {
	return slices.DeleteFunc(graph.Nodes(), func(n *lineage.Node) bool { return n.Project != "" && n.Project != name })
}
