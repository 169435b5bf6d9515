package activation

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMetricsFollowTheirFormulas: by hand, for two periods of one slice; a zero denominator gives null.
func TestMetricsFollowTheirFormulas(t *testing.T) {
	t.Parallel()
	before := Tally{New: 3, Retained: 5, Reactivated: 1, Inactive: 4}
	now := Tally{New: 2, Retained: 6, Reactivated: 2, Inactive: 5, Churned: 3, RetainedFrom: 6, ReactivatedFrom: 2}
	for metric, want := range map[Metric]any{
		MetricActive: int64(10), MetricKnown: int64(15), MetricNet: int64(1), MetricChurned: int64(3), MetricInactive: int64(5),
		MetricRetentionRate: 0.666667, MetricChurnRate: 0.333333, MetricReactivationRate: 0.5, MetricQuickRatio: 1.333333,
	} {
		require.Equal(t, want, metric.value(now, before), metric)
	}
	for _, metric := range []Metric{MetricRetentionRate, MetricChurnRate, MetricReactivationRate, MetricQuickRatio} {
		require.Nil(t, metric.value(Tally{New: 1}, Tally{}), metric)
	}
}
