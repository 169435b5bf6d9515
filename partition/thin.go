package partition

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// A count is thin that lies below all of its peers, further from their median than twice the lowest of them, and by this much at
// the least.
const leastThin = 0.06

// thin reports whether so few rows, inside the band or not, were never seen of a peer.
func (b band) thin(rows int64) bool {
	gap := b.median - rows
	return b.proven() && rows > 0 && rows < b.least && gap > 2*(b.median-b.least) && float64(gap) >= leastThin*float64(b.median)
}

// thin lists the needed partitions that are thin and of which nothing else is to be said, of nodes that hold rows of their own.
// What follows from one of the other troubles is left out.
func (w *walk) thin(ctx context.Context, others []Trouble) []Trouble {
	var out []Trouble
	for id := range w.needed {
		n, _ := w.graph.Node(id)
		if isView(n) || !w.specs.Of(id).Partitioned() {
			continue
		}
		seen := map[int]bool{}
		for _, at := range w.needed[id].all {
			w.each(ctx, id, at, func(d dated) {
				if d.presence != Present || d.wrong() || seen[d.period.Index] || !d.observed || !d.band.thin(d.count.Rows) {
					return
				}
				seen[d.period.Index] = true
				at := interval{d.period.Start(), d.period.End()}
				out = append(out, Trouble{
					Node: id, Period: d.period, Presence: Present, Thin: true,
					Path: w.path(id), Affects: w.affected(id, &at),
					Detail: fmt.Sprintf("%s rows, fewer than in any of %d peers, which have %s; the partition checks allow for as few as %s.",
						number(d.count.Rows), d.band.peers, between(d.band.least, d.band.most), number(d.band.lower)),
				})
			})
		}
	}
	slices.SortFunc(out, func(a, b Trouble) int {
		return cmp.Or(
			cmp.Compare(len(b.Path), len(a.Path)), strings.Compare(a.Node, b.Node), cmp.Compare(a.Period.Index, b.Period.Index))
	})
	return w.first(ctx, out, others)
}

// first leaves out what follows from another one further upstream, or from others that can make some.
func (w *walk) first(ctx context.Context, all, others []Trouble) []Trouble {
	at := map[string][]interval{}
	for _, t := range slices.Concat(all, others) {
		if t.Partition() != "" && (t.Thin || t.hard()) {
			at[t.Node] = append(at[t.Node], interval{t.Period.Start(), t.Period.End()})
		}
	}
	found := w.down(at)
	return slices.DeleteFunc(all, func(t Trouble) bool {
		return found.reaches(ctx, t.Node, interval{t.Period.Start(), t.Period.End()})
	})
}
