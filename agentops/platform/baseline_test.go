package platform_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// TestNoBaselineHoldsASuspectPeriod: 100 people come every day, and 10 on days whose source is lost. What is expected of a day is
// made from the others, also where most of its weekdays were lost, or the day before it; where too few are left, that is said.
func TestNoBaselineHoldsASuspectPeriod(t *testing.T) {
	t.Parallel()
	last := period.UTC().On(period.Day, 2026, time.June, 16)
	ago := func(days ...int) (out []period.Period) {
		for _, n := range days {
			out = append(out, last.Add(-n))
		}
		return out
	}
	cases := map[string]struct {
		lost []period.Period
		// misleading days leave no expectation where nobody says that they are lost.
		misleading bool
		expected   int64
		says       string
	}{
		"four of six weekdays":                                {lost: ago(7, 14, 21, 28), misleading: true, expected: 100, says: "nothing unusual happened"},
		"and the days after, of which only the echo is wrong": {lost: ago(8, 15, 22, 29), misleading: true, expected: 100, says: "nothing unusual happened"},
		"the day before":                                      {lost: ago(1), expected: 100, says: "This is an echo"},
		"too many of all":                                     {lost: ago(7, 14, 21, 28, 35, 42, 49, 56)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lost := []string{"timestamp '2026-01-01'"}
			for _, p := range c.lost {
				lost = append(lost, "timestamp '"+p.String()+"'")
			}
			table := "create table fct as select i as user_id, d as event_at from " +
				"(select unnest(generate_series(timestamp '2026-01-11', timestamp '2026-06-16', interval 1 day)) as d), range(100) r(i) " +
				"where i < 10 or d not in (" + strings.Join(lost, ", ") + ")"
			w := builtOver(t, activation.Fact{Grains: []string{"day"}}, table)
			p, _ := w.seen(t, partition.Override{Grain: "day"}, 0)
			asked := platform.ExplainRequest{Fact: "visit", Grain: "day"}
			if c.misleading {
				answer, err := p.ExplainActiveUsers(t.Context(), asked)
				require.NoError(t, err)
				require.Nil(t, answer.Expected, "while nobody knows that they are wrong, nothing can be expected after such days")
			}
			w.observer.gone = c.lost
			answer, err := p.ExplainActiveUsers(t.Context(), asked)
			require.NoError(t, err)
			require.Equal(t, last.String(), answer.Period)
			if c.expected == 0 {
				require.Nil(t, answer.Expected)
				require.Equal(t, explain.Inconclusive, answer.Verdict.Class)
				require.Contains(t, answer.Verdict.Summary, "too few comparable periods before it are built, uncensored and trustworthy")
				return
			}
			require.Equal(t, c.expected, *answer.Expected)
			require.Contains(t, answer.Verdict.Summary, c.says)
		})
	}
}
