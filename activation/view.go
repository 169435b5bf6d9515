package activation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/period"
)

// view is something that an answer shows of each period from first to last, and on which periods it rests.
type view struct {
	// words name it in a sentence; empty for what rests on the period alone.
	words string
	first period.Period
	// back is how many periods before its own it rests on as well: transitions, gaps and streaks on 1, whose loss echoes in them,
	// L7 on 6.
	back int
}

// echoes is the back of what rests on the period before.
const echoes = 1

// views lists what is shown, what was asked for first.
func (i *inquiry) views(metrics []Metric, shapes []Shape) []view {
	var out []view
	add := func(v view) {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	for _, m := range metrics {
		switch m {
		case MetricActive, MetricNullUserRows, MetricStickinessDayWeek, MetricStickinessDayMonth:
			add(view{first: i.first}) // the days of a stickiness are those of its own period
		case MetricNew, MetricRetained, MetricReactivated, MetricInactive, MetricChurned, MetricKnown, MetricNet,
			MetricRetentionRate, MetricChurnRate, MetricReactivationRate, MetricQuickRatio:
			add(view{"transitions", i.first, echoes})
		}
	}
	for _, s := range shapes {
		switch s {
		case ShapeTransitionMatrix, ShapeCohortRetention:
			add(view{"transitions", i.first, echoes})
		case ShapeGaps, ShapeStreaks:
			add(view{string(s), i.histogramFirst(), echoes})
		case ShapeL7, ShapeL28:
			add(view{string(s), i.last, s.days() - 1})
		case ShapeGrowthStates:
			add(view{string(s), i.first, monthDays})
		}
	}
	return out
}

// tainted are the shown periods that are not suspect themselves and rest on one that is; culprits are those, both ascending.
func (v view) tainted(last period.Period, suspect map[int]bool) (periods, culprits []period.Period) {
	for p := v.first; p.Index <= last.Index; p = p.Next() {
		if suspect[p.Index] {
			continue
		}
		found := false
		for back := v.back; back > 0; back-- {
			q := p.Add(-back)
			if !suspect[q.Index] {
				continue
			}
			found = true
			if len(culprits) == 0 || culprits[len(culprits)-1].Index < q.Index {
				culprits = append(culprits, q)
			}
		}
		if found {
			periods = append(periods, p)
		}
	}
	return periods, culprits
}

// note says which periods of the view rest on which suspect ones.
func (v view) note(periods, culprits []period.Period) string {
	is, its, window := "is", "its", "its window holds"
	if len(periods) > 1 {
		is, its, window = "are", "their", "their windows hold"
	}
	if v.back == echoes {
		return fmt.Sprintf("%s: %s %s are suspect too (echo).", enumerated(periods), its, and(strings.Split(v.words, ", "), 0))
	}
	return fmt.Sprintf("%s of %s %s suspect too: %s %s.", v.words, enumerated(periods), is, window, enumerated(culprits))
}
