package activation

import (
	"math"
	"slices"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

// Metric is a number that follows from the transitions of a period and the one before.
type Metric string

// The metrics, with their formulas where they are no plain counts. A zero denominator gives null.
const (
	MetricActive      Metric = "active"
	MetricNew         Metric = "new"
	MetricRetained    Metric = "retained"
	MetricReactivated Metric = "reactivated"
	MetricInactive    Metric = "inactive"
	// MetricChurned counts the transitions from an active state to inactive.
	MetricChurned Metric = "churned"
	MetricKnown   Metric = "known"
	// MetricNet is active(p) - active(p-1).
	MetricNet Metric = "net"
	// MetricRetentionRate is retained(p) / active(p-1).
	MetricRetentionRate Metric = "retention_rate"
	// MetricChurnRate is churned(p) / active(p-1).
	MetricChurnRate Metric = "churn_rate"
	// MetricReactivationRate is reactivated(p) / inactive(p-1).
	MetricReactivationRate Metric = "reactivation_rate"
	// MetricQuickRatio is (new + reactivated) / churned.
	MetricQuickRatio Metric = "quick_ratio"
	// MetricStickinessDayWeek is the mean DAU over the days of a week / its WAU; it needs the day grain's outputs.
	MetricStickinessDayWeek Metric = "stickiness_day_week"
	// MetricStickinessDayMonth is the mean DAU over the days of a month / its MAU; it needs the day grain's outputs.
	MetricStickinessDayMonth Metric = "stickiness_day_month"
	// MetricNullUserRows counts rows whose user key is NULL; of the whole period only, never of a slice.
	MetricNullUserRows Metric = "null_user_rows"
)

// Metrics lists every metric, in the order of surface and answers.
func Metrics() []Metric {
	return []Metric{
		MetricActive, MetricNew, MetricRetained, MetricReactivated, MetricInactive, MetricChurned, MetricKnown, MetricNet,
		MetricRetentionRate, MetricChurnRate, MetricReactivationRate, MetricQuickRatio,
		MetricStickinessDayWeek, MetricStickinessDayMonth, MetricNullUserRows,
	}
}

// defaultMetrics are the first eight.
const defaultMetrics = 8

// Tally adds up the transitions of one period and slice.
type Tally struct {
	New, Retained, Reactivated, Inactive, Churned int64
	// RetainedFrom and ReactivatedFrom count by the slice that users come from, for rates of a slice.
	RetainedFrom, ReactivatedFrom int64
}

// Active is new + retained + reactivated.
func (t *Tally) Active() int64 { return t.New + t.Retained + t.Reactivated }

// Known is active + inactive.
func (t *Tally) Known() int64 { return t.Active() + t.Inactive }

// add counts a transition whose leaf is in the slice.
func (t *Tally) add(x Transition) {
	switch x.To {
	case New:
		t.New += x.Users
	case Retained:
		t.Retained += x.Users
	case Reactivated:
		t.Reactivated += x.Users
	case Inactive:
		t.Inactive += x.Users
		if x.From.Active() {
			t.Churned += x.Users
		}
	case None:
	}
}

// addFrom counts a transition whose from-leaf is in the slice.
func (t *Tally) addFrom(x Transition) {
	switch x.To {
	case Retained:
		t.RetainedFrom += x.Users
	case Reactivated:
		t.ReactivatedFrom += x.Users
	case New, Inactive, None:
	}
}

// value computes a metric from a period's tally and that of the period before; nil is null.
func (m Metric) value(now, before Tally) any {
	switch m {
	case MetricActive:
		return now.Active()
	case MetricNew:
		return now.New
	case MetricRetained:
		return now.Retained
	case MetricReactivated:
		return now.Reactivated
	case MetricInactive:
		return now.Inactive
	case MetricChurned:
		return now.Churned
	case MetricKnown:
		return now.Known()
	case MetricNet:
		return now.Active() - before.Active()
	case MetricRetentionRate:
		return ratio(now.RetainedFrom, before.Active())
	case MetricChurnRate:
		return ratio(now.Churned, before.Active())
	case MetricReactivationRate:
		return ratio(now.ReactivatedFrom, before.Inactive)
	case MetricQuickRatio:
		return ratio(now.New+now.Reactivated, now.Churned)
	case MetricStickinessDayWeek, MetricStickinessDayMonth, MetricNullUserRows:
		return nil // not of the transitions: see inquiry.rows
	}
	return nil
}

// needs is the only grain that a metric is asked by; empty is any.
func (m Metric) needs() period.Grain {
	switch m { //nolint:exhaustive // all others are of any grain
	case MetricStickinessDayWeek:
		return period.Week
	case MetricStickinessDayMonth:
		return period.Month
	}
	return ""
}

// ratioDigits is how finely a ratio is told: a millionth is less than a user of a million, and short in an answer.
const ratioDigits = 1e6

func ratio(numerator, denominator int64) any {
	if denominator == 0 {
		return nil
	}
	return math.Round(float64(numerator)/float64(denominator)*ratioDigits) / ratioDigits
}

// parseMetrics tells the metrics from the shapes; no names are the first eight metrics. Errors are fault.Invalid and name what
// is valid.
func parseMetrics(names []string, g period.Grain) (metrics []Metric, shapes []Shape, err error) {
	if len(names) == 0 {
		return Metrics()[:defaultMetrics], nil, nil
	}
	var valid, here []string
	note := func(name string, needs period.Grain) {
		valid = append(valid, name)
		if needs == "" || needs == g {
			here = append(here, name)
		}
	}
	for _, m := range Metrics() {
		note(string(m), m.needs())
	}
	for _, s := range Shapes() {
		note(string(s), s.needs())
	}
	for _, name := range names {
		if !slices.Contains(valid, name) {
			return nil, nil, fault.New(fault.Invalid, "%q is not a metric.%s Valid: %s.", name, fault.DidYouMean(name, valid), listed(valid))
		}
		m, s := Metric(name), Shape(name)
		needs, isShape := m.needs(), slices.Contains(Shapes(), s)
		if isShape {
			needs = s.needs()
		}
		if needs != "" && needs != g {
			return nil, nil, fault.New(fault.Invalid, "%s needs grain %s and is asked by %s. Valid by %s: %s.", name, needs, g, g, listed(here))
		}
		switch {
		case isShape && !slices.Contains(shapes, s):
			shapes = append(shapes, s)
		case !isShape && !slices.Contains(metrics, m):
			metrics = append(metrics, m)
		}
	}
	return metrics, shapes, nil
}
