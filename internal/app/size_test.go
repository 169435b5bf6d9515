package app_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/internal/demo"
)

// TestASourceIsSizedByTheViewOverIt where the source names the user otherwise.
func TestASourceIsSizedByTheViewOverIt(t *testing.T) {
	t.Parallel()
	a, _ := built(t)
	explained := func() platform.ExplainAnswer {
		p, err := a.Current(t.Context())
		require.NoError(t, err)
		answer, err := p.ExplainActiveUsers(t.Context(), platform.ExplainRequest{Fact: "app_visit", Grain: "day", Period: "2026-06-14"})
		require.NoError(t, err)
		return answer
	}
	before := explained().Causes[0]
	db, err := sql.Open("duckdb", filepath.Join(a.Config().Root, demo.Warehouse))
	require.NoError(t, err)
	var view string
	require.NoError(t, db.QueryRowContext(t.Context(), "select sql from duckdb_views() where view_name = 'stg_app_events'").Scan(&view))
	require.Equal(t, 1, strings.Count(view, "user_id,"), view)
	for _, statement := range []string{
		"drop view analytics.stg_app_events", "alter table raw.app_events rename user_id to member",
		strings.Replace(strings.ReplaceAll(view, "user_id", "member"), "member,", "member as user_id,", 1),
	} {
		_, err = db.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	require.NoError(t, db.Close())
	after := explained().Causes[0]
	require.Equal(t, explain.MissingPartition, after.Cause)
	require.Equal(t, before.Users, after.Users)
}

// TestAMissingSourceIsSizedByItsUsers of a week before, by SQL of its own: those whom it brought then and who are in the fact.
func TestAMissingSourceIsSizedByItsUsers(t *testing.T) {
	t.Parallel()
	a, _ := built(t)
	p, err := a.Current(t.Context())
	require.NoError(t, err)
	answer, err := p.ExplainActiveUsers(t.Context(), platform.ExplainRequest{Fact: "app_visit", Grain: "day", Period: "2026-06-14"})
	require.NoError(t, err)
	require.Equal(t, explain.MissingPartition, answer.Verdict.Cause, answer.Verdict.Summary)
	db, err := sql.Open("duckdb", filepath.Join(a.Config().Root, demo.Warehouse)+"?access_mode=read_only")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	var users int64
	require.NoError(t, db.QueryRowContext(t.Context(), `select count(distinct user_id) from raw.app_events
		where cast(occurred_at as date) = date '2026-06-07'
			and user_id in (select user_id from analytics.fct_app_visit where cast(event_at as date) = date '2026-06-07')`).Scan(&users))
	require.Positive(t, users)
	require.Equal(t, -users, answer.Causes[0].Users)
}
