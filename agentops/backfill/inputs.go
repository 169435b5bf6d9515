package backfill

import (
	"cmp"
	"context"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// inputs are the versions of the pairs and of everything that they read directly, through views: partitions by "node period",
// tables without partitions by "node", and the code of each node by "code of node".
func (d *draft) inputs(ctx context.Context) map[string]string {
	out := versions{}
	for _, n := range d.order {
		if !d.runs(n.ID) {
			continue
		}
		if d.Code != nil {
			if code := d.Code(n.ID); code != "" {
				out["code of "+n.ID] = code
			}
		}
		for i := range d.items[n.ID] {
			if it := &d.items[n.ID][i]; it.refused == "" && d.Specs.Of(n.ID).Partitioned() {
				out.note(n.ID+" "+it.verdict.Period.String(), it.verdict.Version)
			}
		}
		for id, all := range d.readBy(n, out) {
			for _, at := range all {
				d.World.Each(ctx, id, at, func(v partition.Verdict) { out.note(id+" "+v.Period.String(), v.Version) })
			}
		}
	}
	return out
}

// versions are what a plan stands on.
type versions map[string]string

func (v versions) note(key, version string) { v[key] = cmp.Or(version, "unknown") }

// readBy are the intervals of tables with periods that the pairs of a node read; the versions of those without are noted.
func (d *draft) readBy(n *lineage.Node, noted versions) map[string]spans {
	out := map[string]spans{}
	follow := func(at partition.Span) {
		r := reading{draft: d}
		r.node = func(parent *lineage.Node, at partition.Span) {
			switch {
			case d.Specs.Of(parent.ID).Partitioned():
				out[parent.ID] = out[parent.ID].with(at)
			case d.Version != nil:
				noted.note(parent.ID, d.Version(parent.ID))
			}
		}
		r.visit(n.ID, at)
	}
	if !d.Specs.Of(n.ID).Partitioned() { // then what counts is what the asked ones need through it
		for _, at := range d.needed[n.ID] {
			follow(at)
		}
		return out
	}
	for i := range d.items[n.ID] {
		if it := &d.items[n.ID][i]; it.refused == "" {
			follow(it.reads)
		}
	}
	return out
}
