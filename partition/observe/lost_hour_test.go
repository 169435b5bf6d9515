package observe_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// TestALostHour: of a hundred days of hourly batches in UTC one hour never came, on a day of 25 hours in New York. The hour is named,
// and that day, which needs 25 of them, waits for it; the days beside it do not.
func TestALostHour(t *testing.T) {
	t.Parallel()
	log := &lineage.Node{ID: "source.p.raw.log", Name: "log", Type: lineage.TypeSource, Relation: "raw.log", Source: &lineage.Source{Name: "raw"}}
	batches := &lineage.Node{
		ID: "model.p.batches", Name: "batches", Type: lineage.TypeModel, Relation: "main.batches", Materialized: "incremental",
		Build: lineage.Build{IncrementalStrategy: "microbatch", BatchSize: "hour", EventTime: "ts", Begin: "2026-08-01"},
	}
	log.Build.EventTime = "ts"
	daily := &lineage.Node{ID: "model.p.daily", Name: "daily", Type: lineage.TypeModel, Relation: "main.daily", Materialized: "incremental"}
	g := lineage.New("p", []*lineage.Node{log, batches, daily}, []lineage.Edge{{From: log.ID, To: batches.ID}, {From: batches.ID, To: daily.ID}})
	specs, err := partition.Derive(g, []partition.Override{
		{Node: "daily", Grain: "day", Time: "day", Timezone: "America/New_York", Begin: "2026-08-02"},
	}, nil)
	require.NoError(t, err)
	require.Equal(t, period.Hour, specs.Of(log.ID).Grain)
	s := newShop(t, "create schema raw",
		"create table raw.log as select timestamp '2026-08-01' + to_minutes(range * 2) as ts, range as id from range(100 * 720)",
		"create table batches as select * from raw.log where date_trunc('hour', ts) <> timestamp '2026-11-02 04:00:00'",
		"create table daily as select cast(timezone('America/New_York', timezone('UTC', ts)) as date) as day, count(*) as n from raw.log group by 1")
	asOf := time.Date(2026, time.November, 5, 9, 20, 0, 0, time.UTC)

	answer, err := partition.New(partition.Deps{Observer: s.observer}).Check(t.Context(), g, specs, partition.CheckRequest{
		Nodes: []string{log.ID, batches.ID, daily.ID}, First: new("2026-10-31"), Last: new("2026-11-03"), AsOf: asOf,
	})
	require.NoError(t, err)
	require.Equal(t, "1 node without anything wrong, 2 with. 196 partitions: 195 present, 1 missing.", answer.Summary)
	require.Equal(t, batches.ID, answer.Nodes[0].ID)
	require.Len(t, answer.Nodes[0].Ranges, 1)
	require.Equal(t, "2026-11-02T04:00Z", answer.Nodes[0].Ranges[0].First.String())
	require.Equal(t, answer.Nodes[0].Ranges[0].First, answer.Nodes[0].Ranges[0].Last)
	require.Equal(t, "No rows, where 8 other Mondays at 04:00 have 30.", answer.Nodes[0].Ranges[0].Detail)
	require.Equal(t, daily.ID, answer.Nodes[1].ID)
	require.Len(t, answer.Nodes[1].Ranges, 1)
	require.Equal(t, "2026-11-01", answer.Nodes[1].Ranges[0].First.String())
	require.Equal(t, "2026-11-01", answer.Nodes[1].Ranges[0].Last.String())
	require.Contains(t, answer.Nodes[1].Ranges[0].Detail, "Not ready: waits for model.p.batches (missing).")
	require.EqualValues(t, 3, s.queries.Load(), "one for each relation")
}
