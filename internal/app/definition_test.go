package app_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/partition"
)

// visits opens a project of one fact without dbt, at noon of 30 June.
func visits(t *testing.T, dir, fact string) *app.App {
	t.Helper()
	settings := "project: p\nwarehouse: {type: duckdb, path: w.duckdb}\noutput: {schema: 'my \"out\"'}\nfacts:\n" +
		"  - {name: visit, relation: visits, user: user_id, time: at, grains: [day, week], begin: 2026-06-03, " + fact + "}\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "headwater.yaml"), []byte(settings), 0o600))
	loaded, err := config.Load(config.Flags{Project: dir}, config.Env{}, dir)
	require.NoError(t, err)
	clock := func() time.Time { return time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC) }
	a, err := app.Open(t.Context(), app.Options{Config: loaded, Log: zerolog.Nop(), Purpose: "test", Now: clock})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return a
}

// outputs are the reports of two outputs of the fact, by day and by week.
func outputs(t *testing.T, a *app.App) (days, weeks partition.NodeReport) {
	t.Helper()
	p, err := a.Current(t.Context())
	require.NoError(t, err)
	answer, err := p.CheckPartitions(t.Context(), platform.PartitionsRequest{
		Nodes: []string{"visit_activation_daily", "visit_transitions_weekly"}, First: "2026-05-25", Last: "2026-06-30", Only: "all",
	})
	require.NoError(t, err)
	for _, n := range answer.Nodes {
		if n.Spec.Grain == "day" {
			days = n
		} else {
			weeks = n
		}
	}
	return days, weeks
}

// TestOutputsOfAnotherDefinitionAreNotReady: an output is missing until it is built, and right until the fact says something else;
// then each built period says so, with what to do, and after that all is right again.
func TestOutputsOfAnotherDefinitionAreNotReady(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	activationtest.World{Path: filepath.Join(dir, "w.duckdb")}.Do(t,
		"create table visits as select range % 7 as user_id, timestamp '2026-06-01 12:00' + to_hours(range * 6) as at, 'KR' as country from range(118)")
	a := visits(t, dir, "dimensions: []")
	days, weeks := outputs(t, a)
	require.Equal(t, "output of fact visit", days.SpecFrom)
	require.Equal(t, map[partition.Presence]int{partition.NotExpected: 9, partition.Missing: 27, partition.Open: 1}, days.Counts)
	require.Equal(t, map[partition.Presence]int{partition.NotExpected: 2, partition.Missing: 3, partition.Open: 1}, weeks.Counts)
	require.Equal(t, "Not built. headwater build visit builds it.", days.Ranges[0].Detail)

	_, err := a.Build(t.Context(), app.BuildRequest{})
	require.NoError(t, err)
	days, weeks = outputs(t, a)
	require.Equal(t, map[partition.Presence]int{partition.NotExpected: 9, partition.Present: 27, partition.Open: 1}, days.Counts)
	require.Equal(t, map[partition.Presence]int{partition.NotExpected: 2, partition.Present: 3, partition.Open: 1}, weeks.Counts)
	require.Empty(t, days.Findings[partition.DefinitionChanged]+weeks.Findings[partition.DefinitionChanged])

	a = visits(t, dir, "dimensions: [country]")
	days, weeks = outputs(t, a)
	require.Equal(t, 28, days.Findings[partition.DefinitionChanged])
	require.Equal(t, 4, weeks.Findings[partition.DefinitionChanged])
	r := days.Ranges[0]
	require.Equal(t, "2026-06-03 2026-06-29", r.First.String()+" "+r.Last.String())
	require.False(t, r.Ready)
	require.Equal(t, partition.DefinitionChanged, r.Findings[0].Finding)
	require.Regexp(t, `^Built by the definition [0-9a-f]{16}; today's is [0-9a-f]{16}\. headwater build visit builds all of it again\.$`, r.Findings[0].Evidence)
	require.Contains(t, r.Detail, "Not ready: waits for activation.p.visit_activation_daily (definition_changed).")

	p, err := a.Current(t.Context())
	require.NoError(t, err)
	why, err := p.ExplainStaleness(t.Context(), platform.StalenessRequest{Node: "visit_activation_daily", Period: "2026-06-20"})
	require.NoError(t, err)
	require.False(t, why.Ready)
	require.Len(t, why.Causes, 1)
	require.Equal(t, partition.DefinitionChanged, why.Causes[0].Finding)
	require.Equal(t, "headwater build visit", why.Causes[0].Remedy)
	require.Equal(t, "Whether it is still so, once headwater build visit was run.", why.Next[0].Why)

	_, err = a.Build(t.Context(), app.BuildRequest{})
	require.NoError(t, err)
	days, weeks = outputs(t, a)
	require.Empty(t, days.Findings[partition.DefinitionChanged]+weeks.Findings[partition.DefinitionChanged])
	require.Equal(t, 27, days.Counts[partition.Present])
}
