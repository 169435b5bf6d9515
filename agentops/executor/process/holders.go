package process

import (
	"os"
	"path/filepath"
	"strconv"
)

// tells reports whether the system tells which process has a file open, as Linux does of processes of the same user.
func tells() bool {
	_, err := os.Stat("/proc/self/fd")
	return err == nil
}

// holders are the processes other than this one that have the job's lock open; none where the system does not tell.
func (j Job) holders() []int {
	held, err := os.Stat(j.path(lockFile))
	if err != nil {
		return nil
	}
	var out []int
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range processes {
		pid, err := strconv.Atoi(filepath.Base(process))
		if err == nil && pid != os.Getpid() && opened(filepath.Join(process, "fd"), held) {
			out = append(out, pid)
		}
	}
	return out
}

// opened reports whether one of the descriptors in a folder of /proc is of that file.
func opened(descriptors string, file os.FileInfo) bool {
	open, err := os.ReadDir(descriptors)
	if err != nil {
		return false
	}
	for _, fd := range open {
		if info, err := os.Stat(filepath.Join(descriptors, fd.Name())); err == nil && os.SameFile(info, file) {
			return true
		}
	}
	return false
}
