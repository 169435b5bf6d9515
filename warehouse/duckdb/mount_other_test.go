//go:build !linux

package duckdb_test

import "errors"

func remount(string) error { return errors.New("only Linux has mounts for one process") }
