package worker

import (
	"context"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/headwater-mcp/headwater/fault"
)

// HeldError says that another worker lives for the store.
type HeldError struct {
	// Who names it, where it can be told.
	Who string
}

// Error is a sentence for people.
func (h *HeldError) Error() string {
	return "The runs of this project are executed by " + h.Who + " already."
}

// LockPath is the file whose lock the worker of a store holds. The file stays: removing it would let two workers hold locks on
// two files of that name.
func LockPath(storePath string) string { return storePath + ".worker.lock" }

// lock makes this process the store's worker. Whoever asks whether there is one holds the lock for a moment, so it is tried for a
// little longer.
func lock(ctx context.Context, storePath string, now time.Time) (release func(), err error) {
	const patience, pause = 2 * time.Second, 10 * time.Millisecond
	limited, done := context.WithTimeout(ctx, patience)
	defer done()
	path := LockPath(storePath)
	l := flock.New(path)
	got, err := l.TryLockContext(limited, pause)
	switch {
	case got:
		note := strconv.Itoa(os.Getpid()) + " " + now.UTC().Format(time.RFC3339) + "\n"
		const mode = 0o600
		_ = os.WriteFile(path, []byte(note), mode) // losing it costs a name in a message
		return func() {
			_ = os.Truncate(path, 0) // nobody is to be taken for the next holder
			_ = l.Close()            // closing a descriptor cannot keep the lock
		}, nil
	case ctx.Err() != nil:
		return nil, ctx.Err() //nolint:wrapcheck // the caller's own
	case limited.Err() != nil:
		return nil, &HeldError{Who: holder(path)}
	}
	return nil, fault.Wrap(err, fault.Unavailable,
		"The lock of the worker, %s, cannot be taken. Set `state` in headwater.yaml to a place on a local disk.", path)
}

// holder says who wrote the note.
func holder(path string) string {
	note, err := os.ReadFile(path)
	pid, since, ok := strings.Cut(strings.TrimSpace(string(note)), " ")
	if _, bad := strconv.Atoi(pid); err != nil || !ok || bad != nil {
		return "another process"
	}
	return "process " + pid + " (since " + since + ")"
}

// Alive reports whether a worker lives for a store, and who it is. What cannot be told counts as none.
func Alive(storePath string) (who string, alive bool) {
	path := LockPath(storePath)
	if _, err := os.Stat(path); err != nil {
		return "", false
	}
	l := flock.New(path)
	defer l.Close() //nolint:errcheck // as above
	got, err := l.TryLock()
	if got || err != nil {
		return "", false
	}
	return holder(path), true
}
