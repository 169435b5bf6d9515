package period

import (
	"slices"
	"sync"
	"time"
	_ "time/tzdata" // periods are the same on a machine without a zone database
)

// zones caches what is derived from a zone's transitions. It is a pure function of the zone database.
var zones = zoneCache{known: map[string]*zoneData{}} //nolint:gochecknoglobals // a cache, as above

type zoneCache struct {
	mu    sync.Mutex
	known map[string]*zoneData
}

func (c *zoneCache) get(name string) (*zoneData, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if z, ok := c.known[name]; ok {
		return z, nil
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller words it
	}
	z := &zoneData{
		name: name, location: location, skips: skippedDays(location),
		hours: sync.OnceValue(func() *hourTable { return newHourTable(location) }),
	}
	c.known[name] = z
	return z, nil
}

// zoneData is a location and the numbers of the local days that it skipped, ascending (Pacific/Apia had no 2011-12-30).
type zoneData struct {
	name     string
	location *time.Location
	skips    []int
	hours    func() *hourTable // made when first asked for
}

func (z *zoneData) skipped(day int) bool {
	_, found := slices.BinarySearch(z.skips, day)
	return found
}

// dayIndex numbers the days that exist, one step apart; day exists.
func (z *zoneData) dayIndex(day int) int {
	before, _ := slices.BinarySearch(z.skips, day)
	return day - before
}

// dayOf undoes dayIndex.
func (z *zoneData) dayOf(index int) int {
	day := index
	for _, skip := range z.skips {
		if skip <= day {
			day++
		}
	}
	return day
}

// startOf is the instant from which on the local date is at least that of the day. A skipped day starts where the
// next one does.
func (z *zoneData) startOf(day int) time.Time {
	if z.location == time.UTC {
		return time.Unix(int64(day)*secondsPerUTCDay, 0).UTC()
	}
	y, m, d := civil(day)
	t := time.Date(y, m, d, 0, 0, 0, 0, z.location)
	from, to := t.ZoneBounds()
	// Midnight may fall into a gap, where package time answers with an instant of the evening before, or come twice, where
	// it may answer with either. The edges of the zone's stretch are the only other candidates.
	best := t
	if dayNumber(t.Date()) < day {
		best = to
	}
	if !from.IsZero() && from.Before(t) {
		// The same wall time before the last transition: midnight that comes twice starts the day the first time, unless the
		// local date fell back after it.
		if earlier := z.firstMidnight(day, from); !earlier.IsZero() {
			best = earlier
		}
	}
	if !to.IsZero() && !to.Before(best) && dayNumber(to.In(z.location).Date()) < day {
		best = z.startAfter(day, to)
	}
	return best
}

// firstMidnight is the day's first instant in the stretch that ends at transition, where the date does not fall back at
// the transition; zero where there is none.
func (z *zoneData) firstMidnight(day int, transition time.Time) time.Time {
	last := transition.Add(-1)
	if dayNumber(last.In(z.location).Date()) != day || dayNumber(transition.In(z.location).Date()) < day {
		return time.Time{}
	}
	_, offset := last.In(z.location).Zone()
	return time.Unix(int64(day)*secondsPerUTCDay-int64(offset), 0).In(z.location)
}

// startAfter is midnight of the day with the offset that holds from transition on.
func (z *zoneData) startAfter(day int, transition time.Time) time.Time {
	_, offset := transition.In(z.location).Zone()
	return time.Unix(int64(day)*secondsPerUTCDay-int64(offset), 0).In(z.location)
}

// lastSkipYear bounds the search: a zone's rules for the future never skip a day.
const lastSkipYear = 2040

func skippedDays(location *time.Location) []int {
	var skips []int
	end := time.Date(lastSkipYear, 1, 1, 0, 0, 0, 0, time.UTC)
	for t := time.Date(1, 1, 1, 0, 0, 0, 0, location); ; {
		_, next := t.ZoneBounds()
		if next.IsZero() || next.After(end) {
			return skips
		}
		before := dayNumber(next.Add(-1).In(location).Date())
		for day := before + 1; day < dayNumber(next.In(location).Date()); day++ {
			skips = append(skips, day)
		}
		t = next
	}
}
