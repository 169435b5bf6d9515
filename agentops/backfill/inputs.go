package backfill

import (
	"context"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// inputs are the versions of the pairs and of everything that they read directly, through views: partitions by "node period", tables
// without partitions by "node", and the code of each node by "code of node".
func (d *draft) inputs(ctx context.Context) map[string]string {
	out := map[string]string{}
	note := func(key, version string) {
		if version == "" {
			version = "unknown"
		}
		out[key] = version
	}
	code := func(id string) {
		if d.Code != nil {
			if sum := d.Code(id); sum != "" {
				out["code of "+id] = sum
			}
		}
	}
	for _, n := range d.order {
		if !d.runs(n.ID) {
			continue
		}
		code(n.ID)
		reads := map[string]spans{}
		for i := range d.items[n.ID] {
			it := &d.items[n.ID][i]
			if it.refused != "" {
				continue
			}
			made := spans{it.reads}
			if d.Specs.Of(n.ID).Partitioned() {
				note(n.ID+" "+it.verdict.Period.String(), it.verdict.Version)
			} else {
				made = d.needed[n.ID] // of a table without partitions, what the asked ones need through it
			}
			r := reading{draft: d}
			r.node = func(parent *lineage.Node, at partition.Span) {
				if d.Specs.Of(parent.ID).Partitioned() {
					reads[parent.ID] = reads[parent.ID].with(at)
					return
				}
				if d.Version != nil {
					note(parent.ID, d.Version(parent.ID))
				}
			}
			for _, at := range made {
				r.visit(n.ID, at)
			}
		}
		for id, all := range reads {
			for _, at := range all {
				d.World.Each(ctx, id, at, func(v partition.Verdict) { note(id+" "+v.Period.String(), v.Version) })
			}
		}
	}
	return out
}
