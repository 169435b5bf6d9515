package partition

import (
	"context"
	"slices"

	"github.com/headwater-mcp/headwater/lineage"
)

// mark finds the troubles that follow from another one upstream: from a grave one, or an odd one from another odd one. A failed
// run and a failed test are causes of their own.
func (w *walk) mark(ctx context.Context, all []Trouble) {
	hard, some := map[string][]interval{}, map[string][]interval{}
	for _, t := range all {
		if t.Partition() == "" {
			continue
		}
		at := interval{t.Period.Start(), t.Period.End()}
		if t.hard() {
			hard[t.Node] = append(hard[t.Node], at)
		}
		if t.hard() || len(t.Findings) > 0 {
			some[t.Node] = append(some[t.Node], at)
		}
	}
	fromHard, fromSome := w.down(hard), w.down(some)
	for i, t := range all {
		if t.Partition() == "" || slices.Contains(t.Findings, Failed) || t.Presence == Pending || t.Presence == Unknown {
			continue
		}
		from := fromSome
		if t.hard() {
			from = fromHard
		}
		all[i].Consequence = from.reaches(ctx, t.Node, interval{t.Period.Start(), t.Period.End()})
	}
}

// down carries what was found of nodes, by id, to everything that needs it.
func (w *walk) down(found map[string][]interval) *flow {
	of := make(map[string]merged, len(found))
	for id, all := range found {
		of[id] = merge(all)
	}
	return w.flow(everything, func(_ context.Context, n *lineage.Node) merged { return of[n.ID] })
}

// hard reports whether the trouble can make others.
func (t Trouble) hard() bool {
	return t.Presence == Missing || slices.ContainsFunc(t.Findings, func(f Finding) bool { return f.blocks() || f == Empty })
}
