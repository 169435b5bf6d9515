package activation

import "context"

// move is a transition of a period, by index.
type move struct {
	index    int
	from, to State
}

// legal are the transitions that there are, in the order in which they are listed.
func legal() []move {
	return []move{
		{from: None, to: New},
		{from: New, to: Retained},
		{from: New, to: Inactive},
		{from: Retained, to: Retained},
		{from: Retained, to: Inactive},
		{from: Reactivated, to: Retained},
		{from: Reactivated, to: Inactive},
		{from: Inactive, to: Reactivated},
		{from: Inactive, to: Inactive},
	}
}

// matrix lists every legal transition of every period: users, and rate = users / users in from_state at p-1, which are those
// who left it at p for any state, since nobody is forgotten. Of a slice, users are those who come from it (new users: who
// are in it), so the rates out of one state add up to 1. The rate of none → new is null: nobody counts those who never came.
func (i *inquiry) matrix(ctx context.Context) ([][]any, error) {
	users := counts[move]{}
	if err := i.moves(ctx, i.first, func(x Transition) error {
		from := x.FromLeaf
		if x.To == New {
			from = x.Leaf
		}
		return users.addLeaf(i.slice, from, move{x.Period.Index, x.From, x.To}, x.Users)
	}); err != nil {
		return nil, err
	}
	rows := [][]any{}
	for _, b := range i.built() {
		for _, series := range i.sums.order {
			in := map[State]int64{}
			for _, m := range legal() {
				m.index = b.Period.Index
				in[m.from] += users[series][m]
			}
			in[None] = 0
			for _, m := range legal() {
				m.index = b.Period.Index
				n := users[series][m]
				rows = append(rows, i.cells(b.Period, series, m.from, m.to, n, ratio(n, in[m.from])))
			}
		}
	}
	return rows, nil
}
