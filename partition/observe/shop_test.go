package observe_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/testdata/shop"
)

// loadShop reads the shop's artifacts as dbt wrote them.
func loadShop(t *testing.T) *lineage.Graph {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"manifest.json", "catalog.json"} {
		text, err := fs.ReadFile(shop.Files(), "target/"+name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	artifacts, err := dbt.Load(dir)
	require.NoError(t, err)
	return artifacts.Graph
}

// fillShop makes the shop's tables: 100 app events and 40 web events a day from 15 February 2026, of which those of the app
// never came on 14 June.
func fillShop(t *testing.T, g *lineage.Graph) shopWarehouse {
	t.Helper()
	relation := func(id string) string {
		n, ok := g.Node(id)
		require.True(t, ok, id)
		return n.Relation
	}
	database, _ := g.Node("source.shop.raw.app_events")
	return newNamed(t, database.Database,
		"create schema raw", "create schema analytics",
		"create table "+relation("source.shop.raw.app_events")+` as
			select range as event_id, range % 50 as user_id, timestamp '2026-02-15' + to_minutes(range * 1440 // 100) as occurred_at
			from range(12000) where range // 100 <> 119`,
		"create table "+relation("source.shop.raw.web_events")+` as
			select range as event_id, range % 50 as user_id, timestamp '2026-02-15' + to_minutes(range * 1440 // 40) as occurred_at from range(4800)`,
		"create view "+relation("model.shop.stg_app_events")+" as select *, occurred_at as event_at from "+relation("source.shop.raw.app_events"),
		"create view "+relation("model.shop.stg_web_events")+" as select *, occurred_at as event_at from "+relation("source.shop.raw.web_events"),
		"create table "+relation("model.shop.int_user_events")+` as
			select 'app-' || event_id as event_key, user_id, event_at from `+relation("model.shop.stg_app_events")+`
			union all select 'web-' || event_id, user_id, event_at from `+relation("model.shop.stg_web_events"),
		"create table "+relation("model.shop.fct_app_visit")+` as
			select max(event_key) as visit_id, user_id, max(event_at) as event_at from `+relation("model.shop.int_user_events")+`
			group by user_id, cast(event_at as date)`,
	)
}

// TestShop asks about a real dbt project: its specs come from three sources, and one file that never came is named, first,
// with the way that leads from it to the fact.
func TestShop(t *testing.T) {
	t.Parallel()
	g := loadShop(t)
	specs, err := partition.Derive(g, nil, nil)
	require.NoError(t, err)
	require.Empty(t, specs.Problems())
	from := map[string]string{}
	for _, id := range specs.IDs() {
		from[id] = specs.Of(id).From
	}
	require.Equal(t, map[string]string{
		"source.shop.raw.app_events": "meta.headwater.partition", "source.shop.raw.web_events": "event_time (inferred)",
		"model.shop.stg_app_events": "event_time (inferred)", "model.shop.stg_web_events": "event_time (inferred)",
		"model.shop.int_user_events": "dbt microbatch", "model.shop.fct_app_visit": "dbt microbatch",
	}, from)

	c := partition.New(partition.Deps{Observer: fillShop(t, g).observer})
	asOf := time.Date(2026, time.June, 15, 8, 0, 0, 0, time.UTC)
	lost := period.UTC().On(period.Day, 2026, time.June, 14)
	troubles, err := c.Upstream(t.Context(), g, specs, "model.shop.fct_app_visit", []period.Period{lost.Prev(), lost}, asOf)
	require.NoError(t, err)
	require.NotEmpty(t, troubles)
	require.Equal(t, partition.Missing, troubles[0].Presence)
	require.Equal(t, lost, troubles[0].Period)
	require.Equal(t, []string{
		"source.shop.raw.app_events", "model.shop.stg_app_events", "model.shop.int_user_events", "model.shop.fct_app_visit",
	}, troubles[0].Path)
	for _, x := range troubles[1:] {
		require.True(t, x.Consequence, "%+v", x)
	}

	nodes := make([]string, 0, g.Len())
	for _, n := range g.Nodes() {
		nodes = append(nodes, n.ID)
	}
	answer, err := c.Check(t.Context(), g, specs, partition.CheckRequest{Nodes: nodes, AsOf: asOf})
	require.NoError(t, err)
	text, err := json.Marshal(answer)
	require.NoError(t, err)
	require.LessOrEqual(t, len(text), 4000)
	require.Equal(t, "source.shop.raw.app_events", answer.Nodes[0].ID)
	require.Contains(t, string(text), `"findings":[{"finding":"partial","evidence":"40 rows; 8 other Sundays have 140, median 140: under 93 is low `+
		`(4 robust deviations, at least 20 %); and source.shop.raw.app_events 2026-06-14 is missing."}],"ready":false,`+
		`"detail":"Not ready: waits for source.shop.raw.app_events (missing)."`)
}
