package app_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/rs/zerolog"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/internal/demo"
	"github.com/headwater-mcp/headwater/tools"
	"github.com/headwater-mcp/headwater/wire"
)

// The budgets of surface: what the tools cost in every conversation, what a default answer costs, in bytes/4.
const (
	toolsBudget  = 4500
	listBudget   = 10000
	answerBudget = 2000
)

// built is the demo's world with its activation outputs.
func built(t *testing.T) (*app.App, demo.Summary) {
	t.Helper()
	dir := t.TempDir()
	summary, err := demo.World(t.Context(), dir)
	require.NoError(t, err)
	loaded, err := config.Load(config.Flags{Project: dir}, config.Env{}, dir)
	require.NoError(t, err)
	a, err := app.Open(t.Context(), app.Options{Config: loaded, Log: zerolog.Nop(), Purpose: "test", Now: now, AsOf: summary.AsOf})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	_, err = a.Build(t.Context(), app.BuildRequest{})
	require.NoError(t, err)
	return a, summary
}

// TestEveryToolAnswersWithinItsSchemaAndBudget calls each registered tool as an agent would, with as few arguments as it takes.
func TestEveryToolAnswersWithinItsSchemaAndBudget(t *testing.T) {
	t.Parallel()
	a, _ := built(t)
	calls := map[string][]string{
		"server_status":        {`{}`},
		"find_nodes":           {`{}`, `{"text": "visits of users"}`, `{"select": "+fct_app_visit", "limit": 3}`},
		"get_node":             {`{"node": "fct_app_visit"}`, `{"node": "raw.app_events", "include": ["columns", "code", "tests", "config", "runs", "partitions"]}`},
		"trace_lineage":        {`{"node": "fct_app_visit"}`, `{"node": "raw.app_events", "to": "fct_app_visit"}`},
		"assess_impact":        {`{"node": "raw.app_events", "change": "data"}`, `{"node": "fct_app_visit.user_id", "change": "drop"}`, `{"node": "fct_app_visit", "depth": 1, "limit": 2}`},
		"compare_artifacts":    {`{"base": "target"}`, `{"base": "target", "select": "state:modified+", "limit": 3}`},
		"check_partitions":     {`{"select": "+fct_app_visit"}`, `{"nodes": ["fct_app_visit"], "only": "all"}`},
		"explain_staleness":    {`{"node": "fct_app_visit"}`, `{"node": "fct_app_visit", "period": "2026-06-14"}`, `{"node": "raw.app_events", "period": "2026-06-14"}`},
		"list_facts":           {`{}`},
		"query_activation":     {`{"fact": "app_visit", "grain": "day"}`, `{"fact": "app_visit", "grain": "month", "by": ["country"], "top": 2, "metrics": ["active", "churn_rate"]}`, `{"fact": "app_visit", "grain": "day", "metrics": ["active", "transition_matrix", "cohort_retention", "l7", "l28", "streaks", "gaps", "growth_states"], "by": ["platform"]}`},
		"explain_active_users": {`{"fact": "app_visit", "grain": "day"}`, `{"fact": "app_visit", "grain": "week"}`, `{"fact": "app_visit", "grain": "month"}`},
		"plan_backfill":        {`{"nodes": ["app_visit_activation_daily"], "first": "2026-06-14", "last": "2026-06-14"}`, `{"select": "+fct_app_visit", "first": "2026-06-01", "last": "2026-06-14", "scope": "all"}`},
		"get_backfill":         {`{}`},
	}
	all := tools.All(a.Current)
	tokens, entries := 0, 0
	for _, tool := range all {
		tokens, entries = tokens+wire.TokenCost(tool), entries+wire.EntryCost(tool)
	}
	t.Logf("%d tools cost %d tokens, the whole list %d", len(all), tokens, entries)
	require.LessOrEqual(t, tokens, toolsBudget)
	require.LessOrEqual(t, entries, listBudget)
	t.Run("injections", func(t *testing.T) {
		t.Parallel()
		inject(t, a)
	})
	for _, tool := range all {
		if tool.Name == "start_backfill" || tool.Name == "control_backfill" {
			continue // what they do is done once: the tests of repairs hold their answers against the same schemas and budget
		}
		t.Run(tool.Name, func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, calls[tool.Name])
			for _, arguments := range calls[tool.Name] {
				answer, err := tool.Call(t.Context(), json.RawMessage(arguments))
				require.NoError(t, err)
				requireValid(t, tool.Output, answer)
				t.Logf("%s %s: %d tokens", tool.Name, arguments, len(answer)/4)
				again, err := tool.Call(t.Context(), json.RawMessage(arguments))
				require.NoError(t, err)
				require.JSONEq(t, string(answer), string(again), "the same question, the same answer")
			}
			answer, err := tool.Call(t.Context(), json.RawMessage(calls[tool.Name][0]))
			require.NoError(t, err)
			require.LessOrEqual(t, len(answer)/4, answerBudget, "a default answer")
		})
	}
}

func requireValid(t *testing.T, schema, answer json.RawMessage) {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("answer.json", document))
	compiled, err := c.Compile("answer.json")
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer))
	require.NoError(t, err)
	require.NoError(t, compiled.Validate(value), "%s", answer)
}
