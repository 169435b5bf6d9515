package partition

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"sort"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/period"
)

// demand is what a number of asked periods need of a node: of each an interval, in their order. It never changes, and nodes of
// which the same is needed have the same one: in most graphs there are few, however many nodes and periods.
type demand struct {
	at []interval
	// ascending: no interval starts or ends before the one before it.
	ascending bool
	// all is their union.
	all merged
}

// overlapping calls fn with the places of those that overlap an interval, ascending.
func (d *demand) overlapping(at interval, fn func(i int)) {
	i := 0
	if d.ascending {
		i = sort.Search(len(d.at), func(i int) bool { return d.at[i].end.After(at.start) })
	}
	for ; i < len(d.at); i++ {
		if d.at[i].overlaps(at) {
			fn(i)
		} else if d.ascending {
			return
		}
	}
}

// shape is what of a spec says which intervals it reads.
type shape struct {
	grain    period.Grain
	calendar period.Calendar
	window   int
}

func (s Spec) shape() shape { return shape{s.Grain, s.Calendar, s.Window} }

// demands makes demands and keeps what it made.
type demands struct {
	seed maphash.Seed
	made map[uint64][]*demand // by hash
	read map[demandOf]*demand
	both map[[2]*demand]*demand
}

type demandOf struct {
	shape

	of *demand
}

func newDemands() *demands {
	return &demands{
		seed: maphash.MakeSeed(), made: map[uint64][]*demand{}, read: map[demandOf]*demand{}, both: map[[2]*demand]*demand{},
	}
}

// of is the demand of some intervals, which it keeps.
func (d *demands) of(at []interval) *demand {
	var h maphash.Hash
	h.SetSeed(d.seed)
	var word [16]byte
	for _, i := range at {
		binary.LittleEndian.PutUint64(word[:8], uint64(i.start.Unix())) //nolint:gosec // for its bits
		binary.LittleEndian.PutUint64(word[8:], uint64(i.end.Unix()))   //nolint:gosec // for its bits
		_, _ = h.Write(word[:])                                         // which never fails
	}
	key := h.Sum64()
	for _, known := range d.made[key] {
		if slices.EqualFunc(known.at, at, func(a, b interval) bool { return a.start.Equal(b.start) && a.end.Equal(b.end) }) {
			return known
		}
	}
	made := &demand{at: at, all: merge(at), ascending: slices.IsSortedFunc(at, func(a, b interval) int {
		if a.start.Before(b.start) || a.end.Before(b.end) { // a comes after b
			return -1
		}
		return 0
	})}
	d.made[key] = append(d.made[key], made)
	return made
}

// reads is what a node with a spec reads to meet a demand.
func (d *demands) reads(spec Spec, of *demand) *demand {
	key := demandOf{spec.shape(), of}
	if known, ok := d.read[key]; ok {
		return known
	}
	at := make([]interval, len(of.at))
	for i := range of.at {
		at[i] = spec.reads(of.at[i])
	}
	d.read[key] = d.of(at)
	return d.read[key]
}

// join is the demand of two readers, of which the first may be nil.
func (d *demands) join(a, b *demand) *demand {
	if a == nil || a == b {
		return b
	}
	if known, ok := d.both[[2]*demand{a, b}]; ok {
		return known
	}
	at := make([]interval, len(a.at))
	for i := range at {
		at[i] = a.at[i].union(b.at[i])
	}
	out := d.of(at)
	d.both[[2]*demand{a, b}] = out
	return out
}

// upstream are the demands, by node, of all that some periods of a node need, itself included.
func (d *demands) upstream(graph *lineage.Graph, specs Specs, n *lineage.Node, asked []period.Period) map[string]*demand {
	own := make([]interval, len(asked))
	for i, p := range asked {
		own[i] = interval{p.Start(), p.End()}
	}
	order, cyclic := readersFirst(graph, []string{n.ID})
	if cyclic {
		return d.around(graph, specs, n, own)
	}
	out := map[string]*demand{n.ID: d.of(own)}
	for _, reader := range order {
		reads := out[reader.ID]
		if spec := specs.Of(reader.ID); spec.Partitioned() {
			reads = d.reads(spec, reads)
		}
		for _, parent := range graph.Parents(reader.ID) {
			out[parent.ID] = d.join(out[parent.ID], reads)
		}
	}
	return out
}

// around is upstream in a graph with cycles.
func (d *demands) around(graph *lineage.Graph, specs Specs, n *lineage.Node, own []interval) map[string]*demand {
	at := map[string][]interval{}
	for _, part := range own {
		reached := map[string]interval{}
		reach{graph: graph, specs: specs, through: everything}.collect(reached, []step{{n, part}})
		for id, needed := range reached {
			at[id] = append(at[id], needed)
		}
	}
	out := make(map[string]*demand, len(at))
	for id, list := range at {
		out[id] = d.of(list)
	}
	return out
}
