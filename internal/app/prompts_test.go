package app_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/resources"
	"github.com/headwater-mcp/headwater/wire"
)

// promptsOf are the prompts of a project by name.
func promptsOf(t *testing.T, a *app.App) map[string]wire.Prompt {
	t.Helper()
	out := map[string]wire.Prompt{}
	for _, p := range resources.Prompts(a.Current) {
		require.NoError(t, p.Validate())
		out[p.Name] = p
	}
	return out
}

// fetched are the facts of a prompt, by the tool that they come from.
func fetched(t *testing.T, p wire.Prompt, given map[string]string) (text string, facts map[string]string) {
	t.Helper()
	q, err := p.Get(t.Context(), given)
	require.NoError(t, err)
	facts = map[string]string{}
	for _, f := range q.Facts {
		body, err := json.Marshal(f.Answer)
		require.NoError(t, err)
		require.LessOrEqual(t, len(body)/4, answerBudget)
		facts[f.Tool] = string(body)
	}
	return q.Text, facts
}

// TestPromptsBringWhatTheToolsSay: of a day that was lost in a source.
func TestPromptsBringWhatTheToolsSay(t *testing.T) {
	t.Parallel()
	a, _ := built(t)
	requireCompletions(t, a)
	prompts := promptsOf(t, a)
	require.Len(t, prompts, 4)

	text, facts := fetched(t, prompts["explain-active-users"], map[string]string{"fact": "app_visit"})
	require.Equal(t, "Why did active users of app_visit move, day 2026-06-14?", text)
	require.Contains(t, facts["explain_active_users"], "missing_partition")

	_, facts = fetched(t, prompts["investigate-node"], map[string]string{"node": "fct_app_visit", "period": "2026-06-14"})
	require.Contains(t, facts["get_node"], `"id":"model.shop.fct_app_visit"`)
	require.Contains(t, facts["check_partitions"], "2026-06-14")
	require.Contains(t, facts["explain_staleness"], "raw.app_events")
	_, facts = fetched(t, prompts["investigate-node"], map[string]string{"node": "stg_app_events", "period": "June"})
	require.Contains(t, facts["explain_staleness"], `{"error":"`, "that one tool has no answer keeps nobody from the others")
	require.Contains(t, facts["get_node"], "stg_app_events")

	_, facts = fetched(t, prompts["safe-backfill"], map[string]string{"node": "raw.app_events"})
	require.Contains(t, facts["plan_backfill"], "2026-06-14")
	_, facts = fetched(t, prompts["safe-backfill"], map[string]string{"node": "raw.app_events", "first": "2026-06-10", "last": "2026-06-11"})
	require.NotContains(t, facts["plan_backfill"], "2026-06-14")

	text, facts = fetched(t, prompts["review-change"], map[string]string{"base": "target"})
	require.Contains(t, text, "since target")
	require.Contains(t, facts["compare_artifacts"], "changes")

	_, err := prompts["investigate-node"].Get(t.Context(), map[string]string{"node": "nosuch"})
	require.Equal(t, fault.NotFound, fault.KindOf(err))
}

// requireCompletions: names of nodes, facts, their grains, closed periods and runs are offered, the likeliest first.
func requireCompletions(t *testing.T, a *app.App) {
	t.Helper()
	prompts := promptsOf(t, a)
	offered := func(complete wire.Completer, typed string, given map[string]string) []string {
		t.Helper()
		values, err := complete(context.Background(), typed, given)
		require.NoError(t, err)
		return values
	}
	argument := func(prompt, name string) wire.Completer {
		i := slices.IndexFunc(prompts[prompt].Arguments, func(a wire.Argument) bool { return a.Name == name })
		return prompts[prompt].Arguments[i].Complete
	}
	explain := func(name, typed string, given map[string]string) []string {
		return offered(argument("explain-active-users", name), typed, given)
	}
	require.Equal(t, []string{"app_visit"}, explain("fact", "", nil))
	require.Empty(t, explain("fact", "b", nil))
	require.Equal(t, []string{"day", "week", "month"}, explain("grain", "", map[string]string{"fact": "app_visit"}))
	require.Equal(t, []string{"month"}, explain("grain", "M", nil))
	days := explain("period", "", map[string]string{"fact": "app_visit"})
	require.Len(t, days, 31)
	require.Equal(t, "2026-06-14", days[0])
	require.Equal(t, "2026-06-01", explain("period", "2026-06", map[string]string{"fact": "app_visit", "grain": "week"})[1])
	require.Empty(t, explain("period", "", map[string]string{"fact": "nosuch"}))

	node := argument("investigate-node", "node")
	require.Equal(t, "fct_app_visit", offered(node, "FCT", nil)[0])
	all := offered(node, "", nil)
	require.False(t, slices.ContainsFunc(all, func(v string) bool { return strings.HasPrefix(v, "test.") }), "%v", all)
	require.Equal(t, "2026-06-14", offered(argument("investigate-node", "period"), "", map[string]string{"node": "fct_app_visit"})[0])
	require.Empty(t, offered(argument("investigate-node", "period"), "", map[string]string{"node": "nosuch"}))

	for _, r := range resources.All(a.Current) {
		switch r.Name {
		case "node", "partitions":
			require.Equal(t, "model.shop.fct_app_visit", offered(r.Complete["id"], "fct_app", nil)[0])
		case "activation":
			require.Equal(t, []string{"app_visit"}, offered(r.Complete["fact"], "app", nil))
		case "backfill":
			require.Len(t, offered(r.Complete["run_id"], "run-", nil), 1, "the build")
		}
	}
}
