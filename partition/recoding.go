package partition

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/period"
)

// Recoding is a change of code that a period of a node is the first to show: what it needs was built by the new code, and what
// the period before needs by the old. Whether a row differs by it, nobody has looked.
type Recoding struct {
	// Node is the node whose code changed; of a view, those that read it were built anew.
	Node string
	// Period is the first partition that the new code built, in the grain and calendar of the node that keeps it.
	Period period.Period
	// Path leads from Node to the node that was asked about, both included.
	Path []string
	// Since is when the first manifest with the new code was written.
	Since time.Time
	// Base is the invocation of the last manifest with the code before; "" where it is not known.
	Base string
	// Detail is a sentence with the evidence in it.
	Detail string
}

// Recoded lists the changes of code, of a node and of everything it needs, that come in with a period: those furthest upstream
// first, then by id. Only nodes whose partitions stay as they were built can show one, and only where the ledger tells by which
// run; a table that is made as a whole holds its past by the new code, too. The warehouse is not asked.
func (c *Checker) Recoded(
	ctx context.Context, graph *lineage.Graph, specs Specs, node string, asked period.Period, asOf time.Time,
) ([]Recoding, error) {
	w, err := c.walk(ctx, graph, specs, node, []period.Period{asked.Prev(), asked}, asOf)
	if err != nil {
		return nil, err
	}
	if err := w.readAllRuns(ctx); err != nil {
		return nil, err
	}
	out := []Recoding{}
	for id := range w.needed {
		changed, ok := w.changes[id]
		n, known := graph.Node(id)
		if !ok || !known || n.Checksum != changed.Checksum {
			continue
		}
		path := w.path(id)
		for _, keeper := range path {
			if p, found := w.firstSince(keeper, asked, changed); found {
				out = append(out, Recoding{
					Node: id, Period: p, Path: path, Since: changed.Since, Base: changed.Base, Detail: changed.comesIn(keeper, p),
				})
				break
			}
		}
	}
	slices.SortFunc(out, func(a, b Recoding) int {
		return cmp.Or(cmp.Compare(len(b.Path), len(a.Path)), strings.Compare(a.Node, b.Node))
	})
	return out, nil
}

// readAllRuns asks the ledger when the incremental nodes on the path were built that know no batches.
func (w *walk) readAllRuns(ctx context.Context) error {
	var nodes []string
	for id := range w.needed {
		if n, ok := w.graph.Node(id); ok && n.Materialized == "incremental" && !batched(n) && w.specs.Of(id).Partitioned() {
			nodes = append(nodes, id)
		}
	}
	if len(nodes) == 0 || w.deps.Ledger == nil {
		return nil
	}
	slices.Sort(nodes)
	runs, err := w.deps.Ledger.Runs(ctx, nodes, rememberedRuns, w.asOf)
	if w.runs == nil {
		w.runs = map[string][]RunTime{}
	}
	maps.Copy(w.runs, runs)
	return err
}

// firstSince is the partition of a node, of those that the asked period needs, which new code built where older code built the
// one before.
func (w *walk) firstSince(id string, asked period.Period, c CodeChange) (period.Period, bool) {
	n, ok := w.graph.Node(id)
	spec := w.specs.Of(id)
	if !ok || isView(n) || !spec.Partitioned() || n.Materialized != "incremental" && !batched(n) {
		return period.Period{}, false
	}
	t := w.newTrack(id)
	for k, at := range w.needed[id].at {
		if w.asked[k] != asked {
			continue
		}
		first, last := spec.overlapping(at)
		for i := first.Index; i <= last.Index; i++ {
			before, now := w.builtAt(t, i-1), w.builtAt(t, i)
			if c.older(before) && !now.IsZero() && !c.older(now) {
				return spec.period(i), true
			}
		}
	}
	return period.Period{}, false
}

// builtAt is when the build of a partition started: of its newest batch, or, where no batches tell, of the first run after its
// end. Zero where that is not known.
func (w *walk) builtAt(t *track, index int) time.Time {
	if batched(t.node) {
		if v := t.at(index); v != nil && len(v.told.good) > 0 {
			return v.told.good[0].started()
		}
		return time.Time{}
	}
	end, found := t.spec.period(index).End(), time.Time{}
	for _, r := range w.runs[t.node.ID] {
		if r.StartedAt.Before(end) {
			return found
		}
		found = r.StartedAt
	}
	return time.Time{}
}

// comesIn says in words that a node shows a change from a partition on.
func (c CodeChange) comesIn(keeper string, p period.Period) string {
	return fmt.Sprintf("Its code is another since the manifest of %s than in that of %s; partition %s of %s is the first that was built by it.",
		c.Since.UTC().Format(time.RFC3339), c.Before.UTC().Format(time.RFC3339), p, keeper)
}
