package partition

import (
	"math"
	"slices"

	"github.com/headwater-mcp/headwater/period"
)

// The band of a partition's row count: the median of its peers, give or take four robust deviations (1.4826 times the
// median absolute deviation, which for a normal distribution is the standard deviation), each of them at least 5 % of the
// median and at least the square root of it, the deviation of a plain count.
const (
	maxPeers      = 8
	minPeers      = 4
	bandWidth     = 4
	madToSigma    = 1.4826
	leastRelative = 0.05
)

// band is what peers say of a partition's row count; the zero band is unproven.
type band struct {
	peers        int
	least, most  int64 // of the peers
	median       int64
	lower, upper int64 // below and above these is unusual
}

func (b band) proven() bool { return b.peers >= minPeers }

// newBand sorts the peers, of which there are at most maxPeers.
func newBand(peers []int64) band {
	if len(peers) < minPeers {
		return band{peers: len(peers)}
	}
	slices.Sort(peers)
	median := middle(peers)
	var room [maxPeers]float64
	deviations := room[:len(peers)]
	for i, n := range peers {
		deviations[i] = math.Abs(float64(n) - median)
	}
	slices.Sort(deviations)
	sigma := max(madToSigma*middle(deviations), leastRelative*median, math.Sqrt(median))
	return band{
		peers: len(peers), least: peers[0], most: peers[len(peers)-1], median: int64(math.Round(median)),
		lower: int64(math.Ceil(max(0, median-bandWidth*sigma))), upper: int64(math.Floor(median + bandWidth*sigma)),
	}
}

// middle is the median of sorted numbers.
func middle[T int64 | float64](sorted []T) float64 {
	n := len(sorted)
	return (float64(sorted[(n-1)/2]) + float64(sorted[n/2])) / 2
}

// kindOf tells which periods are alike: days of one weekday, hours of one weekday and time of day; of the other grains, all.
func kindOf(p period.Period) int {
	switch p.Grain {
	case period.Hour:
		return int(p.UTCDate().Weekday())*hoursADay + p.Clock()
	case period.Day:
		return int(p.UTCDate().Weekday())
	case period.Week, period.Month, period.Year:
	}
	return 0
}

// daysAWeek and hoursADay count what the names of weekdays and the face of the clock tell apart.
const (
	daysAWeek = 7
	hoursADay = 24
)

// stretch is how many periods hold so many of a kind.
func stretch(g period.Grain, ofAKind int) int {
	switch g {
	case period.Hour:
		// two more where clocks are changed on the way, which moves the hours of one kind against each other
		return ofAKind*daysAWeek*hoursADay + 2
	case period.Day:
		return ofAKind * daysAWeek
	case period.Week, period.Month, period.Year:
	}
	return ofAKind
}
