package partition

import (
	"fmt"
	"strconv"

	"github.com/headwater-mcp/headwater/period"
)

// number writes 1234567 as 1,234,567.
func number(n int64) string {
	text := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, text = "-", text[1:]
	}
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return sign + text
}

// plural writes "1 node", "3 nodes".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(int64(n)) + " " + noun + "s"
}

// between writes a span of numbers: "12", "12 to 15".
func between(low, high int64) string {
	if low == high {
		return number(low)
	}
	return number(low) + " to " + number(high)
}

// spread is the least and the most of a number over a run.
func spread(run []judgement, of func(judgement) int64) (low, high int64) {
	low, high = of(run[0]), of(run[0])
	for _, j := range run {
		low, high = min(low, of(j)), max(high, of(j))
	}
	return low, high
}

func rowsOf(j judgement) int64 { return j.count.Rows }

// a puts the article before a grain: a day, an hour.
func a(g period.Grain) string {
	if g == period.Hour {
		return "an " + string(g)
	}
	return "a " + string(g)
}

// counted is "4,010 to 4,420 rows a day", or of a single period "4,010 rows".
func counted(run []judgement) string { return countedBy(run, rowsOf) }

func countedBy(run []judgement, of func(judgement) int64) string {
	low, high := spread(run, of)
	noun := " rows"
	if low == 1 && high == 1 {
		noun = " row"
	}
	text := between(low, high) + noun
	if len(run) > 1 {
		text += " " + a(run[0].period.Grain)
	}
	return text
}

// alike names what periods are compared with: "Sundays", "Sundays at 03:00", "weeks"; over several periods "days of the same
// weekday", "hours of the same weekday and time".
func alike(run []judgement) string {
	one, several := run[0].period, len(run) > 1
	weekdays := one.UTCDate().Weekday().String() + "s"
	switch {
	case one.Grain == period.Hour && several:
		return "hours of the same weekday and time"
	case one.Grain == period.Hour:
		return fmt.Sprintf("%s at %02d:00", weekdays, one.Clock())
	case one.Grain == period.Day && several:
		return "days of the same weekday"
	case one.Grain == period.Day:
		return weekdays
	}
	return string(one.Grain) + "s"
}

// usual says what peers of a period without rows hold: ", where 8 other Sundays have 4,010 to 4,420".
func (t *track) usual(run []judgement) string {
	peers, _ := spread(run, func(j judgement) int64 { return int64(j.band.peers) })
	if peers < minPeers {
		if t.begin == nil {
			return ", and none in the whole relation"
		}
		return ""
	}
	low, _ := spread(run, func(j judgement) int64 { return j.band.least })
	_, high := spread(run, func(j judgement) int64 { return j.band.most })
	return fmt.Sprintf(", where %s other %s have %s", number(peers), alike(run), between(low, high))
}

// evidence words a finding over the periods of a run.
func (t *track) evidence(f Finding, run []judgement) string {
	switch f {
	case LowVolume, HighVolume:
		return volume(f, run)
	case Partial:
		return volume(LowVolume, run) + "; and " + run[0].witness + more(run, func(j judgement) string { return j.witness })
	case Duplicated:
		return t.duplicatedWords(run)
	case EmptyAsUsual:
		if run[0].closure {
			return "No rows, and the calendar has a closure."
		}
		return fmt.Sprintf("No rows, and none in the %d nearest %s outside this gap either.", minPeers, alike(run))
	case Empty:
		return t.emptyWords(run)
	case Late:
		return run[0].late.words() + more(run, func(j judgement) string { return j.late.words() })
	case Stale:
		return run[0].changed.words() + more(run, func(j judgement) string { return j.changed.words() })
	case Failed:
		return t.failedWords(run)
	case LedgerMismatch:
		return run[0].mismatch + more(run, func(j judgement) string { return j.mismatch })
	case CodeChanged:
		return t.changedWords(run)
	case DefinitionChanged:
		return t.definitionWords(run)
	case TestFailed, Untested:
	}
	return ""
}

// more says that a text is of the first of several periods.
func more(run []judgement, of func(judgement) string) string {
	for _, j := range run {
		if of(j) != of(run[0]) {
			return ", and the like."
		}
	}
	return "."
}

// volume compares counts with their band: "1,204 rows; 8 Sundays have 4,010 to 4,420, median 4,180: under 3,344 is low (4
// robust deviations, at least 20 %)".
func volume(f Finding, run []judgement) string {
	peers, _ := spread(run, func(j judgement) int64 { return int64(j.band.peers) })
	least, _ := spread(run, func(j judgement) int64 { return j.band.least })
	_, most := spread(run, func(j judgement) int64 { return j.band.most })
	medianLow, medianHigh := spread(run, func(j judgement) int64 { return j.band.median })
	low, high := spread(run, func(j judgement) int64 { return j.band.lower })
	side, word := "under", "low"
	if f == HighVolume {
		low, high = spread(run, func(j judgement) int64 { return j.band.upper })
		side, word = "over", "high"
	}
	return fmt.Sprintf("%s; %s other %s have %s, median %s: %s %s is %s (%d robust deviations, at least 20 %%)",
		counted(run), number(peers), alike(run), between(least, most), between(medianLow, medianHigh),
		side, between(low, high), word, bandWidth)
}
