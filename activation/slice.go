package activation

import (
	"cmp"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

// slicer assigns leaves to series.
type slicer struct {
	by    []string
	where map[string][]string
}

func (d *Definition) newSlicer(by []string, where map[string]any) (*slicer, error) {
	s := &slicer{where: map[string][]string{}}
	for _, name := range by {
		dim, err := d.dimension(name)
		if err != nil {
			return nil, err
		}
		s.by = append(s.by, dim)
	}
	for name, wanted := range where {
		dim, err := d.dimension(name)
		if err != nil {
			return nil, err
		}
		values, ok := wanted.([]any)
		if !ok {
			values = []any{wanted}
		}
		for _, v := range values {
			s.where[dim] = append(s.where[dim], jsonText(v))
		}
	}
	return s, nil
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

// series returns the key and the values of the series a leaf belongs to; ok is false where the filter leaves it out.
func (s *slicer) series(l Leaf) (key string, values []any, ok bool, err error) {
	all, err := l.Values()
	if err != nil {
		return "", nil, false, fault.Wrap(err, fault.Internal, "An output holds a leaf that is no JSON object.")
	}
	for dim, wanted := range s.where {
		have := jsonText(all[dim])
		text, _ := all[dim].(string)
		if !slices.Contains(wanted, have) && (text == "" || !slices.Contains(wanted, text)) {
			return "", nil, false, nil
		}
	}
	values = make([]any, len(s.by))
	for i, dim := range s.by {
		values[i] = all[dim]
	}
	return jsonText(values), values, true, nil
}

// tallies are the series of an answer, by period index.
type tallies struct {
	values map[string][]any
	sums   map[string]map[int]*Tally
	order  []string
}

func newTallies() *tallies {
	return &tallies{values: map[string][]any{}, sums: map[string]map[int]*Tally{}}
}

func (t *tallies) at(key string, values []any, index int) *Tally {
	if t.sums[key] == nil {
		t.sums[key], t.values[key] = map[int]*Tally{}, values
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

func (s *slicer) tally(transitions []Transition) (*tallies, error) {
	all := newTallies()
	if len(s.by) == 0 {
		all.at(jsonText([]any{}), []any{}, 0)
	}
	for _, x := range transitions {
		key, values, ok, err := s.series(x.Leaf)
		if err != nil {
			return nil, err
		}
		if ok {
			all.at(key, values, x.Period.Index).add(x)
		}
		if x.FromLeaf == "" {
			continue
		}
		if key, values, ok, err = s.series(x.FromLeaf); err != nil {
			return nil, err
		}
		if ok {
			all.at(key, values, x.Period.Index).addFrom(x)
		}
	}
	return all, nil
}

// fold keeps the top series by active users over all periods and adds the rest up as "other". Series ascend by values.
func (t *tallies) fold(top int) *tallies {
	users := map[string]int64{}
	keys := make([]string, 0, len(t.sums))
	for key, periods := range t.sums {
		keys = append(keys, key)
		for _, sum := range periods {
			users[key] += sum.Active()
		}
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(users[b], users[a]), cmp.Compare(a, b)) })
	if len(keys) <= top {
		slices.Sort(keys)
		t.order = keys
		return t
	}
	folded := newTallies()
	for i, key := range keys {
		to, values := key, t.values[key]
		if i >= top {
			to, values = other, make([]any, len(values))
			for j := range values {
				values[j] = other
			}
		}
		for index, sum := range t.sums[key] {
			folded.at(to, values, index).merge(*sum)
		}
	}
	folded.order = append(folded.order, keys[:top]...)
	slices.Sort(folded.order)
	folded.order = append(folded.order, other)
	return folded
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
