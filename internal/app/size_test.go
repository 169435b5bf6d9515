package app_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/internal/demo"
)

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
