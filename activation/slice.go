package activation

import (
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/warehouse"
)

// slicer assigns leaves to series, which it numbers. Each distinct leaf is decoded once.
type slicer struct {
	by     []string
	where  []*condition
	placed map[Leaf]place
	// ids are the numbers of the series by their keys, the JSON lists of their values.
	ids    map[string]int
	keys   []string
	values [][]any
	// kept are the series that are listed by themselves; nil before they were ranked. All others become folded, which is -1
	// where there are none.
	kept   map[int]bool
	folded int
}

// place is the series of a leaf; in is false where the filter leaves it out.
type place struct {
	series int
	in     bool
}

func (d *Definition) newSlicer(by []string, where Filter) (*slicer, error) {
	s := &slicer{placed: map[Leaf]place{}, ids: map[string]int{}, folded: -1}
	for _, name := range by {
		dim, err := d.dimension(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(s.by, dim) {
			s.by = append(s.by, dim)
		}
	}
	var err error
	s.where, err = d.conditions(where)
	return s, err
}

func (d *Definition) dimension(name string) (string, error) {
	for _, dim := range d.Fact.Dimensions {
		if strings.EqualFold(dim, name) {
			return dim, nil
		}
	}
	if len(d.Fact.Dimensions) == 0 {
		return "", fault.New(fault.Invalid, "Fact %s has no dimensions, so it cannot be sliced by %q. Declare them in headwater.yaml.", d.Fact.Name, name)
	}
	return "", fault.New(fault.Invalid, "Fact %s has no dimension %q.%s Its dimensions: %s.", d.Fact.Name, name,
		fault.DidYouMean(name, d.Fact.Dimensions), listed(d.Fact.Dimensions))
}

// whole reports whether every leaf is in the one series there is.
func (s *slicer) whole() bool { return len(s.by) == 0 && len(s.where) == 0 }

// dimensions are those that a statement has to tell apart, in declared order.
func (s *slicer) dimensions(d *Definition) []warehouse.Ident {
	var out []warehouse.Ident
	for _, dim := range d.Fact.Dimensions {
		if slices.Contains(s.by, dim) || slices.ContainsFunc(s.where, func(c *condition) bool { return c.dim == dim }) {
			out = append(out, warehouse.Ident(dim))
		}
	}
	return out
}

// place returns the series that a leaf belongs to.
func (s *slicer) place(l Leaf) (place, error) {
	if p, ok := s.placed[l]; ok {
		return p, nil
	}
	p, err := s.decode(l)
	if err != nil {
		return p, err
	}
	s.placed[l] = p
	return p, nil
}

func (s *slicer) decode(l Leaf) (place, error) {
	p := place{in: true}
	all, err := l.Values()
	if err != nil {
		return p, fault.Wrap(err, fault.Internal, "An output holds a leaf that is no JSON object.")
	}
	if err := s.covers(all); err != nil {
		return p, err
	}
	for _, c := range s.where {
		p.in = c.keeps(all[c.dim]) && p.in
	}
	if !p.in {
		return p, nil
	}
	values := make([]any, len(s.by))
	for i, dim := range s.by {
		values[i] = all[dim]
	}
	p.series = s.series(jsonText(values), values)
	if s.kept != nil && !s.kept[p.series] {
		p.series = s.folded
		p.in = p.series >= 0
	}
	return p, nil
}

// covers refuses a leaf without a dimension that was asked about: the fact got it after the outputs were built.
func (s *slicer) covers(leaf map[string]any) error {
	asked := slices.Clone(s.by)
	for _, c := range s.where {
		asked = append(asked, c.dim)
	}
	for _, dim := range asked {
		if _, ok := leaf[dim]; !ok {
			return fault.New(fault.Conflict, "The outputs were built before the fact had the dimension %s: run headwater build.", dim)
		}
	}
	return nil
}

// series is the number of the series with that key.
func (s *slicer) series(key string, values []any) int {
	id, ok := s.ids[key]
	if !ok {
		id = len(s.keys)
		s.ids[key], s.keys, s.values = id, append(s.keys, key), append(s.values, values)
	}
	return id
}

// keep lists these series from now on and folds all others into one more, if there are any.
func (s *slicer) keep(kept []int) {
	s.kept = map[int]bool{}
	for _, id := range kept {
		s.kept[id] = true
	}
	if len(kept) < len(s.keys) {
		values := make([]any, len(s.by))
		for i := range values {
			values[i] = other
		}
		s.folded = s.series(other, values)
	}
	for l, p := range s.placed {
		if p.in && !s.kept[p.series] {
			s.placed[l] = place{series: s.folded, in: true}
		}
	}
}

// Dimensions checks names of dimensions and returns them as declared; no names are all of them.
func (d *Definition) Dimensions(names []string) ([]string, error) {
	if len(names) == 0 {
		return d.Fact.Dimensions, nil
	}
	out := make([]string, 0, len(names))
	for _, name := range names {
		dim, err := d.dimension(name)
		if err != nil {
			return nil, err
		}
		out = append(out, dim)
	}
	return out, nil
}
