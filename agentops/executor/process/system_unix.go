//go:build unix

package process

import (
	"errors"
	"os"
	"syscall"
)

// Terminate is the polite signal of most programs.
const Terminate = syscall.SIGTERM

// ownSession keeps a command away from the terminal and from the signals of whoever starts it.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// lock waits for the exclusive lock of a file.
func lock(f *os.File) error { return flock(f, syscall.LOCK_EX) }

// unlock gives a lock up at once. Closing the file would do it only when no process that was forked meanwhile has it open.
func unlock(f *os.File) { _ = flock(f, syscall.LOCK_UN) }

func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			return err //nolint:wrapcheck // put into a sentence by the caller
		}
	}
}

// locked reports whether a process holds the lock of a file.
func locked(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err //nolint:wrapcheck // as above
	}
	defer f.Close() //nolint:errcheck // read only
	err = flock(f, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	unlock(f)
	return false, err
}

func groupOf(pid int) int {
	group, err := syscall.Getpgid(pid)
	if err != nil {
		return 0
	}
	return group
}

func signalGroup(group int, sig os.Signal) {
	if s, ok := sig.(syscall.Signal); ok && group > 1 {
		_ = syscall.Kill(-group, s) // it may have ended just now
	}
}

func signalProcess(pid int, sig os.Signal) {
	if s, ok := sig.(syscall.Signal); ok && pid > 1 {
		_ = syscall.Kill(pid, s) // as above
	}
}
