package period_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/period"
)

// zones are the awkward ones: clocks that change at midnight, by half an hour, back across midnight, and dates that never were.
var zones = []string{
	"UTC", "Asia/Seoul", "America/New_York", "Europe/Lisbon", "Australia/Lord_Howe", "America/Sao_Paulo", "America/Havana",
	"America/St_Johns", "Asia/Beirut", "Pacific/Apia", "Pacific/Kwajalein", "Africa/Cairo", "Asia/Kathmandu", "Asia/Kolkata",
	"Africa/Monrovia", "Africa/Casablanca", "Antarctica/Troll",
}

func calendars() *rapid.Generator[period.Calendar] {
	return rapid.Custom(func(t *rapid.T) period.Calendar {
		weekday := rapid.SampledFrom([]string{"monday", "sunday", "saturday", "wednesday"}).Draw(t, "week start")
		c, err := period.NewCalendar(rapid.SampledFrom(zones).Draw(t, "zone"), weekday)
		require.NoError(t, err)
		return c
	})
}

func instants() *rapid.Generator[time.Time] {
	first, last := time.Date(1955, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC)
	return rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(first.Unix(), last.Unix()).Draw(t, "instant"), 0).UTC()
	})
}

func TestEveryInstantLiesInExactlyOnePeriod(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, at := calendars().Draw(t, "calendar"), instants().Draw(t, "at")
		for _, g := range period.Grains() {
			p := c.At(g, at)
			require.True(t, p.Holds(at), "%s %s [%s, %s) does not hold %s", c.Zone(), p, p.Start(), p.End(), at)
			require.False(t, p.Next().Holds(at))
			require.False(t, p.Prev().Holds(at))
			require.Equal(t, p.End(), p.Next().Start())
			require.True(t, p.Start().Before(p.End()))
		}
	})
}

func TestAPeriodIsNamedByItsLocalStartDate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, at := calendars().Draw(t, "calendar"), instants().Draw(t, "at")
		for _, g := range period.Grains() {
			p := c.At(g, at)
			if g != period.Hour { // whose name has more than a date: hour_test.go
				require.Equal(t, p.Start().In(c.Location()).Format(time.DateOnly), p.String(), "%s %s", c.Zone(), g)
			}
			named, err := c.Parse(g, p.String())
			require.NoError(t, err)
			require.Equal(t, p, named)
			named, err = c.ParseLast(g, p.String())
			require.NoError(t, err)
			require.Equal(t, p, named)
		}
	})
}

func TestCoarserPeriodsAreMadeOfWholeDaysAndHours(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, at := calendars().Draw(t, "calendar"), instants().Draw(t, "at")
		for _, g := range []period.Grain{period.Day, period.Week, period.Month, period.Year} {
			p := c.At(g, at)
			for _, finer := range []period.Grain{period.Hour, period.Day} {
				parts, next := 0, p.Start()
				for part := range p.Overlapping(finer, c) {
					require.Equal(t, next, part.Start(), "%s %s", c.Zone(), part)
					next = part.End()
					parts++
				}
				require.Equal(t, p.End(), next)
				require.Positive(t, parts)
			}
		}
	})
}

func TestDaysThatClocksMake(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone, day  string
		start, end string
	}{
		{"America/New_York", "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"},
		{"America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"},
		{"Asia/Seoul", "2026-06-09", "2026-06-08T15:00:00Z", "2026-06-09T15:00:00Z"},
		// Midnight does not exist: the day starts at one o'clock.
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
		// Midnight comes twice, first within the day and, at the other zone, before it.
		{"America/Havana", "2025-11-02", "2025-11-02T04:00:00Z", "2025-11-03T05:00:00Z"},
		{"America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00Z", "2018-02-19T03:00:00Z"},
		{"America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z"},
	} {
		t.Run(c.zone+" "+c.day, func(t *testing.T) {
			t.Parallel()
			calendar, err := period.NewCalendar(c.zone, "")
			require.NoError(t, err)
			p, err := calendar.Parse(period.Day, c.day)
			require.NoError(t, err)
			require.Equal(t, c.start, p.Start().UTC().Format(time.RFC3339))
			require.Equal(t, c.end, p.End().UTC().Format(time.RFC3339))
		})
	}
}

func TestADateThatNeverWasIsSteppedOver(t *testing.T) {
	t.Parallel()
	apia, err := period.NewCalendar("Pacific/Apia", "")
	require.NoError(t, err)
	require.Equal(t, []string{"2011-12-30"}, apia.SkippedDates())
	before, err := apia.Parse(period.Day, "2011-12-29")
	require.NoError(t, err)
	require.Equal(t, "2011-12-31", before.Next().String())
	require.Equal(t, before.End(), before.Next().Start())
	skipped, err := apia.Parse(period.Day, "2011-12-30")
	require.NoError(t, err)
	require.Equal(t, before.Next(), skipped)
}
