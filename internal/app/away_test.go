package app_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // a table of the state is taken away by hand

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/partition"
)

// orders asks about the orders of a week.
func (k *kept) orders() platform.PartitionsAnswer {
	k.t.Helper()
	p, err := k.app.Current(k.t.Context())
	require.NoError(k.t, err)
	answer, err := p.CheckPartitions(k.t.Context(), platform.PartitionsRequest{Nodes: []string{"fct_orders"}, First: "2026-06-01", Last: "2026-06-07", Only: "all"})
	require.NoError(k.t, err)
	require.Len(k.t, answer.Nodes, 1)
	return answer
}

// TestAWarehouseThatIsAwayIsUnknownAndNeverPresent: whatever became of the file, the answer says what, and what was seen before.
func TestAWarehouseThatIsAwayIsUnknownAndNeverPresent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(path string) error
		says  string
	}{
		"missing":       {os.Remove, "does not exist"},
		"a folder":      {func(path string) error { return replace(path, func() error { return os.Mkdir(path, 0o750) }) }, "is a folder"},
		"no database":   {func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("a,b\n1,2\n", 2000)), 0o600) }, "is not a DuckDB database"},
		"half a file":   {func(path string) error { return os.Truncate(path, 9000) }, "half copied"},
		"an empty file": {func(path string) error { return os.Truncate(path, 0) }, "is an empty file"},
		"a dead link": {func(path string) error {
			return replace(path, func() error { return os.Symlink("/nowhere/w.duckdb", path) })
		}, "does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKept(t)
			require.Equal(t, map[partition.Presence]int{partition.Present: 7}, k.orders().Nodes[0].Counts)
			require.NoError(t, test.spoil(filepath.Join(k.app.Config().Root, "w.duckdb")))
			answer := k.orders()
			require.Equal(t, map[partition.Presence]int{partition.Unknown: 7}, answer.Nodes[0].Counts)
			require.Contains(t, answer.Summary, "The warehouse could not be asked")
			require.Len(t, answer.Nodes[0].Ranges, 1)
			require.Contains(t, answer.Nodes[0].Ranges[0].Detail, test.says)
			require.Contains(t, answer.Nodes[0].Ranges[0].Detail, "Last seen 2026-06-08T06:00:00Z: 5 rows a day.")
		})
	}
}

func replace(path string, by func() error) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return by()
}

// TestAStateThatCannotBeReadIsSaid: what was seen before is lost, so that nothing is stale, and the answer does not hide it.
func TestAStateThatCannotBeReadIsSaid(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	require.NotContains(t, k.orders().Summary, "seen before")
	state, err := sql.Open("sqlite", k.app.StorePath())
	require.NoError(t, err)
	_, err = state.ExecContext(t.Context(), "drop table versions")
	require.NoError(t, err)
	require.NoError(t, state.Close())
	answer := k.orders()
	require.Equal(t, map[partition.Presence]int{partition.Present: 7}, answer.Nodes[0].Counts)
	require.Contains(t, answer.Summary, "What was seen before cannot be read, so nothing was compared with it and nothing is called stale")
}

// TestATableTooBigToBeReadWholeIsSaid by those that need it, and nothing is stale by it.
func TestATableTooBigToBeReadWholeIsSaid(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	require.NotContains(t, k.orders().Nodes[0].Note, "dim_users")
	k.do("create or replace table dim_users as select range as id from range(60000000)")
	node := k.orders().Nodes[0]
	require.Contains(t, node.Note, "Not compared with what it was, so that nothing is stale by it: model.shop.dim_users. It has 60000000 rows of 1 columns")
	require.NotContains(t, node.Findings, partition.Stale)

	k.do("create or replace table dim_users as select range as id from range(4)")
	k.reopen("policy: {max_bytes: 1KB}")
	require.Contains(t, k.orders().Nodes[0].Note, "more than the 1000 of policy.max_bytes")
}

// reopen starts the app again with more settings.
func (k *kept) reopen(settings string) {
	k.t.Helper()
	root := k.app.Config().Root
	path := filepath.Join(root, "headwater.yaml")
	text, err := os.ReadFile(path)
	require.NoError(k.t, err)
	require.NoError(k.t, os.WriteFile(path, append(text, settings+"\n"...), 0o600))
	loaded, err := config.Load(config.Flags{Project: root}, config.Env{}, root)
	require.NoError(k.t, err)
	k.app, err = app.Open(k.t.Context(), app.Options{Config: loaded, Log: zerolog.Nop(), Purpose: "test", Now: k.app.AsOf})
	require.NoError(k.t, err)
	k.t.Cleanup(func() { require.NoError(k.t, k.app.Close()) })
}

// TestSpecsThatCannotBeReadAreAnError: without them every node would look like one without partitions and nothing wrong.
func TestSpecsThatCannotBeReadAreAnError(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	k.reopen("  - {node: dim_user, grain: day, time: loaded_at}")
	p, err := k.app.Current(t.Context())
	require.NoError(t, err)
	for what, ask := range map[string]func() error{
		"check_partitions": func() error {
			_, err := p.CheckPartitions(t.Context(), platform.PartitionsRequest{Nodes: []string{"fct_orders"}})
			return err
		},
		"explain_staleness": func() error {
			_, err := p.ExplainStaleness(t.Context(), platform.StalenessRequest{Node: "fct_orders"})
			return err
		},
		"get_node": func() error {
			_, err := p.GetNode(t.Context(), platform.NodeRequest{Node: "fct_orders", Include: []string{"partitions"}})
			return err
		},
	} {
		err := ask()
		require.Equal(t, fault.NotFound, fault.KindOf(err), "%s: %v", what, err)
		require.ErrorContains(t, err, "headwater.yaml, partitions:", what)
		require.ErrorContains(t, err, "dim_users", what)
	}
	_, err = p.GetNode(t.Context(), platform.NodeRequest{Node: "fct_orders"})
	require.NoError(t, err)
}
