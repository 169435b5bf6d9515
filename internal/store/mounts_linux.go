package store

import "os"

// networkFileSystem returns the kind and the mount point of the network file system that an existing folder is on; "" on
// a local one, and where the system does not say.
func networkFileSystem(dir string) (string, string) {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", ""
	}
	return networkMount(string(table), dir)
}
