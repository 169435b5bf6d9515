package period

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/fault"
)

// ParseInstant reads an instant: RFC 3339, the name of an hour, or a date, which is that day's start in the calendar.
func ParseInstant(c Calendar, s string) (time.Time, error) {
	if t, ok := parseHour(s); ok {
		return t, nil
	}
	p, err := c.Parse(Day, s)
	if err != nil {
		return time.Time{}, fault.New(fault.Invalid,
			"%q is neither a date (2026-06-09, local midnight) nor an instant (2026-06-09T03:00:00Z).", s)
	}
	return p.Start(), nil
}

// ParseSpan reads a length of time such as 90s, 15m, 3h, 1d or 2w; days and weeks are of 24 hours. It is never negative.
func ParseSpan(s string) (time.Duration, error) {
	bad := fault.New(fault.Invalid, "%q is not a length of time; write it like 15m, 3h or 90d.", s)
	unit := map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if s != "" && unit[s[len(s)-1]] > 0 {
		n, err := strconv.ParseFloat(strings.TrimSpace(s[:len(s)-1]), 64)
		length := n * float64(unit[s[len(s)-1]])
		if err != nil || !(length >= 0 && length < math.MaxInt64) { // also false for NaN
			return 0, bad
		}
		return time.Duration(length), nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, bad
	}
	return d, nil
}
