package store

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNetworkMount(t *testing.T) {
	t.Parallel()
	const table = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:25 / /home rw,relatime shared:5 - nfs4 server:/home rw,vers=4.2
31 30 0:26 / /home/me/local rw - tmpfs none rw
32 22 0:27 / /mnt/my\040share rw - cifs //server/share rw
33 22 0:28 / /mnt/remote rw,nosuid - fuse.sshfs me@host: rw
34 22 0:29 / /home2 rw - ext4 /dev/vdb rw
35 22 0:30 / /over rw - nfs server:/over rw
36 22 0:31 / /over rw - ext4 /dev/vdc rw
a line that is none
`
	for path, want := range map[string][2]string{
		"/":                  {},
		"/srv/shop":          {},
		"/home":              {"nfs4", "/home"},
		"/home/me/shop":      {"nfs4", "/home"},
		"/home/me/local/x":   {},
		"/home2/me":          {},
		"/mnt/my share/shop": {"cifs", "/mnt/my share"},
		"/mnt/remote/shop":   {"fuse.sshfs", "/mnt/remote"},
		"/over/shop":         {},
	} {
		kind, where := networkMount(table, path)
		require.Equal(t, want, [2]string{kind, where}, path)
	}
}

// The folder of a test is on a local file system, or this test would say where not.
func TestThisFileSystemIsLocal(t *testing.T) {
	t.Parallel()
	kind, where := networkFileSystem(existing(t.TempDir() + "/not/there/yet"))
	require.Empty(t, kind, where)
}
