package process

import (
	"context"
	_ "embed" // shim.sh
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

//go:embed shim.sh
var shim string

// Command is what a job runs.
type Command struct {
	// Argv is the program and its arguments. A program with a slash in it is relative to Dir, any other is looked for in the PATH of
	// Env.
	Argv []string
	// Dir is the working directory.
	Dir string
	// Env is the environment, like os.Environ.
	Env []string
	// Files are open files that the command and all that it starts inherit, to hold locks that end with them.
	Files []*os.File
}

// Start starts the command in a session of its own and returns when it runs. A job that was started or stopped before is left as
// it is. A program that is not there is fault.Invalid, a folder that cannot be written fault.Unavailable.
func (j Job) Start(ctx context.Context, c Command) error {
	program, err := c.program()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(j.dir, 0o700); err != nil {
		return j.unusable(err)
	}
	return j.gated(func() error {
		if s, err := j.look(); err != nil || s.Started {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return j.launch(program, c)
	})
}

// launch starts the shim and waits until it has noted its process group. The caller has the gate.
func (j Job) launch(program string, c Command) error {
	held, err := os.OpenFile(j.path(lockFile), os.O_CREATE|os.O_RDONLY, 0o600)
	if err != nil {
		return j.unusable(err)
	}
	defer held.Close() //nolint:errcheck // the descriptor of the command goes on holding the lock
	if err := lock(held); err != nil {
		return j.unusable(err)
	}
	begun, beginning, err := os.Pipe()
	if err != nil {
		unlock(held)
		return j.unusable(err)
	}
	defer begun.Close() //nolint:errcheck // read only
	// The arguments are no text of the script's, and the command outlives every context.
	arguments := append([]string{"-c", shim, "headwater-job", j.dir, program}, c.Argv[1:]...)
	cmd := exec.Command("/bin/sh", arguments...) //nolint:gosec,noctx // as said
	cmd.Dir, cmd.Env, cmd.SysProcAttr = c.Dir, c.Env, ownSession()
	cmd.ExtraFiles = slices.Concat([]*os.File{held, beginning}, c.Files)
	err = cmd.Start()
	_ = beginning.Close() // the shim has its own
	if err != nil {
		unlock(held)
		return fault.Wrap(err, fault.Unavailable, "%s could not be started in %s: %s.", c.Argv[0], c.Dir, rootCause(err))
	}
	go func() { _ = cmd.Wait() }() // no zombie stays; what it ended with stands in the folder
	_, _ = io.Copy(io.Discard, begun)
	if _, noted := j.number(pidFile); !noted {
		return j.unusable(errors.New("the job's process could not write to it"))
	}
	return nil
}

// program finds the program as execvp would, and names it by a path, so that no shell takes it for a command of its own.
func (c Command) program() (string, error) {
	if len(c.Argv) == 0 || c.Argv[0] == "" {
		return "", fault.New(fault.Invalid, "A command without a program cannot be run.")
	}
	name := c.Argv[0]
	if strings.Contains(name, "/") {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(c.Dir, path)
		}
		if err := executable(path); err != nil {
			return "", fault.Wrap(err, fault.Invalid, "%s cannot be run: %s. Name a program that is there and executable; a relative path starts at %s.",
				name, rootCause(err), c.Dir)
		}
		return path, nil
	}
	for _, folder := range filepath.SplitList(variable(c.Env, "PATH")) {
		if !filepath.IsAbs(folder) {
			folder = filepath.Join(c.Dir, folder)
		}
		if path := filepath.Join(folder, name); executable(path) == nil {
			return path, nil
		}
	}
	return "", fault.New(fault.Invalid, "There is no program %q in the PATH that headwater was started with. Install it, or name it with its path.", name)
}

func executable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err //nolint:wrapcheck // put into a sentence by the caller
	case info.IsDir():
		return errors.New("it is a folder")
	case info.Mode()&0o111 == 0:
		return fs.ErrPermission
	}
	return nil
}

// variable is the last value of a variable, which is the one that counts.
func variable(env []string, name string) string {
	for _, line := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(line, name+"="); ok {
			return value
		}
	}
	return ""
}
