package backfill

import (
	"cmp"
	"context"
	"slices"

	"github.com/headwater-mcp/headwater/partition"
)

// inputs are the versions of the pairs and of everything that they read directly, through views and tables without partitions:
// partitions by "node period", tables without partitions by "node", and the code of each node by "code of node".
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
	}
	for read, all := range d.read(out) {
		for _, at := range all {
			d.World.Each(ctx, read.node.ID, at, func(v partition.Verdict) { out.note(read.node.ID+" "+v.Period.String(), v.Version) })
		}
	}
	return out
}

// versions are what a plan stands on.
type versions map[string]string

func (v versions) note(key, version string) { v[key] = cmp.Or(version, "unknown") }

// read are the intervals of tables with periods that pairs of the plan read; the versions of those without are noted. Each node
// is looked at once, after all that read it, for all pairs together.
func (d *draft) read(noted versions) map[*part]spans {
	out, through := map[*part]spans{}, map[*part]spans{}
	for _, t := range slices.Backward(d.all) {
		reads := t.reads().union(through[t])
		if len(reads) == 0 {
			continue
		}
		for _, parent := range t.parents {
			switch {
			case parent.passes:
			case parent.spec.Partitioned():
				out[parent] = out[parent].union(reads)
				continue
			case d.Version != nil:
				noted.note(parent.node.ID, d.Version(parent.node.ID))
			}
			for _, at := range reads {
				if parent.spec.Partitioned() {
					at = parent.spec.Reads(at)
				}
				through[parent] = through[parent].with(at)
			}
		}
	}
	return out
}

// reads are the intervals that pairs of the node read.
func (p *part) reads() (out spans) {
	switch {
	case !p.runs():
	case !p.spec.Partitioned(): // then what counts is what the asked ones need through it
		return p.needed
	default:
		for i := range p.items {
			if it := &p.items[i]; it.refused == nil {
				out = out.with(it.reads)
			}
		}
	}
	return out
}
