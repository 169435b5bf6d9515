package duckdb

import (
	"context"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/headwater-mcp/headwater/fault"
)

// lockSuffix ends the name of the lock file by which headwater's processes agree about a warehouse. It is shared while
// one reads, and exclusive while one writes or has dbt write: DuckDB's own lock is free between the models of a dbt
// run, and a reader that came in then would make the next model fail. The file stays; removing it would let two
// processes hold locks on two files of that name.
const lockSuffix = ".headwater.lock"

// lockBeside takes the lock file, waiting o.wait for other processes. Where it cannot be made (a folder that is
// read-only, a file system without locks) the call goes on without: DuckDB's lock still protects the data.
func lockBeside(ctx context.Context, o opening, mode mode, purpose string) (unlock func(), err error) {
	path := o.real + lockSuffix
	l := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDONLY), flock.SetPermissions(0o666))
	try := l.TryRLock
	if mode == readWrite {
		try = l.TryLock
	}
	enough := time.NewTimer(o.wait)
	defer enough.Stop()
	again := time.NewTicker(pollEvery)
	defer again.Stop()
	for {
		locked, err := try()
		switch {
		case err != nil:
			return func() {}, nil //nolint:nilerr // see above: reading goes without
		case locked:
			sign(path, purpose)
			return func() { _ = l.Close() }, nil // closing a descriptor cannot keep the lock
		}
		select {
		case <-again.C:
		case <-enough.C:
			return nil, heldByUs(o, mode)
		case <-ctx.Done():
			return nil, interrupted(ctx)
		}
	}
}

// sign writes who took the lock last, for the message of whoever is refused. Losing it costs a name.
func sign(path, purpose string) {
	note := strconv.Itoa(os.Getpid()) + " " + strings.Join(strings.Fields(purpose), " ") + "\n"
	_ = os.WriteFile(path, []byte(note), 0o666) //nolint:gosec // shared with other users of the warehouse, as the umask says
}

// heldByUs is the fault of a lock that another headwater process holds. A writer can be kept out by several readers,
// of which the note names the last.
func heldByUs(o opening, mode mode) error {
	who := "another headwater process"
	if note, err := os.ReadFile(o.real + lockSuffix); err == nil {
		if pid, purpose, ok := strings.Cut(strings.TrimSpace(string(note)), " "); ok {
			who = "another headwater process (" + purpose + ", process " + pid + ")"
		}
	}
	if mode == readWrite {
		return fault.New(fault.Unavailable, "The warehouse %s is in use by %s and could not be written within %s. Try again when that has ended.",
			o.name(), who, o.wait)
	}
	return fault.New(fault.Unavailable, "The warehouse %s is being written by %s. Try again when that has finished.", o.name(), who)
}
