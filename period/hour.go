package period

import (
	"sort"
	"time"
)

// An hour starts at every instant that the local clock shows as a full hour, and at one that it would have shown so had it not
// been put forward right then: 02:00+10:30 on Lord Howe Island in October, when half past two comes next. So every hour starts
// at a full local hour and is named by it. One that a change of clocks makes lasts 30 or 90 minutes where the clock moves by half
// an hour, an hour that comes twice is two periods, and one that is skipped is none.
//
// Days are made of whole hours, unless clocks are moved over midnight from no full hour to no full hour.

const secondsPerHour = 3600

// hourRun is consecutive hours that start 3,600 seconds after each other; the last of them may end sooner or later.
type hourRun struct {
	start int64 // of the first, in seconds from 1970-01-01T00:00Z
	index int   // its number
}

// hourTable numbers the hours of a zone. Where offsets are whole hours it has one run, whatever clocks do.
type hourTable struct {
	runs []hourRun
	// start and index are of the last hour so far, while the table is made.
	start int64
	index int
	// eraFirst is the hour that holds eraStart, perEra how many hours an era has.
	eraFirst, perEra int
}

// After the years for which zone databases list changes one by one there are rules, which repeat every 400 years, as the calendar
// does: hours from eraEnd on are those of the era before it.
var (
	eraStart = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).Unix() //nolint:gochecknoglobals // a constant
	eraEnd   = time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC).Unix() //nolint:gochecknoglobals // a constant
)

func newHourTable(location *time.Location) *hourTable {
	h := &hourTable{}
	at := time.Date(1, 1, 1, 0, 0, 0, 0, location)
	_, offset := at.Zone()
	h.add(fullHour(at.Unix(), offset))
	for {
		next, ok := nextChange(at)
		if !ok {
			break
		}
		h.fill(next.Unix())
		h.change(next, offset)
		at = next
		_, offset = at.Zone()
	}
	h.fill(eraEnd)
	zero := h.at(0)
	for i := range h.runs {
		h.runs[i].index -= zero
	}
	h.eraFirst = h.at(eraStart)
	h.perEra = h.at(eraEnd) - h.eraFirst
	return h
}

// nextChange is the next instant, before eraEnd, at which clocks may change.
func nextChange(at time.Time) (time.Time, bool) {
	_, next := at.ZoneBounds()
	if !next.IsZero() && !next.After(at) {
		// Package time ends the stretch of a year of rules after 365 days, which on the last day of a leap year is not ahead.
		next = at.Add(secondsPerUTCDay * time.Second)
	}
	return next, !next.IsZero() && next.Unix() < eraEnd
}

// change adds the hours that a change of clocks makes, up to the first that starts at a full hour of the new offset, if that is
// before the next change.
func (h *hourTable) change(at time.Time, before int) {
	_, offset := at.Zone()
	full := fullHour(at.Unix(), offset)
	if full != at.Unix() && offset > before && fullHour(at.Unix(), before) == at.Unix() {
		h.add(at.Unix())
	}
	if end, ok := nextChange(at); !ok || full < end.Unix() {
		h.add(full)
	}
}

// add makes one more hour.
func (h *hourTable) add(start int64) {
	if len(h.runs) > 0 {
		h.index++
	}
	if len(h.runs) == 0 || start != h.start+secondsPerHour {
		h.runs = append(h.runs, hourRun{start, h.index})
	}
	h.start = start
}

// fill adds hours of 60 minutes as long as they start before an instant.
func (h *hourTable) fill(until int64) {
	n := max(0, (until-1-h.start)/secondsPerHour)
	h.start += n * secondsPerHour
	h.index += int(n)
}

// fullHour is the first instant from t on that a clock of that offset shows as a full hour.
func fullHour(t int64, offset int) int64 {
	local := t + int64(offset)
	return t - local + int64(-floorDiv(-int(local), secondsPerHour))*secondsPerHour
}

// indexAt is the number of the hour that holds an instant.
func (h *hourTable) indexAt(instant int64) int {
	if instant < eraEnd {
		return h.at(instant)
	}
	eras := (instant - eraStart) / (eraEnd - eraStart)
	return h.at(instant-eras*(eraEnd-eraStart)) + int(eras)*h.perEra
}

// at is indexAt of an instant before eraEnd.
func (h *hourTable) at(instant int64) int {
	k := max(0, sort.Search(len(h.runs), func(i int) bool { return h.runs[i].start > instant })-1)
	index := h.runs[k].index + floorDiv(int(instant-h.runs[k].start), secondsPerHour)
	if k+1 < len(h.runs) {
		return min(index, h.runs[k+1].index-1)
	}
	return index
}

// startOf is the first instant of an hour.
func (h *hourTable) startOf(index int) int64 {
	eras := 0
	if index >= h.eraFirst+h.perEra {
		eras = (index - h.eraFirst) / h.perEra
		index -= eras * h.perEra
	}
	k := max(0, sort.Search(len(h.runs), func(i int) bool { return h.runs[i].index > index })-1)
	return h.runs[k].start + int64(index-h.runs[k].index)*secondsPerHour + int64(eras)*(eraEnd-eraStart)
}

// clock is the start of an hour on the clock that shows it as a full hour.
func (z *zoneData) clock(index int) time.Time {
	start := time.Unix(z.hours().startOf(index), 0).In(z.location)
	if _, offset := start.Zone(); fullHour(start.Unix(), offset) == start.Unix() {
		return start
	}
	_, before := start.Add(-1).Zone()
	return start.In(time.FixedZone("", before))
}

// The names of hours: the second layout is of the days before zones, when offsets had seconds.
const (
	hourName       = "2006-01-02T15:04Z07:00"
	hourNameSecond = "2006-01-02T15:04Z07:00:00"
)

func nameOfHour(clock time.Time) string {
	if _, offset := clock.Zone(); offset%60 != 0 {
		return clock.Format(hourNameSecond)
	}
	return clock.Format(hourName)
}

// parseHour reads an instant, which may be the name of an hour.
func parseHour(s string) (time.Time, bool) {
	for _, layout := range []string{hourName, hourNameSecond, time.RFC3339Nano} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
