//go:build !unix

package worker

import "syscall"

// detached changes nothing where there are no sessions.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
