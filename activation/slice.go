package activation

import (
	"cmp"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// slicer assigns leaves to series. Each distinct leaf is decoded once.
type slicer struct {
	by     []string
	where  []*condition
	placed map[Leaf]place
	values map[string][]any
	// kept are the series that are listed by themselves; nil before they were ranked. All others are "other".
	kept map[string]bool
}

// place is the series of a leaf; in is false where the filter leaves it out.
type place struct {
	key string
	in  bool
}

func (d *Definition) newSlicer(by []string, where Filter) (*slicer, error) {
	s := &slicer{placed: map[Leaf]place{}, values: map[string][]any{}}
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
		return p, fault.Wrap(err, fault.Internal, "An output holds a leaf that is no JSON object.")
	}
	s.placed[l] = p
	return p, nil
}

func (s *slicer) decode(l Leaf) (place, error) {
	p := place{in: true}
	all, err := l.Values()
	if err != nil {
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
	p.key = jsonText(values)
	if s.kept != nil && !s.kept[p.key] {
		p.key = other
		return p, nil
	}
	s.values[p.key] = values
	return p, nil
}

// keep lists these series from now on and folds all others.
func (s *slicer) keep(keys []string) {
	s.kept = map[string]bool{}
	for _, key := range keys {
		s.kept[key] = true
	}
	for l, p := range s.placed {
		if p.in && !s.kept[p.key] {
			s.placed[l] = place{key: other, in: true}
		}
	}
	folded := make([]any, len(s.by))
	for i := range folded {
		folded[i] = other
	}
	s.values[other] = folded
}

// tallies are the series of an answer, by period index.
type tallies struct {
	sums map[string]map[int]*Tally
	// order are the series as they are listed: ascending by their values, "other" last.
	order []string
}

func (t *tallies) at(key string, index int) *Tally {
	if t.sums[key] == nil {
		t.sums[key] = map[int]*Tally{}
	}
	if t.sums[key][index] == nil {
		t.sums[key][index] = &Tally{}
	}
	return t.sums[key][index]
}

func (t *tallies) of(key string, p period.Period) Tally {
	if sum := t.sums[key][p.Index]; sum != nil {
		return *sum
	}
	return Tally{}
}

// count adds one transition to the slices that it touches; those of the period before the first asked are only looked back at.
func (t *tallies) count(s *slicer, x Transition, first period.Period) error {
	p, err := s.place(x.Leaf)
	if err != nil {
		return err
	}
	if p.in {
		t.at(p.key, x.Period.Index).add(x)
	}
	if x.FromLeaf == "" || x.Period.Index < first.Index {
		return nil
	}
	if p, err = s.place(x.FromLeaf); err == nil && p.in {
		t.at(p.key, x.Period.Index).addFrom(x)
	}
	return err
}

// fold keeps the top series by active users over all periods, adds the rest up as "other", and returns how many those are.
func (t *tallies) fold(s *slicer, top int) int {
	users := map[string]int64{}
	keys := make([]string, 0, len(t.sums))
	for key, periods := range t.sums {
		keys = append(keys, key)
		for _, sum := range periods {
			users[key] += sum.Active()
		}
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(users[b], users[a]), cmp.Compare(a, b)) })
	kept, rest := keys[:min(top, len(keys))], keys[min(top, len(keys)):]
	s.keep(kept)
	for _, key := range rest {
		for index, sum := range t.sums[key] {
			t.at(other, index).merge(*sum)
		}
		delete(t.sums, key)
	}
	t.order = slices.Sorted(slices.Values(kept))
	if len(rest) > 0 {
		t.order = append(t.order, other)
	}
	return len(rest)
}

func (t *Tally) merge(o Tally) {
	t.New += o.New
	t.Retained += o.Retained
	t.Reactivated += o.Reactivated
	t.Inactive += o.Inactive
	t.Churned += o.Churned
	t.RetainedFrom += o.RetainedFrom
	t.ReactivatedFrom += o.ReactivatedFrom
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
