// Package sharedtest finds the public cases that lie beside a development checkout. They are large, have licences of
// their own and are not part of the repository: tests that read them skip with a sentence elsewhere, and fail where
// continuous integration should have had them.
package sharedtest

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Dir returns the folder of that name below ../shared/data, seen from the repository's root.
func Dir(tb testing.TB, name string) string {
	tb.Helper()
	_, file, _, _ := runtime.Caller(0) //nolint:dogsled // this file's own place
	return find(tb, filepath.Join(filepath.Dir(file), "..", "..", "..", "shared", "data", name))
}

func find(tb testing.TB, dir string) string {
	tb.Helper()
	dir = filepath.Clean(dir)
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	if os.Getenv("CI") == "true" {
		tb.Fatalf("%s is absent, and CI is to run the cases in it", dir)
	}
	tb.Skipf("%s is absent: the public cases are kept beside a checkout, not in it", dir)
	return ""
}
