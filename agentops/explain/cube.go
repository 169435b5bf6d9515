package explain

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

// series is what is counted of a leaf in a period.
type series int

// The four transitions in the order of the bridge, then their sum over the active states.
const (
	arrived series = iota // new
	stayed                // retained
	came                  // reactivated
	left                  // churned: users of the slice they come from
	active                // new + retained + reactivated
	seriesCount
)

// String is the name of the series in answers.
func (s series) String() string {
	return [seriesCount]string{"new", "retained", "reactivated", "churned", "active"}[s]
}

// sign is +1 for what adds to active users and -1 for churn.
func (s series) sign() float64 {
	if s == left {
		return -1
	}
	return 1
}

// seriesOf says which series a transition counts in; ok is false for inactive users who stay so, and for a row that no
// output holds.
func seriesOf(from, to activation.State) (s series, ok bool) {
	switch {
	case to == activation.New:
		return arrived, true
	case to == activation.Retained:
		return stayed, true
	case to == activation.Reactivated:
		return came, true
	case to == activation.Inactive && from.Active():
		return left, true
	}
	return 0, false
}

// cube is history by series, period and leaf. Counts are whole numbers and exact below 2^53.
type cube struct {
	first period.Period
	// periods is how many there are; index 0 is first.
	periods int
	dims    []string
	// leaves holds, per leaf, one code per dimension; values what a code stands for.
	leaves [][]int32
	values [][]any
	// counts is, per series, period after period, one number a leaf. Users count in the leaf they come from (new users in
	// their own), so that like is compared with like: users who changed country are no loss of one and gain of another.
	counts [seriesCount][]float64
	// current is the last period by the leaf that users have in it, as the outputs show them.
	current [seriesCount][]float64
	totals  [seriesCount][]float64
}

// newCube sums up history from first to last. Leaves are sorted, so that the order of rows leaves no trace.
func newCube(history []activation.Transition, dims []string, first, last period.Period) (*cube, error) {
	c := &cube{first: first, periods: last.Index - first.Index + 1, dims: dims}
	codes, err := c.encode(history)
	if err != nil {
		return nil, err
	}
	n := len(c.leaves)
	for s := range c.counts {
		c.counts[s] = make([]float64, c.periods*n)
		c.totals[s] = make([]float64, c.periods)
		c.current[s] = make([]float64, n)
	}
	for _, row := range history {
		t := row.Period.Index - first.Index
		s, counted := seriesOf(row.From, row.To)
		if !counted || t < 0 || t >= c.periods {
			continue
		}
		c.add(s, t, codes[row.Leaf], codes[cmp.Or(row.FromLeaf, row.Leaf)], float64(row.Users))
		if s != left {
			c.add(active, t, codes[row.Leaf], codes[cmp.Or(row.FromLeaf, row.Leaf)], float64(row.Users))
		}
	}
	return c, nil
}

// add counts users of one row in one series.
func (c *cube) add(s series, t, leaf, from int, users float64) {
	c.counts[s][t*len(c.leaves)+from] += users
	c.totals[s][t] += users
	if t == c.periods-1 {
		c.current[s][leaf] += users
	}
}

// encode numbers the values of each dimension and the distinct leaves, in the order of their JSON, and returns the number
// of each leaf text.
func (c *cube) encode(history []activation.Transition) (map[activation.Leaf]int, error) {
	tuples := map[activation.Leaf][]string{}
	for _, row := range history {
		for _, leaf := range [2]activation.Leaf{row.Leaf, row.FromLeaf} {
			if _, seen := tuples[leaf]; seen || leaf == "" {
				continue
			}
			tuple, err := c.tuple(leaf)
			if err != nil {
				return nil, err
			}
			tuples[leaf] = tuple
		}
	}
	distinct := make([][]string, 0, len(tuples))
	for _, tuple := range tuples {
		distinct = append(distinct, tuple)
	}
	slices.SortFunc(distinct, slices.Compare)
	distinct = slices.CompactFunc(distinct, slices.Equal)
	if err := c.number(distinct); err != nil {
		return nil, err
	}
	codes := make(map[activation.Leaf]int, len(tuples))
	for leaf, tuple := range tuples {
		codes[leaf], _ = slices.BinarySearchFunc(distinct, tuple, slices.Compare)
	}
	return codes, nil
}

// tuple is a leaf as one JSON text per dimension; a dimension that the leaf does not have is null.
func (c *cube) tuple(leaf activation.Leaf) ([]string, error) {
	var values map[string]json.RawMessage
	if err := json.Unmarshal([]byte(leaf), &values); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "A leaf of the transitions output is no JSON object: %s", leaf)
	}
	tuple := make([]string, len(c.dims))
	for i, dim := range c.dims {
		tuple[i] = cmp.Or(string(values[dim]), "null")
	}
	return tuple, nil
}

// number gives each value of each dimension its code.
func (c *cube) number(distinct [][]string) error {
	c.leaves = make([][]int32, len(distinct))
	for i := range distinct {
		c.leaves[i] = make([]int32, len(c.dims))
	}
	c.values = make([][]any, len(c.dims))
	for d := range c.dims {
		texts := make([]string, len(distinct))
		for i, tuple := range distinct {
			texts[i] = tuple[d]
		}
		slices.Sort(texts)
		texts = slices.Compact(texts)
		c.values[d] = make([]any, len(texts))
		for code, text := range texts {
			if err := json.Unmarshal([]byte(text), &c.values[d][code]); err != nil {
				return fault.Wrap(err, fault.Internal, "A value of %s in the transitions output is no JSON: %s", c.dims[d], text)
			}
		}
		for i, tuple := range distinct {
			code, _ := slices.BinarySearch(texts, tuple[d])
			c.leaves[i][d] = int32(code) //nolint:gosec // a code is below the number of rows in memory
		}
	}
	return nil
}

// at is the row of leaves of a series in a period.
func (c *cube) at(s series, t int) []float64 {
	n := len(c.leaves)
	return c.counts[s][t*n : (t+1)*n]
}

// index is the position of a period, which may lie outside the cube.
func (c *cube) index(p period.Period) int { return p.Index - c.first.Index }

// total is the number of users of a series in a period; zero outside the cube.
func (c *cube) total(s series, t int) int64 {
	if t < 0 || t >= c.periods {
		return 0
	}
	return int64(c.totals[s][t])
}
