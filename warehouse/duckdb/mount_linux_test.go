package duckdb_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// remount makes a folder read-only for this process and its children, in a mount namespace of its own.
func remount(folder string) error {
	if err := syscall.Mount(folder, folder, "", syscall.MS_BIND, ""); err != nil {
		return err
	}
	return syscall.Mount("", folder, "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, "")
}

// TestReadOnlyMount reads from a file system that cannot be written, as root too, and says so to a writer.
func TestReadOnlyMount(t *testing.T) {
	t.Parallel()
	path := shop(t)
	require.NoError(t, os.Remove(path+".headwater.lock"))
	other := startAs(t, path, &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	})
	other.must("remount " + filepath.Dir(path))
	other.must("headwater read")
	other.must("")
	require.Contains(t, other.ask("headwater write"), "lies on a read-only file system")
	require.NoFileExists(t, path+".headwater.lock")
}
