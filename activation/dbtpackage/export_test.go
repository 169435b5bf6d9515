package dbtpackage_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation/dbtpackage"
	"github.com/headwater-mcp/headwater/fault"
)

// TestAnExportReplacesAnEarlierOneWhole: a file that the package does not have any more goes, one that somebody added stays.
func TestAnExportReplacesAnEarlierOneWhole(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "package")
	files, err := dbtpackage.Export(dir)
	require.NoError(t, err)
	require.Contains(t, files, "macros/activation.sql")

	list := filepath.Join(dir, dbtpackage.ListName)
	text, err := os.ReadFile(list)
	require.NoError(t, err)
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	require.NoError(t, os.WriteFile(list, append(text, empty+"  macros/old.sql\n"...), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "macros", "old.sql"), nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "theirs.txt"), nil, 0o600))
	again, err := dbtpackage.Export(dir)
	require.NoError(t, err)
	require.Equal(t, files, again)
	require.NoFileExists(t, filepath.Join(dir, "macros", "old.sql"))
	require.FileExists(t, filepath.Join(dir, "theirs.txt"))
}

// TestAListThatNamesFilesElsewhereRemovesNone: the list is a file like any other, and may come from anybody.
func TestAListThatNamesFilesElsewhereRemovesNone(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	dir := filepath.Join(root, "package")
	_, err := dbtpackage.Export(dir)
	require.NoError(t, err)
	victim := filepath.Join(root, "victim")
	require.NoError(t, os.WriteFile(victim, nil, 0o600))
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	require.NoError(t, os.WriteFile(filepath.Join(dir, dbtpackage.ListName), []byte(empty+"  ../victim\n"), 0o600))
	_, err = dbtpackage.Export(dir)
	require.NoError(t, err)
	require.FileExists(t, victim)
}

func TestAFileIsNoFolder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := dbtpackage.Export(file)
	require.Equal(t, fault.Conflict, fault.KindOf(err), "%v", err)
}
