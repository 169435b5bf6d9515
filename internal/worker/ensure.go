package worker

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/store"
)

// Command is how a worker process is started.
type Command struct {
	// Path is the program, Args what follows its name, the first of them included.
	Path string
	Args []string
	Dir  string
	// Env is "KEY=value"; nil is this process's.
	Env []string
	Log zerolog.Logger
}

// LogPath is where the workers of a store that Ensure started write.
func LogPath(storePath string) string { return storePath + ".worker.log" }

// maxLog is the size in bytes from which a log is set aside for a new one, of which the one before is kept.
const maxLog = 1 << 20

// Ensure starts a worker where there is work and none lives, and reports whether it did. The worker is detached: it outlives this
// process. Several processes may do this at once: of the workers that they start one gets the lock, and the others end. It is
// fault.Unavailable where no process can be started.
//
// It is to be called after a run was started or changed, and by whoever sees runs that have not ended. A worker that is about to
// end frees the lock first and looks for runs then, so that a run that was started before this call is seen by one of the two.
func Ensure(ctx context.Context, s *store.Store, c Command) (bool, error) {
	work, err := s.HasWork(ctx)
	if err != nil || !work {
		return false, err
	}
	if _, alive := Alive(s.Path()); alive {
		return false, nil
	}
	if err := start(s.Path(), c); err != nil {
		return false, fault.Wrap(err, fault.Unavailable,
			"The run is kept, and no worker could be started for it (%s). Run `headwater worker` in the project's folder.", reason(err))
	}
	return true, nil
}

// start starts the process, whose end is only waited for so that it leaves no zombie.
func start(storePath string, c Command) error {
	path := LogPath(storePath)
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		_ = os.Rename(path, path+".1") // several may; then one finds nothing to rename
	}
	const mode = 0o600
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, mode)
	if err != nil {
		return err //nolint:wrapcheck // Ensure does
	}
	defer out.Close() //nolint:errcheck // the child has its own
	cmd := &exec.Cmd{Path: c.Path, Args: c.Args, Dir: c.Dir, Env: c.Env, Stdout: out, Stderr: out, SysProcAttr: detached()}
	if err := cmd.Start(); err != nil {
		return err //nolint:wrapcheck // Ensure does
	}
	go func() {
		if err := cmd.Wait(); err != nil {
			c.Log.Warn().Err(err).Str("log", path).Msg("the worker ended with an error")
		}
	}()
	return nil
}

// reason is what the system says, without paths.
func reason(err error) string {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err.Error()
	}
	return "the program " + filepath.Base(os.Args[0]) + " cannot be started"
}

// trim cuts a log that this process writes to and that has grown large. Its writers append, so that they go on at the new end.
func trim(path string) {
	const many = 4
	if info, err := os.Stat(path); err == nil && info.Size() > many*maxLog {
		_ = os.Truncate(path, 0) // a log that cannot be cut is cut another time
	}
}
