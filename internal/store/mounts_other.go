//go:build !linux && !darwin

package store

// networkFileSystem knows no network file system on this system.
func networkFileSystem(string) (string, string) { return "", "" }
