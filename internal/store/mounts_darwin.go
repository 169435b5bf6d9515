package store

import (
	"slices"
	"syscall"
)

// networkFileSystem returns the kind and the mount point of the network file system that an existing folder is on; "" on
// a local one, and where the system does not say.
func networkFileSystem(dir string) (string, string) {
	var info syscall.Statfs_t
	if err := syscall.Statfs(dir, &info); err != nil {
		return "", ""
	}
	if kind := name(info.Fstypename[:]); slices.Contains(networkKinds(), kind) {
		return kind, name(info.Mntonname[:])
	}
	return "", ""
}

// name is a C string.
func name(chars []int8) string {
	var out []byte
	for _, c := range chars {
		if c == 0 {
			break
		}
		out = append(out, byte(c))
	}
	return string(out)
}
