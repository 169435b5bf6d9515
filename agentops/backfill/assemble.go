package backfill

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Plan finds the least set of pairs that makes the asked partitions right: those of them that the scope means, everything broken
// that they read, all the way up, and whatever lies between; with Downstream also what reads any of it further down. What cannot
// be run is refused, and what reads it, except for activation. It is empty where ctx ends before it is found.
func (p Planner) Plan(ctx context.Context, q Question) Answer {
	d := p.draft(ctx, q)
	if ctx.Err() != nil {
		return Answer{}
	}
	d.refuse()
	answer := d.answer()
	if p.MaxPairs == 0 || len(answer.Pairs) <= p.MaxPairs {
		answer.Inputs = d.inputs(ctx)
	}
	return answer
}

func (d *draft) answer() Answer {
	total := 0
	for _, t := range d.order {
		total += len(t.items)
	}
	out := Answer{Pairs: make([]Pair, 0, total), Refused: []Refused{}}
	d.waves()
	parts := slices.Clone(d.order)
	slices.SortStableFunc(parts, func(a, b *part) int {
		return cmp.Or(cmp.Compare(a.wave, b.wave), cmp.Compare(a.node.ID, b.node.ID))
	})
	ranges := 0
	var slab slab
	for _, t := range parts {
		last := -1
		needs := d.needs(t)
		for i := range t.items {
			it := &t.items[i]
			index := it.period.Index
			if it.refused != nil {
				out.Refused = t.refusedWith(out.Refused, it, i > 0 && t.items[i-1].refused != nil && t.items[i-1].period.Index == index-1)
				continue
			}
			if last < 0 || !t.way.Whole && t.items[last].period.Index != index-1 {
				ranges++
			}
			last, it.seq = i, len(out.Pairs)
			out.Pairs = append(out.Pairs, Pair{
				Seq: it.seq, Node: t.node.ID, Wave: t.wave, Range: ranges - 1, Executor: t.way.Executor, Reason: it.reason, Rows: it.rows,
				Needs: slab.keep(needs.of(it)),
			})
			if pair := &out.Pairs[it.seq]; t.spec.Partitioned() {
				pair.Period, pair.Grain, pair.Start, pair.End = it.period.String(), it.period.Grain, it.at.Start, it.at.End
			}
			if it.asked {
				out.Asked = append(out.Asked, it.seq)
			}
		}
	}
	out.Rows, out.Seconds = d.rows(), d.seconds(out.Pairs)
	return out
}

// slab is room for many short lists, of which one each would have to be looked after by the garbage collector.
type slab []int

// keep copies a list; nil for an empty one.
func (s *slab) keep(list []int) []int {
	if len(list) == 0 {
		return nil
	}
	const room = 1 << 12
	if cap(*s)-len(*s) < len(list) {
		*s = make([]int, 0, max(room, len(list)))
	}
	start := len(*s)
	*s = append(*s, list...)
	return (*s)[start:len(*s):len(*s)]
}

// refusedWith adds an item to the refused ones, to the last of them where it follows on it for the same reason.
func (p *part) refusedWith(all []Refused, it *item, follows bool) []Refused {
	name := ""
	if p.spec.Partitioned() {
		name = it.period.String()
	}
	k := len(all) - 1
	if follows && k >= 0 && all[k].Node == p.node.ID && all[k].Why == it.refused.why && all[k].Remedy == it.refused.remedy {
		all[k].Last = name
		return all
	}
	return append(all, Refused{Node: p.node.ID, First: name, Last: name, Why: it.refused.why, Remedy: it.refused.remedy})
}

// waves gives each node of the plan the number of nodes that have to run before it, in the longest chain.
func (d *draft) waves() {
	known, ends := map[*part]bool{}, map[*part]int{} // ends is the first wave in which what reads the node may run
	for _, t := range d.order {
		wave := 0
		for _, parent := range t.parents {
			wave = max(wave, ends[parent])
		}
		if !t.runs() {
			ends[t] = wave
			continue
		}
		for _, before := range d.after(t) {
			wave = max(wave, d.waveAfter(before, known))
		}
		known[t] = true
		t.wave, ends[t] = wave, wave+1
	}
}

// after are those of the nodes that have to run before, although the graph has no edge, that do run.
func (d *draft) after(t *part) []*part {
	var out []*part
	for _, id := range t.way.After {
		if before, ok := d.parts[id]; ok && before.runs() {
			out = append(out, before)
		}
	}
	return out
}

// waveAfter is the first wave after a node that may stand later in the order: such nodes read the same.
func (d *draft) waveAfter(t *part, known map[*part]bool) int {
	if known[t] {
		return t.wave + 1
	}
	wave := 0
	for _, parent := range t.parents {
		if known[parent] {
			wave = max(wave, parent.wave+1)
		}
	}
	for _, before := range d.after(t) {
		wave = max(wave, d.waveAfter(before, known))
	}
	return wave + 1
}

// rows is how many rows the plan writes: of a partition what is there, or where that is wrong what is usual of the node.
func (d *draft) rows() *int64 {
	var sum int64
	known := false
	for _, t := range d.order {
		usual := t.typical
		slices.Sort(usual)
		for i := range t.items {
			it := &t.items[i]
			if it.refused != nil {
				continue
			}
			rows := it.rows
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
	for i := range pairs {
		took, ok := d.Took(pairs[i].Node)
		if !ok {
			return nil
		}
		sum += took
	}
	seconds := sum.Seconds()
	return &seconds
}
