package store

import (
	"path/filepath"
	"slices"
	"strings"
)

// networkKinds are the file systems, as Linux and macOS name them, on which SQLite's locks or the shared memory of WAL
// do not hold between machines.
func networkKinds() []string {
	return []string{
		"nfs", "nfs4", "cifs", "smb3", "smb2", "smbfs", "afs", "afpfs", "webdav", "ceph", "glusterfs", "lustre",
		"fuse.sshfs", "fuse.s3fs", "fuse.gcsfuse", "fuse.rclone", "fuse.ceph", "fuse.glusterfs", "fuse.davfs", "davfs",
	}
}

// networkMount returns the kind and the mount point of the network file system that a path is on, from a table as
// Linux writes it in /proc/self/mountinfo; "" where it is on a local one. The last of several mounts on a point counts.
func networkMount(table, path string) (string, string) {
	kind, where := "", ""
	for line := range strings.Lines(table) {
		before, after, ok := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		const pointColumn = 4
		if !ok || len(left) <= pointColumn || len(right) == 0 {
			continue
		}
		point := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(left[pointColumn])
		if rel, err := filepath.Rel(point, path); err == nil && filepath.IsLocal(rel) && len(point) >= len(where) {
			kind, where = right[0], point
		}
	}
	if slices.Contains(networkKinds(), kind) {
		return kind, where
	}
	return "", ""
}
