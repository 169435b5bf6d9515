package config

import (
	"regexp"
	"strconv"
	"time"

	"github.com/headwater-mcp/headwater/fault"
)

var durationPattern = regexp.MustCompile(`^(?:(\d{1,4})w)?(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,8})s)?$`)

// ParseDuration reads a length of time as headwater.yaml writes it: "3h", "90d", "1d12h", "45m", "2w". A day is 24
// hours and a week seven days. Anything else is fault.Invalid.
func ParseDuration(s string) (time.Duration, error) {
	parts := durationPattern.FindStringSubmatch(s)
	if parts == nil || s == "" {
		return 0, fault.New(fault.Invalid, "%q is not a length of time; write it like 45m, 3h, 90d or 1d12h.", s)
	}
	const day = 24 * time.Hour
	var total time.Duration
	for i, unit := range []time.Duration{7 * day, day, time.Hour, time.Minute, time.Second} {
		if parts[i+1] == "" {
			continue
		}
		n, err := strconv.Atoi(parts[i+1])
		if err != nil {
			return 0, fault.Wrap(err, fault.Invalid, "%q is not a length of time; write it like 45m, 3h, 90d or 1d12h.", s)
		}
		total += time.Duration(n) * unit
	}
	return total, nil
}
