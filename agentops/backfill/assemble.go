package backfill

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"time"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// Plan finds the least set of pairs that makes the asked partitions right: those of them that the scope means, everything broken
// that they read, all the way up, and whatever lies between; with Downstream also what reads any of it further down. What cannot
// be run is refused, and what reads it, except for activation.
func (p Planner) Plan(ctx context.Context, q Question) Answer {
	d := p.draft(ctx, q)
	d.refuse()
	answer := d.answer()
	if p.MaxPairs == 0 || len(answer.Pairs) <= p.MaxPairs {
		answer.Inputs = d.inputs(ctx)
	}
	return answer
}

func (d *draft) answer() Answer {
	total := 0
	for _, items := range d.items {
		total += len(items)
	}
	out := Answer{Pairs: make([]Pair, 0, total), Refused: []Refused{}}
	waves := d.waves()
	nodes := slices.Clone(d.order)
	slices.SortStableFunc(nodes, func(a, b *lineage.Node) int {
		return cmp.Or(cmp.Compare(waves[a.ID], waves[b.ID]), cmp.Compare(a.ID, b.ID))
	})
	ranges := 0
	for _, n := range nodes {
		way := d.Way(n)
		last := -1
		items := d.items[n.ID]
		for i := range items {
			it := &items[i]
			index := it.verdict.Period.Index
			if it.refused != "" {
				out.Refused = d.refusedWith(out.Refused, n, it, i > 0 && items[i-1].refused != "" && items[i-1].verdict.Period.Index == index-1)
				continue
			}
			if last < 0 || !way.Whole && items[last].verdict.Period.Index != index-1 {
				ranges++
			}
			last, it.seq = i, len(out.Pairs)
			pair := Pair{
				Seq: it.seq, Node: n.ID, Wave: waves[n.ID], Range: ranges - 1, Executor: way.Executor, Reason: it.reason,
				Rows: it.verdict.Rows,
			}
			if d.Specs.Of(n.ID).Partitioned() {
				p := it.verdict.Period
				pair.Period, pair.Grain, pair.Start, pair.End = p.String(), p.Grain, it.at.Start, it.at.End
			}
			pair.Needs = d.needs(n, it, pair.Whole() || way.Whole, way.After)
			if it.asked {
				out.Asked = append(out.Asked, pair.Seq)
			}
			out.Pairs = append(out.Pairs, pair)
		}
	}
	out.Rows, out.Seconds = d.rows(), d.seconds(out.Pairs)
	return out
}

// refusedWith adds an item to the refused ones, to the last of them where it follows on it for the same reason.
func (d *draft) refusedWith(all []Refused, n *lineage.Node, it *item, follows bool) []Refused {
	name := ""
	if d.Specs.Of(n.ID).Partitioned() {
		name = it.verdict.Period.String()
	}
	if k := len(all) - 1; follows && k >= 0 && all[k].Node == n.ID && all[k].Why == it.refused && all[k].Remedy == it.remedy {
		all[k].Last = name
		return all
	}
	return append(all, Refused{Node: n.ID, First: name, Last: name, Why: it.refused, Remedy: it.remedy})
}

// waves gives each node of the plan the number of nodes that have to run before it, in the longest chain.
func (d *draft) waves() map[string]int {
	out, ends := map[string]int{}, map[string]int{} // ends is the first wave in which what reads the node may run
	for _, n := range d.order {
		wave := 0
		for _, parent := range d.Graph.Parents(n.ID) {
			wave = max(wave, ends[parent.ID])
		}
		if !d.runs(n.ID) {
			ends[n.ID] = wave
			continue
		}
		for _, before := range d.Way(n).After {
			if d.runs(before) {
				wave = max(wave, d.waveAfter(before, out))
			}
		}
		out[n.ID], ends[n.ID] = wave, wave+1
	}
	return out
}

// waveAfter is the first wave after a node that may stand later in the order: such nodes read the same.
func (d *draft) waveAfter(id string, known map[string]int) int {
	if wave, ok := known[id]; ok {
		return wave + 1
	}
	wave := 0
	for _, parent := range d.Graph.Parents(id) {
		if w, ok := known[parent.ID]; ok {
			wave = max(wave, w+1)
		}
	}
	for _, before := range d.Way(d.node(id)).After {
		if d.runs(before) {
			wave = max(wave, d.waveAfter(before, known))
		}
	}
	return wave + 1
}

func (d *draft) node(id string) *lineage.Node {
	n, _ := d.Graph.Node(id)
	return n
}

// runs reports whether anything of a node is run.
func (d *draft) runs(id string) bool {
	return slices.ContainsFunc(d.items[id], func(it item) bool { return it.refused == "" })
}

// needs are the pairs that a pair reads, through what is not in the plan itself, ascending.
func (d *draft) needs(n *lineage.Node, it *item, all bool, after []string) []int {
	r := reading{draft: d, all: all}
	r.node = func(n *lineage.Node, at partition.Span) { r.collect(n.ID, at, all || !d.Specs.Of(n.ID).Partitioned()) }
	r.visit(n.ID, it.reads)
	for _, before := range after {
		r.collect(before, it.at, all)
	}
	if !slices.IsSorted(r.found) {
		slices.Sort(r.found)
	}
	return slices.Compact(r.found)
}

// reading follows what a pair reads, through views and tables without partitions.
type reading struct {
	*draft

	// all: not an interval of its inputs but everything.
	all  bool
	seen map[string]partition.Span
	// node is given each node with rows that is reached: a table with periods and the interval of it, or one without.
	node  func(n *lineage.Node, at partition.Span)
	found []int
}

// visit reaches what a node reads of an interval.
func (r *reading) visit(id string, at partition.Span) {
	for _, parent := range r.Graph.Parents(id) {
		spec := r.Specs.Of(parent.ID)
		through, passes := at, r.Specs.Passes(parent)
		if !passes {
			r.node(parent, at)
		}
		if spec.Partitioned() {
			if !passes {
				continue
			}
			if !r.all {
				through = spec.Reads(at)
			}
		}
		if known, ok := r.seen[parent.ID]; ok {
			if !through.Start.Before(known.Start) && !through.End.After(known.End) {
				continue
			}
			through = spans{known}.with(through).hull()
		}
		if r.seen == nil {
			r.seen = map[string]partition.Span{}
		}
		r.seen[parent.ID] = through
		r.visit(parent.ID, through)
	}
}

// collect adds the pairs of a node in an interval, or all of them.
func (r *reading) collect(id string, at partition.Span, all bool) {
	items := r.items[id]
	first := 0
	if !all {
		first = sort.Search(len(items), func(i int) bool { return items[i].at.End.After(at.Start) })
	}
	for i := first; i < len(items); i++ {
		it := &items[i]
		if !all && !it.at.Start.Before(at.End) {
			return
		}
		if it.refused == "" {
			r.found = append(r.found, it.seq)
		}
	}
}

// rows is how many rows the plan writes: of a partition what is there, or where that is wrong what is usual of the node.
func (d *draft) rows() *int64 {
	var sum int64
	known := false
	for _, n := range d.order {
		usual := d.typical[n.ID]
		slices.Sort(usual)
		for _, it := range d.items[n.ID] {
			if it.refused != "" {
				continue
			}
			rows := it.verdict.Rows
			if len(usual) > 0 && it.wrong {
				rows = usual[len(usual)/2]
			}
			sum, known = sum+rows, known || rows > 0
		}
	}
	if !known {
		return nil
	}
	return &sum
}

// seconds is how long the pairs take one after the other; nil where it is not known of any node.
func (d *draft) seconds(pairs []Pair) *float64 {
	if d.Took == nil || len(pairs) == 0 {
		return nil
	}
	var sum time.Duration
	for _, p := range pairs {
		took, ok := d.Took(p.Node)
		if !ok {
			return nil
		}
		sum += took
	}
	seconds := sum.Seconds()
	return &seconds
}
