package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/store"
)

// readOnly mounts an empty file system that cannot be written, not by root either, and returns its folder. before is
// called while it still can.
func readOnly(t *testing.T, before func(dir string)) string {
	t.Helper()
	dir := t.TempDir()
	err := syscall.Mount("headwater-test", dir, "tmpfs", 0, "size=4m")
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Skip("mounting is not permitted here, so there is no read-only file system to open a store on")
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, 0)) })
	before(dir)
	require.NoError(t, syscall.Mount("headwater-test", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size=4m"))
	return dir
}

func TestReadOnlyFolderFallsBack(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(t *testing.T, dir string){
		"empty": func(*testing.T, string) {},
		"folder": func(t *testing.T, dir string) {
			t.Helper()
			require.NoError(t, os.Mkdir(filepath.Join(dir, ".headwater"), 0o750))
		},
		"store": func(t *testing.T, dir string) {
			t.Helper()
			s, err := store.Open(t.Context(), filepath.Join(dir, ".headwater", "state.db"), "")
			require.NoError(t, err)
			require.NoError(t, s.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := readOnly(t, func(dir string) { before(t, dir) })
			fallback := filepath.Join(t.TempDir(), "state", "headwater", "abc")
			s, err := store.Open(t.Context(), filepath.Join(dir, ".headwater", "state.db"), fallback)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			require.Equal(t, filepath.Join(fallback, "state.db"), s.Path())
			require.Contains(t, s.Notice(), filepath.Join(dir, ".headwater")+" is read-only, so the state is kept in "+s.Path())
			require.Equal(t, 1, record(t, s, history()[0]))
		})
	}
}

func TestNothingWritable(t *testing.T) {
	t.Parallel()
	dir := readOnly(t, func(string) {})
	for name, fallback := range map[string]string{"no fallback": "", "fallback too": filepath.Join(dir, "fallback")} {
		_, err := store.Open(t.Context(), filepath.Join(dir, ".headwater", "state.db"), fallback)
		require.Equal(t, fault.Unavailable, fault.KindOf(err), name)
		require.ErrorContains(t, err, "Set `state` in headwater.yaml to a place that can be written.", name)
	}
}
