package explain_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/explain"
)

// TestWhatStoppedComingIsSoughtWhereItComesFrom: version and platform come from one source, country from another.
func TestWhatStoppedComingIsSoughtWhereItComesFrom(t *testing.T) {
	t.Parallel()
	events := explain.Origin{Node: "raw.app_events", Path: []string{"raw.app_events", "stg_app_events", "fct_app_visit"}}
	web := explain.Origin{Node: "raw.web_events", Path: []string{"raw.web_events", "stg_web_events", "fct_app_visit"}}
	people := explain.Origin{Node: "raw.users", Path: []string{"raw.users", "fct_app_visit"}}
	outage := func(u user, d int) float64 {
		if u.platform == "ios" && u.version == "5.2" && d >= asked {
			return 0.1
		}
		return 1
	}
	in := newTown(1, outage).question(asked)
	in.Calendar = []explain.CalendarEntry{{Date: day(asked), Type: explain.Release, Name: "5.2.1", Dimension: "platform", Value: "ios"}}
	in.Origins = map[string][]explain.Origin{"version": {web, events}, "platform": {events}, "country": {people}}
	answer := explained(t, in)
	require.Equal(t, explain.TrackingLoss, answer.Verdict.Cause, answer.Verdict.Summary)
	require.Equal(t, map[string]any{"platform": "ios", "version": "5.2"}, answer.Causes[0].Where)
	require.Len(t, answer.Evidence, 1, "the source of both dimensions goes before that of one")
	require.Equal(t, events.Node, answer.Evidence[0].Node)
	require.Equal(t, events.Path, answer.Evidence[0].Path)
	require.Equal(t, in.Period.String(), answer.Evidence[0].Partition)
	require.Contains(t, answer.Evidence[0].Detail, "version")

	in = newTown(1, stay(func(u user) bool { return u.platform == "ios" && u.version == "5.2" }, 0.4)).question(asked)
	in.Origins = map[string][]explain.Origin{"version": {web, events}, "platform": {events}}
	answer = explained(t, in)
	require.Equal(t, explain.Churn, answer.Verdict.Cause, answer.Verdict.Summary)
	require.Empty(t, answer.Evidence, "of people who left, no source is suspected")
}
