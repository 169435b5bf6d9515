package explain

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// bar is one line of the waterfall: it runs from one level of users to another.
type bar struct {
	label, value, note string
	from, to           float64
	// total marks the levels at both ends; the steps between them are drawn lighter.
	total bool
}

// chart draws the bridge as a waterfall from the period compared with to the one asked, with what was expected of each
// row beside it. An answer without a bridge has none.
func (p *page) chart(a Answer) {
	bars := waterfall(a)
	if len(bars) == 0 {
		return
	}
	var label, value, note int
	low, high := math.Inf(1), 0.0
	for _, b := range bars {
		label, value, note = max(label, len([]rune(b.label))), max(value, len([]rune(b.value))), max(note, len([]rune(b.note)))
		high = max(high, b.from, b.to)
		if b.from > 0 || b.to > 0 {
			low = min(low, max(b.to, 0))
		}
	}
	const gaps = 8
	columns := max(p.width-label-value-note-gaps, minBar)
	floor := axis(low, high)
	p.linef("")
	p.linef("From %s to %s", a.ComparedTo, a.Period)
	for _, b := range bars {
		p.linef("  %s  %s  %s  %s", pad(b.label, label, false), pad(b.value, value, true), pad(drawBar(b, floor, high, columns), columns, false), b.note)
	}
	if floor > 0 {
		p.linef("  Bars start at %s users.", Thousands(int64(floor)))
	}
}

// minBar is the narrowest drawing area.
const minBar = 12

// waterfall is the totals and between them every row of the sum.
func waterfall(a Answer) []bar {
	if len(a.Bridge) == 0 || a.Change == nil {
		return nil
	}
	level := float64(a.Observed - *a.Change)
	bars := []bar{{label: a.ComparedTo, value: Thousands(int64(level)), to: level, total: true}}
	previous := slices.IndexFunc(a.Bridge, func(r BridgeRow) bool { return !r.InSum }) == int(stayed)
	for _, row := range a.Bridge {
		if !row.InSum {
			continue
		}
		b := bar{label: "  " + row.Transition, value: signed(row.Delta), from: level, to: level + float64(row.Delta), note: usual(row)}
		if !previous {
			b.label += " (was " + Thousands(row.Previous) + ")"
		}
		level = b.to
		bars = append(bars, b)
	}
	last := bar{label: a.Period, value: Thousands(a.Observed), to: float64(a.Observed), total: true}
	if a.Expected != nil {
		last.note = usual(BridgeRow{Observed: a.Observed, Expected: a.Expected, Band: a.Band})
	}
	return append(bars, last)
}

// usual says what was expected of a row, and marks one that left its band.
func usual(row BridgeRow) string {
	if row.Expected == nil {
		return ""
	}
	text := "expected " + Thousands(*row.Expected)
	switch {
	case len(row.Band) == 2 && row.Observed < row.Band[0]:
		return text + " ▼ " + signed(row.Observed-*row.Expected)
	case len(row.Band) == 2 && row.Observed > row.Band[1]:
		return text + " ▲ " + signed(row.Observed-*row.Expected)
	}
	return text
}

// axis is where the bars start: at zero, unless all levels are so high that the steps between them would be hard to see.
func axis(low, high float64) float64 {
	const flat, room = 0.7, 0.5
	if high <= 0 || low < flat*high {
		return 0
	}
	start := max(low-room*(high-low), 0)
	step := math.Pow(10, math.Floor(math.Log10(max(high-low, 1))))
	return math.Floor(start/step) * step
}

// drawBar places a bar in its columns; a step that is too small to see still gets one.
func drawBar(b bar, floor, high float64, columns int) string {
	at := func(level float64) int {
		if high <= floor {
			return 0
		}
		return int(math.Round((max(level, floor) - floor) / (high - floor) * float64(columns)))
	}
	start, end := at(min(b.from, b.to)), at(max(b.from, b.to))
	if b.from == b.to || b.from == 0 && b.to == 0 {
		return strings.Repeat(" ", min(start, columns-1)) + "│"
	}
	if end == start {
		start = min(start, columns-1)
		end = start + 1
	}
	fill := "█"
	switch {
	case b.total:
	case b.to < b.from:
		fill = "▒"
	default:
		fill = "▓"
	}
	return strings.Repeat(" ", start) + strings.Repeat(fill, end-start)
}

// keys are the dimensions of a slice in the order of their names.
func keys(where map[string]any) []string { return slices.Sorted(maps.Keys(where)) }
