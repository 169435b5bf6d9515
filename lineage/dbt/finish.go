package dbt

import (
	"cmp"
	"maps"
	"slices"

	"github.com/headwater-mcp/headwater/lineage"
)

// finish puts together what needs several keys, which come in any order.
func (r *reader) finish() {
	n := r.n
	if len(n.FQN) == 0 {
		n.FQN = []string{n.Package, n.Name}
	}
	r.finishConfig()
	n.Identifier = cmp.Or(r.identifier, r.alias)
	switch n.Type {
	case lineage.TypeSource:
		n.Identifier = cmp.Or(n.Identifier, n.Name)
		n.Source = &lineage.Source{Name: r.sourceName, Loader: r.loader, LoadedAtField: cmp.Or(r.loadedAt, r.config.loadedAt)}
	case lineage.TypeModel:
		n.Access = cmp.Or(n.Access, "protected")
	case lineage.TypeTest, lineage.TypeUnitTest:
		n.Test = r.test.finish(n, r.parents)
	case lineage.TypeExposure:
		n.Usage = &r.usage
	case lineage.TypeMetric:
		n.Unselectable = r.d.version <= legacyMetrics
	case lineage.TypeSeed, lineage.TypeSnapshot, lineage.TypeAnalysis, lineage.TypeSemanticModel, lineage.TypeSavedQuery,
		lineage.TypeOperation, lineage.TypeFunction, lineage.TypeActivation:
	}
	if n.RawCode != "" {
		n.Language = cmp.Or(n.Language, "sql")
	}
	n.Meta = r.d.merge(r.sourceMeta, r.meta, r.config.meta)
	n.Owner = cmp.Or(r.owner, ownerText(n.Meta["owner"]))
	r.finishState()
}

func (r *reader) finishConfig() {
	n, cfg := r.n, r.config
	n.Config = cfg.all
	if n.Config == nil {
		n.Config = r.d.noMeta
	}
	n.Materialized = cfg.materialized
	n.Build = cfg.build
	n.Group = cmp.Or(n.Group, cfg.group)
	n.Access = cmp.Or(n.Access, cfg.access)
	n.ContractEnforced = n.ContractEnforced || cfg.contract
	if len(n.Tags) == 0 && n.Type == lineage.TypeUnitTest {
		n.Tags = cfg.tags
	}
}

// merge joins maps, later ones win, without changing them. Equal or lone maps are not copied.
func (d *decoder) merge(all ...map[string]any) map[string]any {
	all = slices.DeleteFunc(all, func(m map[string]any) bool { return len(m) == 0 })
	switch {
	case len(all) == 0:
		return d.noMeta
	case len(all) == 1:
		return all[0]
	}
	out := maps.Clone(all[0])
	for _, m := range all[1:] {
		maps.Copy(out, m)
	}
	return out
}
