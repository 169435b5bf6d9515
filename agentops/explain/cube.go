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

// cube is history by series, period and leaf. Counts are whole numbers and exact below 2^53.
type cube struct {
	first period.Period
	// periods is how many there are; index 0 is first.
	periods int
	dims    []string
	// leaves holds, per leaf, one code per dimension; values what a code stands for.
	leaves [][]int32
	values [][]any
	// numbers are those of the leaves as the outputs write them; several may share one, where not all dimensions are asked for.
	numbers map[activation.Leaf]int
	// counts is, per series, period after period, one number a leaf. Users count in the leaf they come from (new users in
	// their own), so that like is compared with like: users who changed country are no loss of one and gain of another.
	counts [seriesCount][]float64
	// current is the last period by the leaf that users have in it, as the outputs show them.
	current [seriesCount][]float64
	totals  [seriesCount][]float64
}

// newCube sums up history from first to last. Leaves are sorted, so that the order of rows leaves no trace.
func newCube(history activation.Bridges, dims []string, first, last period.Period) (*cube, error) {
	c := &cube{first: first, periods: last.Index - first.Index + 1, dims: dims}
	codes, err := c.encode(history.Leaves)
	if err != nil {
		return nil, err
	}
	c.numbers = make(map[activation.Leaf]int, len(codes))
	for i, leaf := range history.Leaves {
		c.numbers[leaf] = codes[i]
	}
	n := len(c.leaves)
	for s := range c.counts {
		c.counts[s] = make([]float64, c.periods*n)
		c.totals[s] = make([]float64, c.periods)
		c.current[s] = make([]float64, n)
	}
	for _, i := range byCode(history.ByOrigin, codes) {
		row := &history.ByOrigin[i]
		t := row.Period.Index - first.Index
		if t < 0 || t >= c.periods {
			continue
		}
		for s, users := range countsOf(row) {
			c.counts[s][t*n+codes[row.Leaf]] += users
			c.totals[s][t] += users
		}
	}
	for i := range history.Last {
		row := &history.Last[i]
		for s, users := range countsOf(row) {
			c.current[s][codes[row.Leaf]] += users
		}
	}
	return c, nil
}

// byCode are the places of bridges, those of a tuple together and tuples ascending: filled in any other order, tables that are
// far larger than a processor's cache take several times as long.
func byCode(bridges []activation.Bridge, codes []int) []int {
	next := make([]int, len(codes)+1)
	for i := range bridges {
		next[codes[bridges[i].Leaf]+1]++
	}
	for code := range codes {
		next[code+1] += next[code]
	}
	out := make([]int, len(bridges))
	for i := range bridges {
		code := codes[bridges[i].Leaf]
		out[next[code]] = i
		next[code]++
	}
	return out
}

// countsOf is a bridge by series.
func countsOf(b *activation.Bridge) [seriesCount]float64 {
	return [seriesCount]float64{
		arrived: float64(b.New), stayed: float64(b.Retained), came: float64(b.Reactivated), left: float64(b.Churned),
		active: float64(b.New + b.Retained + b.Reactivated),
	}
}

// encode numbers the values of each dimension and the distinct tuples of leaves, in the order of their JSON, and returns the
// number of each leaf's tuple.
func (c *cube) encode(leaves []activation.Leaf) ([]int, error) {
	tuples := make([][]string, len(leaves))
	for i, leaf := range leaves {
		var err error
		if tuples[i], err = c.tuple(leaf); err != nil {
			return nil, err
		}
	}
	distinct := slices.Clone(tuples)
	slices.SortFunc(distinct, slices.Compare)
	distinct = slices.CompactFunc(distinct, slices.Equal)
	if err := c.number(distinct); err != nil {
		return nil, err
	}
	codes := make([]int, len(leaves))
	for i, tuple := range tuples {
		codes[i], _ = slices.BinarySearchFunc(distinct, tuple, slices.Compare)
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

// rows are the rows of leaves of a series, one a period.
func (c *cube) rows(s series) [][]float64 {
	out := make([][]float64, c.periods)
	for t := range out {
		out[t] = c.at(s, t)
	}
	return out
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
