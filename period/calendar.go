package period

import (
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/fault"
)

// Calendar is a time zone and the day a week starts on. The zero value is not valid; UTC() is the default calendar.
// Calendars of the same zone and week start compare equal.
type Calendar struct {
	zone      *zoneData // one for each name
	weekStart time.Weekday
}

const utc = "UTC"

// UTC is the default calendar: UTC, weeks start on Monday.
func UTC() Calendar {
	z, err := zones.get(utc)
	if err != nil {
		panic("period: no zone UTC: " + err.Error())
	}
	return Calendar{zone: z, weekStart: time.Monday}
}

// NewCalendar makes a calendar of an IANA zone ("" is UTC) and a week start by its English name ("" is monday).
func NewCalendar(zone, weekStart string) (Calendar, error) {
	c := UTC()
	if zone != "" {
		z, err := zones.get(zone)
		if err != nil {
			return c, fault.Wrap(err, fault.Invalid, "%q is not an IANA time zone; write it like Asia/Seoul or UTC.", zone)
		}
		c.zone = z
	}
	if weekStart == "" {
		return c, nil
	}
	names := make([]string, 0, 7)
	for d := time.Sunday; d <= time.Saturday; d++ {
		name := strings.ToLower(d.String())
		if strings.EqualFold(name, weekStart) {
			c.weekStart = d
			return c, nil
		}
		names = append(names, name)
	}
	return c, fault.New(fault.Invalid, "%q is not a weekday; week_start is one of %s.", weekStart, strings.Join(names, ", "))
}

// Zone is the IANA name of the calendar's time zone.
func (c Calendar) Zone() string {
	if c.zone == nil {
		return ""
	}
	return c.zone.name
}

// WeekStart is the day on which weeks start.
func (c Calendar) WeekStart() time.Weekday { return c.weekStart }

// Location is the calendar's zone as package time knows it.
func (c Calendar) Location() *time.Location { return c.data().location }

func (c Calendar) data() *zoneData {
	if c.zone == nil {
		panic("period: a Calendar that NewCalendar did not make")
	}
	return c.zone
}

// At returns the period of a grain that holds an instant.
func (c Calendar) At(g Grain, instant time.Time) Period {
	z := c.data()
	if g == Hour {
		return Period{Grain: g, Calendar: c, Index: z.hours().indexAt(instant.Unix())}
	}
	d := dayNumber(instant.In(z.location).Date())
	// Where clocks fall back across midnight a local date is left and entered again: the day starts for good only the
	// second time, so that periods stay intervals.
	for z.startOf(d).After(instant) {
		d--
	}
	for !z.startOf(d + 1).After(instant) {
		d++
	}
	return c.holding(g, d)
}

// On returns the period of a grain that holds a local date, or the date's first hour. A date that the zone skipped counts to
// the next day that exists.
func (c Calendar) On(g Grain, year int, month time.Month, day int) Period {
	z := c.data()
	d := dayNumber(year, month, day)
	for z.skipped(d) {
		d++
	}
	return c.holding(g, d)
}

// Parse reads a local date "2026-06-09" and returns the period of the grain that holds it. An hour is also read by its name, or
// any instant in it; a date is its first hour.
func (c Calendar) Parse(g Grain, s string) (Period, error) {
	if g == Hour {
		if t, ok := parseHour(s); ok {
			return c.At(g, t), nil
		}
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil && g == Hour {
		return Period{}, fault.Wrap(err, fault.Invalid,
			"%q is neither a date nor an hour; an hour is named by its local start with the UTC offset, like 2026-06-09T03:00+09:00.", s)
	}
	if err != nil {
		return Period{}, fault.Wrap(err, fault.Invalid, "%q is not a date; a period is named by its local start date, like 2026-06-09.", s)
	}
	return c.On(g, t.Year(), t.Month(), t.Day()), nil
}

// ParseLast is Parse for the end of a range: of hours a date is its last one.
func (c Calendar) ParseLast(g Grain, s string) (Period, error) {
	p, err := c.Parse(g, s)
	if _, instant := parseHour(s); err != nil || g != Hour || instant {
		return p, err
	}
	return c.At(g, c.At(Day, p.Start()).End().Add(-1)), nil
}

// holding returns the period that holds the local day of that number, which exists, or the day's first hour.
func (c Calendar) holding(g Grain, day int) Period {
	p := Period{Grain: g, Calendar: c}
	switch g {
	case Hour:
		return c.At(g, c.data().startOf(day))
	case Day:
		p.Index = c.data().dayIndex(day)
	case Week:
		p.Index = floorDiv(day+int(epochWeekday)-int(c.weekStart), 7)
	case Month:
		y, m, _ := civil(day)
		p.Index = y*12 + int(m) - 1
	case Year:
		y, _, _ := civil(day)
		p.Index = y
	}
	return p
}

// epochWeekday is the weekday of day number 0, 1970-01-01.
const epochWeekday = time.Thursday

// dayNumber counts the days from 1970-01-01 to a date.
func dayNumber(y int, m time.Month, d int) int {
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / secondsPerUTCDay)
}

// civil is the date of a day number.
func civil(day int) (int, time.Month, int) {
	return time.Unix(int64(day)*secondsPerUTCDay, 0).UTC().Date()
}

// secondsPerUTCDay is exact, because UTC as computers keep it has no other days.
const secondsPerUTCDay = 24 * 60 * 60

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// SkippedDates lists the local dates that the zone skipped, ascending, as yyyy-mm-dd.
func (c Calendar) SkippedDates() []string {
	skips := c.data().skips
	dates := make([]string, len(skips))
	for i, day := range skips {
		y, m, d := civil(day)
		dates[i] = time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	}
	return dates
}

// Repeat is a stretch of instants, [Start, End), in which the local clock shows each time twice, because it is put back halfway.
type Repeat struct{ Start, End time.Time }

// Repeats lists the repeats that overlap [from, until), ascending.
func (c Calendar) Repeats(from, until time.Time) []Repeat {
	var out []Repeat
	at := from.Add(-secondsPerUTCDay * time.Second).In(c.Location()) // a change before from may reach beyond it
	for {
		_, before := at.Zone()
		change, ok := nextChange(at)
		if !ok || !change.Before(until.Add(secondsPerUTCDay*time.Second)) {
			return out
		}
		_, after := change.Zone()
		back := time.Duration(before-after) * time.Second
		if r := (Repeat{change.Add(-back), change.Add(back)}); back > 0 && r.Start.Before(until) && from.Before(r.End) {
			out = append(out, r)
		}
		at = change
	}
}
