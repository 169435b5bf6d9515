package activationtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Line is a row as text: the period, the series as a JSON list, and the cells.
func Line(period, series string, cells ...any) string {
	parts := []string{period, series}
	for _, c := range cells {
		if text, ok := c.(string); ok {
			parts = append(parts, text)
			continue
		}
		if f, ok := c.(float64); ok {
			parts = append(parts, fmt.Sprintf("%.6f", f))
			continue
		}
		if c == nil {
			c = "null"
		}
		parts = append(parts, fmt.Sprint(c))
	}
	return strings.Join(parts, "|")
}

// Per is a / b, or nil of nothing.
func Per(a, b int) any {
	if b == 0 {
		return nil
	}
	return float64(a) / float64(b)
}

func (h *History) date(i int) string { return h.Starts[i].Format(time.DateOnly) }

// Metric is one metric of a series in a period.
func (h *History) Metric(name string, s Slicing, series string, i int) any {
	in := func(at int, states ...string) int {
		return h.In(s, series, at, func(u string) bool { return slices.Contains(states, h.State(u, at)) })
	}
	// from counts by the slice that users come from.
	from := func(state string) int {
		return h.In(s, series, i-1, func(u string) bool { return h.State(u, i) == state })
	}
	active := []string{"new", "retained", "reactivated"}
	churned := h.In(s, series, i, func(u string) bool { return h.State(u, i) == "inactive" && h.Active(u, i-1) })
	switch name {
	case "active":
		return in(i, active...)
	case "new", "retained", "reactivated", "inactive":
		return in(i, name)
	case "churned":
		return churned
	case "known":
		return in(i, "new", "retained", "reactivated", "inactive")
	case "net":
		return in(i, active...) - in(i-1, active...)
	case "retention_rate":
		return Per(from("retained"), in(i-1, active...))
	case "churn_rate":
		return Per(churned, in(i-1, active...))
	case "reactivation_rate":
		return Per(from("reactivated"), in(i-1, "inactive"))
	case "quick_ratio":
		return Per(in(i, "new", "reactivated"), churned)
	case "null_user_rows":
		return h.nullRows(s, i)
	}
	return nil
}

func (h *History) nullRows(s Slicing, i int) any {
	if len(s.By) > 0 || s.Where != nil {
		return nil
	}
	n := 0
	for _, v := range h.Visits {
		if v.User == "" && h.index(v.At) == i {
			n++
		}
	}
	return n
}

// Stickiness is the mean of DAU over the days of a period up to closed, by WAU or MAU.
func (h *History) Stickiness(days *History, s Slicing, series string, i int, closed time.Time) any {
	dau, n := 0, 0
	for at := h.Starts[i]; StartOf(h.Grain, at).Equal(h.Starts[i]); at = at.AddDate(0, 0, 1) {
		if at.AddDate(0, 0, 1).After(closed) {
			continue
		}
		n++
		if day := days.index(at); day >= 0 {
			dau += days.In(s, series, day, func(u string) bool { return days.Active(u, day) })
		}
	}
	return Per(dau, n*h.In(s, series, i, func(u string) bool { return h.Active(u, i) }))
}

// Table is what a shape's table holds from first to last, one line a row.
func (h *History) Table(shape string, s Slicing, first, last int) []string {
	out := []string{}
	for _, series := range h.Listed(s, first, last) {
		switch shape {
		case "l7":
			out = append(out, h.activeDays(s, series, last, 7)...)
			continue
		case "l28":
			out = append(out, h.activeDays(s, series, last, 28)...)
			continue
		}
		for i := first; i <= last; i++ {
			switch shape {
			case "transition_matrix":
				out = append(out, h.matrix(s, series, i)...)
			case "cohort_retention":
				out = append(out, h.cohort(s, series, i, last)...)
			case "streaks":
				out = append(out, h.histogram(s, series, i, h.streak)...)
			case "gaps":
				out = append(out, h.histogram(s, series, i, h.gap)...)
			case "growth_states":
				out = append(out, h.growth(s, series, i))
			}
		}
	}
	slices.Sort(out)
	return out
}

func (h *History) matrix(s Slicing, series string, i int) []string {
	out := []string{}
	for _, move := range [][2]string{
		{"none", "new"},
		{"new", "retained"},
		{"new", "inactive"},
		{"retained", "retained"},
		{"retained", "inactive"},
		{"reactivated", "retained"},
		{"reactivated", "inactive"},
		{"inactive", "reactivated"},
		{"inactive", "inactive"},
	} {
		from, to := move[0], move[1]
		if from == "none" {
			out = append(out, Line(h.date(i), series, from, to, h.In(s, series, i, func(u string) bool { return h.State(u, i) == "new" }), nil))
			continue
		}
		n := h.In(s, series, i-1, func(u string) bool { return h.State(u, i-1) == from && h.State(u, i) == to })
		all := h.In(s, series, i-1, func(u string) bool { return h.State(u, i-1) == from })
		out = append(out, Line(h.date(i), series, from, to, n, Per(n, all)))
	}
	return out
}

func (h *History) cohort(s Slicing, series string, i, last int) []string {
	out := []string{}
	size := h.In(s, series, i, func(u string) bool { return h.State(u, i) == "new" })
	for at := i; size > 0 && at <= last; at++ {
		n := h.In(s, series, i, func(u string) bool { return h.State(u, i) == "new" && h.Active(u, at) })
		out = append(out, Line(h.date(i), series, at-i, n, Per(n, size)))
	}
	return out
}

func (h *History) activeDays(s Slicing, series string, last, days int) []string {
	out := []string{}
	all := h.In(s, series, last, func(u string) bool { return h.ActiveIn(u, last-days+1, last) })
	for k := 1; k <= days; k++ {
		n := h.In(s, series, last, func(u string) bool { return h.days(u, last-days+1, last) == k })
		out = append(out, Line(h.date(last), series, k, n, Per(n, all)))
	}
	return out
}

func (h *History) streak(u string, i int) any {
	n := 0
	for h.Active(u, i-n) {
		n++
	}
	return n
}

func (h *History) gap(u string, i int) any {
	for n := 1; n <= i; n++ {
		if h.Active(u, i-n) {
			return n
		}
	}
	return nil
}

func (h *History) histogram(s Slicing, series string, i int, value func(string, int) any) []string {
	out := []string{}
	all := h.In(s, series, i, func(u string) bool { return h.Active(u, i) })
	has := map[any]int{}
	for _, u := range h.Users {
		if have, ok := s.Series(h.Leaf(u, i)); ok && have == series && h.Active(u, i) {
			has[value(u, i)]++
		}
	}
	for v, n := range has {
		out = append(out, Line(h.date(i), series, v, n, Per(n, all)))
	}
	return out
}
