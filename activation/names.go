package activation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/period"
)

// worthRange is from how many on a range is shorter than its periods.
const worthRange = 3

// Names names ascending periods of one grain: three and more that follow on each other as a range, "2026-06-12 to 2026-06-14".
func Names(periods []period.Period) []string {
	names, _ := named(periods, len(periods))
	return names
}

// named is the first names of periods, and how many periods they leave out.
func named(periods []period.Period, limit int) (names []string, left int) {
	names = []string{}
	for len(periods) > 0 {
		if len(names) == limit {
			return names, len(periods)
		}
		n := following(periods)
		if n < worthRange {
			names, periods = append(names, periods[0].String()), periods[1:]
			continue
		}
		names, periods = append(names, fmt.Sprintf("%s to %s", periods[0], periods[n-1])), periods[n:]
	}
	return names, 0
}

// following is how many of the periods follow on each other from the first on.
func following(periods []period.Period) int {
	n := 1
	for n < len(periods) && periods[n].Index == periods[n-1].Index+1 {
		n++
	}
	return n
}

// maxNamed is how many names a sentence holds before it counts the rest.
const maxNamed = 3

// enumerated names periods within a sentence: "2026-06-12, 2026-06-14 and 5 more".
func enumerated(periods []period.Period) string {
	names, left := named(periods, maxNamed)
	return and(names, left)
}

// and joins words and a number of others: "a", "a and b", "a, b and 5 more".
func and(words []string, more int) string {
	if more > 0 {
		words = append(slices.Clip(words), fmt.Sprintf("%d more", more))
	}
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
