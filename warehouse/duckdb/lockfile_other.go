//go:build !unix

package duckdb

import (
	"os"

	"github.com/gofrs/flock"
)

// lockFile is the lock file beside a warehouse. It cannot be handed to another process on this system.
type lockFile struct{ lock *flock.Flock }

func openLockFile(path string) (*lockFile, error) {
	return &lockFile{flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDONLY), flock.SetPermissions(0o666))}, nil
}

func (l *lockFile) try(exclusive bool) (bool, error) {
	if exclusive {
		return l.lock.TryLock()
	}
	return l.lock.TryRLock()
}

func (l *lockFile) release() {
	if l != nil {
		_ = l.lock.Close()
	}
}

func (l *lockFile) handOver() { l.release() }

func (l *lockFile) file() *os.File { return nil }
