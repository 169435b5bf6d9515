package demo

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/testdata/shop"
)

func TestProjectIsConfigured(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, writeProject(dir, "/opt/head water/headwater", days()))
	loaded, err := config.Load(config.Flags{}, config.EnvOf(nil), dir)
	require.NoError(t, err)
	require.Empty(t, loaded.Notices)
	require.Equal(t, dir, loaded.Root)
	require.Equal(t, filepath.Join(dir, Warehouse), loaded.Warehouse.Path)
	require.Equal(t, filepath.Join(dir, "target"), loaded.Artifacts)

	require.Equal(t, "allow", loaded.Policy.Writes)
	require.Len(t, loaded.Executors, 2)
	for _, e := range loaded.Executors {
		require.Equal(t, []string{"/opt/head water/headwater", LoadCommand, "{node}", "{first}", "{last}"}, e.Argv)
	}

	entries, err := config.ReadCalendar(loaded.Calendar)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	for _, entry := range entries {
		require.NotEqual(t, summary(days()).Incident.Period, entry.Date, "the calendar is no cause here")
	}
}

func TestShopNeedsNoHeadwaterFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, shop.Files()))
	loaded, err := config.Load(config.Flags{}, config.EnvOf(nil), dir)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, Warehouse), loaded.Warehouse.Path)
}

// Nobody has edited the project since dbt's last run read it.
func TestProjectIsOlderThanTheLastRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, writeProject(dir, "/opt/head water/headwater", days()))
	info, err := os.Stat(filepath.Join(dir, "models", "marts", "fct_app_visit.sql"))
	require.NoError(t, err)
	require.True(t, info.ModTime().Before(days().lastRun()))
}
