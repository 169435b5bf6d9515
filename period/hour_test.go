package period_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

// full reports whether a clock that is so many seconds ahead of UTC shows a full hour.
func full(at time.Time, offset int) bool { return (at.Unix()+int64(offset))%3600 == 0 }

// TestHoursAreCutWhereTheClockShowsAFullHour tries every second of an hour: the clock shows a full one at its start, or would have
// but for being put forward, and nowhere else.
func TestHoursAreCutWhereTheClockShowsAFullHour(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, at := calendars().Draw(t, "calendar"), instants().Draw(t, "at")
		if _, change := at.In(c.Location()).ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(t, "near a change") {
			at = change.Add(time.Duration(rapid.IntRange(-7200, 7200).Draw(t, "seconds after")) * time.Second)
		}
		p := c.At(period.Hour, at)
		for s := p.Start(); s.Before(p.End()); s = s.Add(time.Second) {
			_, before := s.Add(-1).In(c.Location()).Zone()
			_, offset := s.In(c.Location()).Zone()
			cut := full(s, offset) || offset > before && full(s, before)
			if cut != s.Equal(p.Start()) {
				t.Fatalf("%s %s: %s is a cut: %t", c.Zone(), p, s.In(c.Location()), cut)
			}
		}
	})
}

// TestTheNameOfAnHourIsItsStart: it is an instant, a full hour, and of no other hour.
func TestTheNameOfAnHourIsItsStart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, at := calendars().Draw(t, "calendar"), instants().Draw(t, "at")
		p := c.At(period.Hour, at)
		name := p.String()
		require.Contains(t, name, ":00")
		if _, offset := p.Start().Zone(); offset%60 != 0 {
			return // no RFC 3339; it is read again in TestAPeriodIsNamedByItsLocalStartDate
		}
		named, err := time.Parse("2006-01-02T15:04Z07:00", name)
		require.NoError(t, err)
		require.Zero(t, named.Minute())
		require.Equal(t, p.Start().UTC(), named.UTC())
		require.Equal(t, named.Hour(), p.Clock())
		require.Equal(t, named.Format(time.DateOnly), p.UTCDate().Format(time.DateOnly))
	})
}

func TestHoursAreNumberedWithoutHoles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, p := calendars().Draw(t, "calendar"), instants().Draw(t, "at")
		first := c.At(period.Hour, p)
		next, n := first, rapid.IntRange(0, 3000).Draw(t, "hours")
		for range n {
			next = c.At(period.Hour, next.End())
		}
		require.Equal(t, first.Add(n), next)
		require.Equal(t, first, c.At(period.Hour, next.Start()).Add(-n))
	})
}

func TestDaysInHours(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		zone, date  string
		hours       int
		first, last string
		// odd are the names of hours that do not have 60 minutes.
		odd map[string]time.Duration
	}{
		"a day of 24":                      {"UTC", "2026-06-09", 24, "2026-06-09T00:00Z", "2026-06-09T23:00Z", nil},
		"a day of 23":                      {"America/New_York", "2026-03-08", 23, "2026-03-08T00:00-05:00", "2026-03-08T23:00-04:00", nil},
		"a day of 25":                      {"America/New_York", "2026-11-01", 25, "2026-11-01T00:00-04:00", "2026-11-01T23:00-05:00", nil},
		"a zone of half an hour":           {"Asia/Kolkata", "2026-06-09", 24, "2026-06-09T00:00+05:30", "2026-06-09T23:00+05:30", nil},
		"a zone of a quarter":              {"Asia/Kathmandu", "2026-06-09", 24, "2026-06-09T00:00+05:45", "2026-06-09T23:00+05:45", nil},
		"Seoul, always the same":           {"Asia/Seoul", "2026-03-08", 24, "2026-03-08T00:00+09:00", "2026-03-08T23:00+09:00", nil},
		"a leap day":                       {"Asia/Seoul", "2024-02-29", 24, "2024-02-29T00:00+09:00", "2024-02-29T23:00+09:00", nil},
		"a year's last day":                {"Europe/Lisbon", "2026-12-31", 24, "2026-12-31T00:00Z", "2026-12-31T23:00Z", nil},
		"midnight does not exist":          {"America/Sao_Paulo", "2018-11-04", 23, "2018-11-04T01:00-02:00", "2018-11-04T23:00-02:00", nil},
		"midnight comes twice":             {"America/Havana", "2025-11-02", 25, "2025-11-02T00:00-04:00", "2025-11-02T23:00-05:00", nil},
		"eleven at night comes twice":      {"America/Sao_Paulo", "2018-02-17", 25, "2018-02-17T00:00-02:00", "2018-02-17T23:00-03:00", nil},
		"two hours at a time":              {"Antarctica/Troll", "2026-03-29", 22, "2026-03-29T00:00Z", "2026-03-29T23:00+02:00", nil},
		"half past one comes twice":        {"Australia/Lord_Howe", "2026-04-05", 24, "2026-04-05T00:00+11:00", "2026-04-05T23:00+10:30", map[string]time.Duration{"2026-04-05T01:00+11:00": 90 * time.Minute}},
		"two o'clock does not exist":       {"Australia/Lord_Howe", "2026-10-04", 24, "2026-10-04T00:00+10:30", "2026-10-04T23:00+11:00", map[string]time.Duration{"2026-10-04T02:00+10:30": 30 * time.Minute}},
		"in the far future":                {"Australia/Lord_Howe", "9999-10-03", 24, "9999-10-03T00:00+10:30", "9999-10-03T23:00+11:00", map[string]time.Duration{"9999-10-03T02:00+10:30": 30 * time.Minute}},
		"the clock moves at a minute past": {"America/St_Johns", "2010-11-07", 24, "2010-11-07T00:00-03:30", "2010-11-07T23:00-03:30", nil},
		"a quarter of an hour is skipped":  {"Asia/Kathmandu", "1986-01-01", 24, "1986-01-01T00:00+05:30", "1986-01-01T23:00+05:45", map[string]time.Duration{"1986-01-01T00:00+05:30": 45 * time.Minute}},
		"offsets with seconds":             {"Africa/Monrovia", "1972-01-07", 24, "1972-01-07T00:00-00:44:30", "1972-01-07T23:00Z", map[string]time.Duration{"1972-01-07T00:00-00:44:30": 15*time.Minute + 30*time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := period.NewCalendar(test.zone, "")
			require.NoError(t, err)
			day, err := c.Parse(period.Day, test.date)
			require.NoError(t, err)
			var hours []period.Period
			odd := map[string]time.Duration{}
			for hour := range day.Overlapping(period.Hour, c) {
				hours = append(hours, hour)
				if length := hour.End().Sub(hour.Start()); length != time.Hour {
					odd[hour.String()] = length
				}
			}
			require.Len(t, hours, test.hours)
			require.Equal(t, test.first, hours[0].String())
			require.Equal(t, test.last, hours[len(hours)-1].String())
			if test.odd == nil {
				test.odd = map[string]time.Duration{}
			}
			require.Equal(t, test.odd, odd)
			first, err := c.Parse(period.Hour, test.date)
			require.NoError(t, err)
			require.Equal(t, hours[0], first)
			last, err := c.ParseLast(period.Hour, test.date)
			require.NoError(t, err)
			require.Equal(t, hours[len(hours)-1], last)
		})
	}
}

// TestWeeksMonthsAndYearsInHours counts what a week, a month and a year hold, through a change of clocks and a leap day.
func TestWeeksMonthsAndYearsInHours(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		zone, weekStart, date string
		grain                 period.Grain
		hours                 int
	}{
		"a week":                          {"UTC", "", "2026-06-09", period.Week, 168},
		"a week with a change":            {"America/New_York", "sunday", "2026-11-01", period.Week, 169},
		"the same change in another week": {"America/New_York", "monday", "2026-11-01", period.Week, 169},
		"a week after it":                 {"America/New_York", "monday", "2026-11-02", period.Week, 168},
		"a leap February":                 {"Asia/Seoul", "", "2024-02-29", period.Month, 29 * 24},
		"March with a change":             {"America/New_York", "", "2026-03-31", period.Month, 31*24 - 1},
		"a year of two changes":           {"America/New_York", "", "2026-01-01", period.Year, 365 * 24},
		"a leap year":                     {"Australia/Lord_Howe", "", "2028-07-01", period.Year, 366 * 24},
		"a year without a day":            {"Pacific/Apia", "", "2011-06-01", period.Year, 364 * 24},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := period.NewCalendar(test.zone, test.weekStart)
			require.NoError(t, err)
			p, err := c.Parse(test.grain, test.date)
			require.NoError(t, err)
			first := c.At(period.Hour, p.Start())
			require.Equal(t, test.hours, c.At(period.Hour, p.End()).Index-first.Index)
		})
	}
}

func TestAnHourThatComesTwice(t *testing.T) {
	t.Parallel()
	c, err := period.NewCalendar("America/New_York", "")
	require.NoError(t, err)
	summer, err := c.Parse(period.Hour, "2026-11-01T01:00-04:00")
	require.NoError(t, err)
	winter, err := c.Parse(period.Hour, "2026-11-01T01:00-05:00")
	require.NoError(t, err)
	require.Equal(t, summer.Next(), winter)
	require.Equal(t, summer.Clock(), winter.Clock())
	text, err := winter.MarshalText()
	require.NoError(t, err)
	require.Equal(t, "2026-11-01T01:00-05:00", string(text))
	inside, err := c.Parse(period.Hour, "2026-11-01T06:10:00Z")
	require.NoError(t, err)
	require.Equal(t, winter, inside)
	for _, text := range []string{"2026-11-01T01:00", "2026-11-01 01:00-05:00", "01:00", ""} {
		_, err := c.ParseLast(period.Hour, text)
		require.Equal(t, fault.Invalid, fault.KindOf(err), text)
		require.ErrorContains(t, err, "neither a date nor an hour")
	}
	_, err = c.Parse(period.Day, "2026-11-01T01:00-05:00")
	require.Equal(t, fault.Invalid, fault.KindOf(err), "a day is named by a date")
}

// TestRepeats tries every quarter of an hour: inside a repeat, and nowhere else, another instant looks the same on the clock.
func TestRepeats(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, from := calendars().Draw(t, "calendar"), instants().Draw(t, "from").Truncate(15*time.Minute)
		if _, change := from.In(c.Location()).ZoneBounds(); !change.IsZero() && change.Unix()%900 == 0 {
			from = change.Add(time.Duration(rapid.IntRange(-40, 12).Draw(t, "quarters after")) * 15 * time.Minute)
		}
		until := from.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "quarters")) * 15 * time.Minute)
		shown := map[string]int{}
		clock := func(at time.Time) string { return at.In(c.Location()).Format(time.DateTime) }
		for at := from.Add(-25 * time.Hour); at.Before(until.Add(25 * time.Hour)); at = at.Add(15 * time.Minute) {
			shown[clock(at)]++
		}
		repeats := c.Repeats(from, until)
		for at := from; at.Before(until); at = at.Add(15 * time.Minute) {
			inside := slices.ContainsFunc(repeats, func(r period.Repeat) bool { return !at.Before(r.Start) && at.Before(r.End) })
			require.Equal(t, shown[clock(at)] > 1, inside, "%s %s", c.Zone(), at.In(c.Location()))
		}
	})
}
