package activation

import (
	"cmp"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/period"
)

// tallies are the sums of a question's transitions, by series and period.
type tallies struct {
	// sums are by series, then by period counted from begin, which is the one before the first asked.
	sums    [][]Tally
	begin   int
	periods int
	// order are the series as they are listed: ascending by their values, "other" last.
	order []int
}

func newTallies(first, last period.Period) *tallies {
	return &tallies{begin: first.Index - 1, periods: last.Index - first.Index + 2}
}

// at is the tally to add to.
func (t *tallies) at(series int, p period.Period) *Tally {
	t.grow(series)
	return &t.sums[series][p.Index-t.begin]
}

func (t *tallies) grow(series int) {
	for series >= len(t.sums) {
		t.sums = append(t.sums, make([]Tally, t.periods))
	}
}

// of is the tally of a period, which may be the one before the first asked.
func (t *tallies) of(series int, p period.Period) Tally { return t.sums[series][p.Index-t.begin] }

// count adds one transition to the slices that it touches; those of the period before the first asked are only looked back at.
func (t *tallies) count(s *slicer, x Transition) error {
	p, err := s.place(x.Leaf)
	if err != nil {
		return err
	}
	if p.in {
		t.at(p.series, x.Period).add(x)
	}
	if x.FromLeaf == "" || x.Period.Index == t.begin {
		return nil
	}
	if p, err = s.place(x.FromLeaf); err == nil && p.in {
		t.at(p.series, x.Period).addFrom(x)
	}
	return err
}

// fold keeps the top series by active users over all periods, adds the rest up as "other", and returns how many those are.
func (t *tallies) fold(s *slicer, top int) int {
	users := make([]int64, len(t.sums))
	ids := make([]int, len(t.sums))
	for id, periods := range t.sums {
		ids[id] = id
		for _, sum := range periods {
			users[id] += sum.Active()
		}
	}
	byKey := func(a, b int) int { return strings.Compare(s.keys[a], s.keys[b]) }
	slices.SortFunc(ids, func(a, b int) int { return cmp.Or(cmp.Compare(users[b], users[a]), byKey(a, b)) })
	kept, rest := ids[:min(top, len(ids))], ids[min(top, len(ids)):]
	s.keep(kept)
	t.order = slices.SortedFunc(slices.Values(kept), byKey)
	if len(rest) == 0 {
		return 0
	}
	t.grow(s.folded)
	for _, id := range rest {
		for n, sum := range t.sums[id] {
			t.sums[s.folded][n].merge(sum)
		}
		t.sums[id] = nil
	}
	t.order = append(t.order, s.folded)
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
