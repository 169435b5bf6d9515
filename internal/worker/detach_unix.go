//go:build unix

package worker

import "syscall"

// detached gives a process a session of its own: it gets no signal that is meant for the terminal or the group of this one.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
