package period

import (
	"iter"
	"time"
)

// Period is one period of a grain in a calendar. Periods compare with ==; of one grain and calendar, Index orders
// them and neighbours differ by one.
type Period struct {
	Grain    Grain
	Calendar Calendar
	Index    int
}

// Start is the first instant of the period.
func (p Period) Start() time.Time {
	z := p.Calendar.data()
	if p.Grain == Hour {
		return time.Unix(z.hours().startOf(p.Index), 0).In(z.location)
	}
	return z.startOf(p.day())
}

// End is the first instant after the period.
func (p Period) End() time.Time { return p.Next().Start() }

// Date is the local date on which the period starts, which names it; the name of an hour has more than the date.
func (p Period) Date() (int, time.Month, int) {
	if p.Grain == Hour {
		return p.Calendar.data().clock(p.Index).Date()
	}
	day := p.day()
	for z := p.Calendar.data(); z.skipped(day); {
		day++
	}
	return civil(day)
}

// UTCDate is Date as midnight UTC, the form in which dates are bound to SQL and read from it.
func (p Period) UTCDate() time.Time {
	y, m, d := p.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Clock is the hour of the day at which the local clock stands when an hour starts. Of other grains it is 0.
func (p Period) Clock() int {
	if p.Grain != Hour {
		return 0
	}
	return p.Calendar.data().clock(p.Index).Hour()
}

// String is the name of the period: its local start date, like 2026-06-09; of an hour its local start with the UTC offset, like
// 2026-06-09T03:00+09:00, since a clock that is put back shows an hour twice.
func (p Period) String() string {
	if p.Grain == Hour {
		return nameOfHour(p.Calendar.data().clock(p.Index))
	}
	return p.UTCDate().Format(time.DateOnly)
}

// MarshalText is String, so that JSON and YAML show the name.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Next is the period that starts where this one ends.
func (p Period) Next() Period { return p.Add(1) }

// Prev is the period that ends where this one starts.
func (p Period) Prev() Period { return p.Add(-1) }

// Add is the period n steps later.
func (p Period) Add(n int) Period {
	p.Index += n
	return p
}

// Holds reports whether the instant lies in [Start, End).
func (p Period) Holds(instant time.Time) bool {
	return !instant.Before(p.Start()) && instant.Before(p.End())
}

// Closed reports whether the period's end plus settle has passed at asOf.
func (p Period) Closed(asOf time.Time, settle time.Duration) bool {
	return !asOf.Before(p.End().Add(settle))
}

// Overlapping yields, in order, the periods of another grain and calendar whose intervals overlap p.
func (p Period) Overlapping(g Grain, c Calendar) iter.Seq[Period] {
	end := p.End()
	return func(yield func(Period) bool) {
		for q := c.At(g, p.Start()); q.Start().Before(end); q = q.Next() {
			if !yield(q) {
				return
			}
		}
	}
}

// day is the number of the civil day on which the period nominally starts.
func (p Period) day() int {
	switch p.Grain {
	case Day:
		return p.Calendar.data().dayOf(p.Index)
	case Week:
		return p.Index*7 + int(p.Calendar.weekStart) - int(epochWeekday)
	case Month:
		y := floorDiv(p.Index, 12)
		return dayNumber(y, time.Month(p.Index-y*12+1), 1)
	case Year:
		return dayNumber(p.Index, time.January, 1)
	case Hour: // does not start with a day
	}
	panic("period: a Period of no grain that starts with a day")
}

// LastClosed is the last period of the grain that is closed at asOf.
func (c Calendar) LastClosed(g Grain, asOf time.Time, settle time.Duration) Period {
	p := c.At(g, asOf.Add(-settle))
	return p.Prev()
}

// FirstFrom is the first period of the grain that starts at or after an instant: how `begin` rounds up.
func (c Calendar) FirstFrom(g Grain, instant time.Time) Period {
	p := c.At(g, instant)
	if p.Start().Before(instant) {
		return p.Next()
	}
	return p
}
