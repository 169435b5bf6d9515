package partition

import (
	"maps"
	"math/bits"
	"slices"

	"github.com/headwater-mcp/headwater/lineage"
)

// inputs finds what is read of nodes, through views and through tables that are needed as a whole. It tells only of those of
// which a reader can say something: nodes with partitions, those whose partitions cannot be followed, and failed ones. Tables
// that are needed as a whole may be thousands between a node and its inputs, and they are passed through once for all who ask.
type inputs struct {
	survey *survey
	// number is the place of a node in ids, which ascend.
	number map[string]int
	ids    []string
	// telling and shapes are, by node, of all that is reached from its readers through it.
	telling map[string]numbers
	shapes  map[string][]Spec
}

// numbers is a set of places in inputs.ids.
type numbers []uint64

func newInputs(s *survey) *inputs {
	out := &inputs{
		survey: s, ids: slices.Sorted(maps.Keys(s.scope)), number: make(map[string]int, len(s.scope)),
		telling: map[string]numbers{}, shapes: map[string][]Spec{},
	}
	for i, id := range out.ids {
		out.number[id] = i
	}
	return out
}

// of are the intervals, by node, of the inputs that a node reads when it reads an interval.
func (p *inputs) of(id string, at interval) map[string]interval {
	s := p.survey
	if s.cyclic || !p.straight(id, at) {
		reached := s.through().from(id, at)
		maps.DeleteFunc(reached, func(id string, _ interval) bool { return !p.tells(id) })
		return reached
	}
	out := map[string]interval{}
	for _, parent := range s.graph.Parents(id) {
		p.within(p.set(parent), func(input string) { out[input] = at })
	}
	return out
}

// needed tells, when a node reads an interval, what of a node upstream is needed, and whether it is reached. Where of all that is
// reached just that interval is needed, nothing is looked up.
func (p *inputs) needed(id string, at interval) func(input string) (interval, bool) {
	if !p.survey.cyclic && p.straight(id, at) {
		return func(string) (interval, bool) { return at, true }
	}
	var reached map[string]interval
	return func(input string) (interval, bool) {
		if reached == nil {
			reached = p.survey.through().from(id, at)
		}
		part, ok := reached[input]
		return part, ok
	}
}

// straight reports whether of all that is reached from a node just the interval is needed that it reads: whatever is passed
// through on the way has no periods, or periods at whose ends the interval starts and ends.
func (p *inputs) straight(id string, at interval) bool {
	for _, parent := range p.survey.graph.Parents(id) {
		for _, spec := range p.passed(parent) {
			if reads := spec.reads(at); !reads.start.Equal(at.start) || !reads.end.Equal(at.end) {
				return false
			}
		}
	}
	return true
}

func (p *inputs) tells(id string) bool {
	n, _ := p.survey.graph.Node(id)
	spec := p.survey.specs.Of(id)
	b, ok := p.survey.builds[id]
	return spec.Partitioned() || spec.Unknowable || ok && !isView(n) && failed(b.Status)
}

// set is what is reached through a node, itself included.
func (p *inputs) set(n *lineage.Node) numbers {
	if known, ok := p.telling[n.ID]; ok {
		return known
	}
	var out numbers
	if p.tells(n.ID) {
		out = out.with(p.number[n.ID], len(p.ids))
	}
	if p.survey.goesThrough(n) {
		for _, parent := range p.survey.graph.Parents(n.ID) {
			out = out.union(p.set(parent))
		}
	}
	p.telling[n.ID] = out
	return out
}

// passed are the specs, one of a shape, of what is passed through from a node on.
func (p *inputs) passed(n *lineage.Node) []Spec {
	if known, ok := p.shapes[n.ID]; ok {
		return known
	}
	var out []Spec
	if p.survey.goesThrough(n) {
		if spec := p.survey.specs.Of(n.ID); spec.Partitioned() {
			out = append(out, spec)
		}
		for _, parent := range p.survey.graph.Parents(n.ID) {
			for _, spec := range p.passed(parent) {
				if !slices.ContainsFunc(out, func(o Spec) bool { return o.shape() == spec.shape() }) {
					out = append(out, spec)
				}
			}
		}
	}
	p.shapes[n.ID] = out
	return out
}

// within calls fn with the ids of a set, ascending.
func (p *inputs) within(set numbers, fn func(id string)) {
	for i, word := range set {
		for ; word != 0; word &= word - 1 {
			fn(p.ids[i*64+bits.TrailingZeros64(word)])
		}
	}
}

// with is the set with one more number, of so many that there may be.
func (s numbers) with(i, of int) numbers {
	out := make(numbers, (of+63)/64)
	copy(out, s)
	out[i/64] |= 1 << (i % 64)
	return out
}

// union is everything in either; neither changes.
func (s numbers) union(o numbers) numbers {
	switch {
	case len(s) == 0:
		return o
	case len(o) == 0:
		return s
	}
	out := slices.Clone(s)
	for i := range o {
		out[i] |= o[i]
	}
	return out
}
