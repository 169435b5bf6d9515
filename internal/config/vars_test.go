package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/partition"
)

func TestVariablesOfAPartitionAreRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(vars string) {
		text := "partitions:\n  - {node: fct_orders, vars: {" + vars + "}}\n"
		require.NoError(t, os.WriteFile(filepath.Join(dir, config.FileName), []byte(text), 0o600))
	}
	write("first: since, end: until")
	loaded, err := config.Load(config.Flags{Project: dir}, config.Env{}, dir)
	require.NoError(t, err)
	require.Equal(t, []partition.Override{{Node: "fct_orders", Vars: partition.Vars{First: "since", End: "until"}}}, loaded.Partitions)
	write("frist: since, end: until")
	_, err = config.Load(config.Flags{Project: dir}, config.Env{}, dir)
	require.ErrorContains(t, err, "frist")
}
