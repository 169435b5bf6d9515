package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/lineage/dbt/dbttest"
	"github.com/headwater-mcp/headwater/tools"
	"github.com/headwater-mcp/headwater/warehouse"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

const (
	bigModels = 10_000
	bigLayer  = 250 // models of one layer, as dbttest makes them
	bigMiddle = 5_249
	bigFacts  = 30
)

func bigModel(i int) string { return fmt.Sprintf("fct_layer_%02d_orders_%05d", i/bigLayer, i) }

// firstParent is one of a model's, which is not in the first layer, as dbttest makes them.
func firstParent(i int) int { return (i/bigLayer-1)*bigLayer + i*7%bigLayer }

// big is the largest project that there is: 10,000 models in 40 layers, those of the first layer and of one path to the 21st
// with daily partitions, 30 facts, and a base of artifacts in which every model's code was another. One fact is built, with two
// dimensions of a hundred values each.
func big(t *testing.T) *app.App {
	t.Helper()
	dir := t.TempDir()
	var manifest bytes.Buffer
	require.NoError(t, dbttest.WriteManifest(&manifest, bigModels))
	before := bytes.ReplaceAll(manifest.Bytes(), []byte(`"checksum": "0000`), []byte(`"checksum": "ffff`))
	before = bytes.ReplaceAll(before, []byte(`"checksum":"0000`), []byte(`"checksum":"ffff`))
	before = bytes.ReplaceAll(before, []byte(`from source\n`), []byte(`from source where 1 = 1\n`))
	for name, text := range map[string][]byte{"target": manifest.Bytes(), "before": before} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o750))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name, "manifest.json"), text, 0o600))
	}
	settings := []string{
		"project: big", "artifacts: target", "worker: external", "warehouse: {type: duckdb, path: db.duckdb}",
		"policy: {writes: allow, max_pairs: 1000000}", "executors:", `  - {nodes: "resource_type:model", type: command, argv: [./load.sh, "{node}", "{first}"]}`, "facts:",
	}
	for i := range bigFacts {
		settings = append(settings, fmt.Sprintf("  - {name: visit_%02d, relation: main.visits, user: user_id, time: at, begin: 2026-05-01, dimensions: [city, device]}", i))
	}
	settings = append(settings, "partitions:")
	partitioned := func(i int) {
		settings = append(settings, "  - {node: "+bigModel(i)+", grain: day, time: at, begin: 2026-05-01}")
	}
	for i := range bigLayer {
		partitioned(i)
	}
	for i := bigMiddle; i >= bigLayer; i = firstParent(i) {
		partitioned(i)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "headwater.yaml"), []byte(strings.Join(settings, "\n")+"\n"), 0o600))
	db, err := duckdb.New(duckdb.Options{Path: filepath.Join(dir, "db.duckdb"), Create: true})
	require.NoError(t, err)
	require.NoError(t, db.Write(t.Context(), func(ctx context.Context, w warehouse.Writer) error {
		return w.Exec(ctx, `create table visits as select u as user_id, timestamp '2026-05-01 12:00:00' + to_days(d::integer) as "at", `+
			`'city ' || (u % 100) as city, 'device ' || (u // 7 % 100) as device from range(3000) x(u), range(45) y(d) where hash(u * 100 + d) % 3 > 0 and (d < 44 or u % 10 <> 3)`)
	}))
	loaded, err := config.Load(config.Flags{Project: dir}, config.Env{}, dir)
	require.NoError(t, err)
	at := time.Date(2026, 6, 15, 6, 0, 0, 0, time.UTC)
	a, err := app.Open(t.Context(), app.Options{Config: loaded, Log: zerolog.Nop(), Purpose: "test", Now: func() time.Time { return at }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	_, err = a.Build(t.Context(), app.BuildRequest{Facts: []string{"visit_00"}})
	require.NoError(t, err)
	return a
}

// TestDefaultAnswersStaySmallOnTheLargestProject asks every tool with what it needs and nothing that bounds its answer.
func TestDefaultAnswersStaySmallOnTheLargestProject(t *testing.T) {
	t.Parallel()
	a := big(t)
	used := map[string]bool{}
	ask := func(tool, arguments string) json.RawMessage {
		used[tool] = true
		return asked[json.RawMessage](t, a, tool, arguments) // which holds it against its budget
	}
	for _, tool := range []string{"server_status", "find_nodes", "get_backfill"} {
		ask(tool, `{}`)
	}
	listed := map[string]bool{}
	for arguments := `{}`; arguments != ""; {
		var facts platform.FactsAnswer
		require.NoError(t, json.Unmarshal(ask("list_facts", arguments), &facts))
		for _, f := range facts.Facts {
			require.False(t, listed[f.Name], "%s is on two pages", f.Name)
			listed[f.Name] = true
		}
		require.Equal(t, bigFacts, facts.Total)
		arguments = ""
		if facts.Truncated {
			arguments = fmt.Sprintf(`{"cursor": %q}`, facts.NextCursor)
		}
	}
	require.Len(t, listed, bigFacts)
	ask("find_nodes", `{"text": "orders layer revenue"}`)
	ask("find_nodes", `{"select": "resource_type:model"}`)
	for _, id := range hubs(t, a) {
		ask("get_node", fmt.Sprintf(`{"node": %q}`, id))
		ask("trace_lineage", fmt.Sprintf(`{"node": %q}`, id))
		ask("trace_lineage", fmt.Sprintf(`{"node": %q, "depth": 100}`, id))
		ask("assess_impact", fmt.Sprintf(`{"node": %q}`, id))
	}
	ask("compare_artifacts", `{"base": "before"}`)
	ask("check_partitions", `{"select": "fct_layer_00_*"}`)
	ask("explain_staleness", fmt.Sprintf(`{"node": %q}`, bigModel(bigMiddle)))
	ask("query_activation", `{"fact": "visit_00", "grain": "day"}`)
	ask("query_activation", `{"fact": "visit_00", "grain": "day", "by": ["city"]}`)
	ask("explain_active_users", `{"fact": "visit_00", "grain": "day"}`)

	var plan platform.PlanAnswer
	layer := `{"select": "fct_layer_00_*", "first": "2026-06-01", "last": "2026-06-14", "scope": "all", "downstream": false}`
	require.NoError(t, json.Unmarshal(ask("plan_backfill", layer), &plan))
	require.Greater(t, plan.Estimate.Pairs, 2000)
	var run platform.StartAnswer
	require.NoError(t, json.Unmarshal(ask("start_backfill", fmt.Sprintf(`{"plan_id": %q, "reason": "all of it"}`, plan.PlanID)), &run))
	ask("get_backfill", fmt.Sprintf(`{"run_id": %q}`, run.RunID))
	ask("control_backfill", fmt.Sprintf(`{"run_id": %q, "action": "cancel"}`, run.RunID))
	for _, tool := range tools.All(a.Current) {
		require.True(t, used[tool.Name], "%s was not asked", tool.Name)
	}
}
