package process

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// Job is a command and the folder with what is known of it.
type Job struct{ dir string }

// At is the job of a folder, which need not exist yet.
func At(dir string) Job { return Job{dir} }

// Names of files in a job's folder.
const (
	gateFile      = "gate"      // locked while somebody starts the job or looks at it
	lockFile      = "lock"      // locked as long as anything of the job lives
	pidFile       = "pid"       // the process group, written before the command runs
	exitFile      = "exit"      // the exit code
	cancelledFile = "cancelled" // somebody wanted it to end
)

// Status is how a job stands.
type Status struct {
	// Started: the command was started, by whomever, or never will be, since the job was stopped before.
	Started bool
	// Running: something of it lives.
	Running bool
	// Exited: the command ended by itself or by a signal, and Code is its exit code, 128 and more for a signal. Where a job is
	// started and neither Running nor Exited, it was killed with all that could have said how.
	Exited bool
	Code   int
	// Stopped: Stop was called before it had ended.
	Stopped bool
}

// Status looks at a job without waiting for it. What a command leaves behind in the background is asked to end as soon as the
// command itself has: nothing may write once a job counts as ended.
func (j Job) Status() (Status, error) {
	var s Status
	if _, err := os.Stat(j.dir); errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	err := j.gated(func() error {
		var err error
		if s, err = j.look(); err == nil && s.Running && s.Exited {
			j.signal(Terminate)
		}
		return err
	})
	return s, err
}

// look is Status for a caller who has the gate.
func (j Job) look() (Status, error) {
	var s Status
	var err error
	if s.Running, err = locked(j.path(lockFile)); err != nil {
		return s, j.unusable(err)
	}
	s.Code, s.Exited = j.number(exitFile)
	_, s.Started = j.number(pidFile)
	_, err = os.Stat(j.path(cancelledFile))
	s.Stopped = err == nil
	s.Started = s.Started || s.Running || s.Exited || s.Stopped
	return s, nil
}

func (j Job) path(name string) string { return filepath.Join(j.dir, name) }

// number reads a whole line that is a number; the line's end says that it is whole.
func (j Job) number(name string) (int, bool) {
	text, err := os.ReadFile(j.path(name))
	line, whole := strings.CutSuffix(string(text), "\n")
	n, wrong := strconv.Atoi(line)
	return n, err == nil && whole && wrong == nil
}

// gated runs fn while no other process starts the job or looks at it. Looking takes the job's lock for a moment, which a starter
// would take for a job that runs.
func (j Job) gated(fn func() error) error {
	gate, err := os.OpenFile(j.path(gateFile), os.O_CREATE|os.O_RDONLY, 0o600)
	if err != nil {
		return j.unusable(err)
	}
	defer gate.Close() //nolint:errcheck // nothing is written to it
	if err := lock(gate); err != nil {
		return j.unusable(err)
	}
	defer unlock(gate)
	return fn()
}

func (j Job) unusable(err error) error {
	return fault.Wrap(err, fault.Unavailable, "The folder %s of a job cannot be used: %s. It needs to be on a local disk with room, and writable.",
		j.dir, rootCause(err))
}

// rootCause leaves out the names of files that the sentence holds already.
func rootCause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
