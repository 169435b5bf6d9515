//go:build unix

package duckdb

import (
	"errors"
	"os"
	"syscall"
)

// lockFile is the open lock file beside a warehouse.
type lockFile struct{ open *os.File }

// openLockFile opens it for writing where it may, which some network file systems ask of an exclusive lock.
func openLockFile(path string) (*lockFile, error) {
	const everybody = 0o666                                       // who may use the warehouse may use its lock
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, everybody) //nolint:forbidigo // our own file
	if errors.Is(err, os.ErrPermission) {
		f, err = os.OpenFile(path, os.O_RDONLY, 0) //nolint:forbidigo // as above
	}
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller goes on without
	}
	return &lockFile{f}, nil
}

// try takes the lock, exclusive or shared, where nobody is in the way.
func (l *lockFile) try(exclusive bool) (bool, error) {
	how := syscall.LOCK_SH
	if exclusive {
		how = syscall.LOCK_EX
	}
	for {
		err := syscall.Flock(int(l.open.Fd()), how|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		default:
			return err == nil, err //nolint:wrapcheck // as above
		}
	}
}

// release gives the lock up, whoever has the file open by now.
func (l *lockFile) release() {
	if l == nil {
		return
	}
	_ = syscall.Flock(int(l.open.Fd()), syscall.LOCK_UN)
	_ = l.open.Close()
}

// handOver leaves the lock to the processes that inherited the open file: it is theirs until the last of them has ended.
func (l *lockFile) handOver() {
	if l != nil {
		_ = l.open.Close()
	}
}

// file is what such a process is given.
func (l *lockFile) file() *os.File {
	if l == nil {
		return nil
	}
	return l.open
}
