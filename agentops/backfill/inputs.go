package backfill

import (
	"cmp"
	"context"

	"github.com/headwater-mcp/headwater/partition"
)

// inputs are the versions of the pairs and of everything that they read directly, through views: partitions by "node period",
// tables without partitions by "node", and the code of each node by "code of node".
func (d *draft) inputs(ctx context.Context) map[string]string {
	out := versions{}
	for _, t := range d.order {
		if !t.runs() {
			continue
		}
		if d.Code != nil {
			if code := d.Code(t.node.ID); code != "" {
				out["code of "+t.node.ID] = code
			}
		}
		for i := range t.items {
			if it := &t.items[i]; it.refused == nil && t.spec.Partitioned() {
				out.note(t.node.ID+" "+it.period.String(), it.version)
			}
		}
		for read, all := range d.readBy(t, out) {
			for _, at := range all {
				d.World.Each(ctx, read.node.ID, at, func(v partition.Verdict) { out.note(read.node.ID+" "+v.Period.String(), v.Version) })
			}
		}
	}
	return out
}

// versions are what a plan stands on.
type versions map[string]string

func (v versions) note(key, version string) { v[key] = cmp.Or(version, "unknown") }

// readBy are the intervals of tables with periods that the pairs of a node read; the versions of those without are noted.
func (d *draft) readBy(t *part, noted versions) map[*part]spans {
	out := map[*part]spans{}
	follow := func(at partition.Span) {
		r := reading{reached: func(parent *part, at partition.Span) {
			switch {
			case parent.spec.Partitioned():
				out[parent] = out[parent].with(at)
			case d.Version != nil:
				noted.note(parent.node.ID, d.Version(parent.node.ID))
			}
		}}
		r.visit(t, at)
	}
	if !t.spec.Partitioned() { // then what counts is what the asked ones need through it
		for _, at := range t.needed {
			follow(at)
		}
		return out
	}
	for i := range t.items {
		if it := &t.items[i]; it.refused == nil {
			follow(it.reads)
		}
	}
	return out
}
