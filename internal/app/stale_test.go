package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/warehouse"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// kept is a project whose partitions are looked at again and again while its tables change, with no run ever recorded.
type kept struct {
	t   *testing.T
	app *app.App
	db  *duckdb.Warehouse
	now time.Time
}

// keptModels: orders and refunds read a source of days, orders also reads a dimension as a whole, and countries the same
// dimension through a view.
func keptModels() map[string][]string {
	return map[string][]string{
		"dim_users": {}, "users": {"model.shop.dim_users"}, "fct_orders": {"source.shop.raw.orders", "model.shop.dim_users"},
		"fct_refunds": {"source.shop.raw.orders"}, "fct_countries": {"source.shop.raw.orders", "model.shop.users"},
	}
}

func newKept(t *testing.T) *kept {
	t.Helper()
	type object = map[string]any
	dir := t.TempDir()
	nodes := object{}
	for name, parents := range keptModels() {
		materialized := map[string]string{"dim_users": "table", "users": "view"}[name]
		if materialized == "" {
			materialized = "incremental"
		}
		nodes["model.shop."+name] = object{
			"name": name, "resource_type": "model", "package_name": "shop", "fqn": []string{"shop", name}, "alias": name, "schema": "main",
			"relation_name": `"w"."main"."` + name + `"`, "config": object{"materialized": materialized}, "depends_on": object{"nodes": parents},
		}
	}
	manifest, err := json.Marshal(object{
		"metadata": object{
			"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "generated_at": "2026-06-01T00:00:00Z",
			"invocation_id": "1", "project_name": "shop", "adapter_type": "duckdb",
		},
		"nodes": nodes,
		"sources": object{"source.shop.raw.orders": object{
			"name": "orders", "source_name": "raw", "resource_type": "source", "package_name": "shop", "identifier": "raw_orders",
			"schema": "main", "relation_name": `"w"."main"."raw_orders"`,
		}},
	})
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "target"), 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "target", "manifest.json"), manifest, 0o600))
	settings := []string{"project: shop", "warehouse: {type: duckdb, path: w.duckdb}", "partitions:"}
	for _, node := range []string{"raw.orders", "fct_orders", "fct_refunds", "fct_countries"} {
		settings = append(settings, "  - {node: "+node+", grain: day, time: at, begin: 2026-06-01}")
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "headwater.yaml"), []byte(strings.Join(settings, "\n")+"\n"), 0o600))

	k := &kept{t: t, now: time.Date(2026, 6, 8, 6, 0, 0, 0, time.UTC)}
	k.db, err = duckdb.New(duckdb.Options{Path: filepath.Join(dir, "w.duckdb"), Create: true})
	require.NoError(t, err)
	k.do("create table raw_orders as select range as id, timestamp '2026-06-01 12:00:00' + to_days((range // 5)::integer) as at, 10 as amount, current_timestamp as _loaded_at from range(35)",
		"create table dim_users as select range as id, 'u' || range as name, current_timestamp as loaded_at from range(4)", "create view users as select * from dim_users",
		"create table fct_orders as select * from raw_orders", "create table fct_refunds as select * from raw_orders", "create table fct_countries as select * from raw_orders")
	loaded, err := config.Load(config.Flags{Project: dir}, config.Env{}, dir)
	require.NoError(t, err)
	k.app, err = app.Open(t.Context(), app.Options{Config: loaded, Log: zerolog.Nop(), Purpose: "test", Now: func() time.Time { return k.now }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, k.app.Close()) })
	return k
}

func (k *kept) do(statements ...string) {
	k.t.Helper()
	err := k.db.Write(k.t.Context(), func(ctx context.Context, w warehouse.Writer) error {
		for _, s := range statements {
			if err := w.Exec(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(k.t, err, "%v", errors.Unwrap(err))
}

// stale are the partitions that are stale an hour later, as "node period", sorted; and the evidence of the first.
func (k *kept) stale() (partitions []string, evidence string) {
	k.t.Helper()
	k.now = k.now.Add(time.Hour)
	p, err := k.app.Current(k.t.Context())
	require.NoError(k.t, err)
	answer, err := p.CheckPartitions(k.t.Context(), platform.PartitionsRequest{
		Nodes: []string{"fct_orders", "fct_refunds", "fct_countries", "raw.orders"}, First: "2026-06-01", Last: "2026-06-07", Only: "all", Limit: 100,
	})
	require.NoError(k.t, err)
	for _, n := range answer.Nodes {
		for _, r := range n.Ranges {
			require.Equal(k.t, partition.Present, r.Presence, "%s %s", n.ID, r.First)
			for _, f := range r.Findings {
				if f.Finding != partition.Stale {
					continue
				}
				evidence = f.Evidence
				for p := r.First; p.Index <= r.Last.Index; p = p.Next() {
					partitions = append(partitions, strings.TrimPrefix(n.ID, "model.shop.")+" "+p.String())
				}
			}
		}
	}
	slices.Sort(partitions)
	return partitions, evidence
}

// every lists all seven days of some nodes.
func every(nodes ...string) []string {
	var out []string
	for _, n := range nodes {
		for d := 1; d <= 7; d++ {
			out = append(out, n+" "+time.Date(2026, 6, d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
		}
	}
	return out
}

// TestARefreshThatChangesNothingMakesNothingStale: a dimension is made anew every night. With the same rows nothing that reads it is
// stale; with one row changed exactly its readers are, through a view too; and with the row as it was they are not any more.
func TestARefreshThatChangesNothingMakesNothingStale(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	refresh := func(where string) {
		k.do("create or replace table dim_users as select id, case when " + where + " then 'someone' else name end as name, current_timestamp as loaded_at from (select range as id, 'u' || range as name from range(4) order by range desc)")
	}
	partitions, _ := k.stale()
	require.Empty(t, partitions)
	refresh("false")
	partitions, _ = k.stale()
	require.Empty(t, partitions)
	refresh("id = 2")
	partitions, evidence := k.stale()
	require.Equal(t, every("fct_countries", "fct_orders"), partitions)
	require.Contains(t, evidence, "model.shop.dim_users is not what it was when this was first seen as it is (2026-06-08T07:00:00Z): 4 rows as before, and not the same")
	refresh("false")
	partitions, _ = k.stale()
	require.Empty(t, partitions)
}

// TestASilentEditIsFoundWithoutALedger: a row of a past day is changed, another deleted, and nobody says so.
func TestASilentEditIsFoundWithoutALedger(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	partitions, _ := k.stale()
	require.Empty(t, partitions)
	k.do("update raw_orders set amount = 11, _loaded_at = now() where id = 7", "delete from raw_orders where id = 22")
	partitions, evidence := k.stale()
	want := []string{}
	for _, n := range []string{"fct_countries", "fct_orders", "fct_refunds"} {
		want = append(want, n+" 2026-06-02", n+" 2026-06-05")
	}
	require.Equal(t, want, partitions)
	require.Contains(t, evidence, "4 instead of 5 rows")

	p, err := k.app.Current(t.Context())
	require.NoError(t, err)
	why, err := p.ExplainStaleness(t.Context(), platform.StalenessRequest{Node: "fct_refunds", Period: "2026-06-02"})
	require.NoError(t, err)
	require.Len(t, why.Causes, 1)
	require.Equal(t, partition.Stale, why.Causes[0].Finding)
	require.Equal(t, "2026-06-08T08:00:00Z", why.Causes[0].Since)
	require.Contains(t, why.Causes[0].Detail, "source.shop.raw.orders 2026-06-02 is not what it was")

	// Built again from what is there now, it is not stale.
	k.do("delete from fct_refunds where cast(\"at\" as date) = date '2026-06-02'", "insert into fct_refunds select * from raw_orders where cast(\"at\" as date) = date '2026-06-02'")
	partitions, _ = k.stale()
	require.Equal(t, slices.DeleteFunc(want, func(s string) bool { return s == "fct_refunds 2026-06-02" }), partitions)
}
