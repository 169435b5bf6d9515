package duckdb

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/headwater-mcp/headwater/fault"
)

// lockSuffix ends the name of the lock file by which headwater's processes agree about a warehouse. It is shared while
// one reads, and exclusive while one writes or has dbt write: DuckDB's own lock is free between the models of a dbt
// run whose profile says keep_open: false, and a reader that came in then would make the next model fail. The file
// stays; removing it would let two processes hold locks on two files of that name.
const lockSuffix = ".headwater.lock"

// lockBeside takes the lock file, waiting o.wait for other processes. Where it cannot be made (a folder that is
// read-only, a file system without locks) the call goes on without, and the lock is nil, of which every method may be called:
// DuckDB's lock still protects the data.
func lockBeside(ctx context.Context, o opening, mode mode, purpose string) (*lockFile, error) {
	path := o.real + lockSuffix
	l, err := openLockFile(path)
	if err != nil {
		return nil, nil //nolint:nilnil // see above: the call goes on without
	}
	enough := time.NewTimer(o.wait)
	defer enough.Stop()
	again := time.NewTicker(pollEvery)
	defer again.Stop()
	var turn *lockFile
	defer func() { turn.release() }()
	for {
		locked, err := l.try(mode == readWrite)
		if mode == readWrite && !locked && turn == nil {
			turn = takeTurn(o)
		}
		switch {
		case err != nil:
			l.release()
			return nil, nil //nolint:nilnil // as above
		case locked:
			sign(path, mode, purpose)
			return l, nil
		}
		select {
		case <-again.C:
		case <-enough.C:
			l.release()
			return nil, heldByUs(o, mode)
		case <-ctx.Done():
			l.release()
			return nil, interrupted(ctx)
		}
	}
}

// maxNotes is the size in bytes from which the notes of readers start anew.
const maxNotes = 4096

// sign notes who uses the warehouse, a line each: a writer alone, readers below each other. Readers leave their line,
// so that a later refusal names those who may be it. Losing a note costs a name in a message.
func sign(path string, mode mode, purpose string) {
	note := strconv.Itoa(os.Getpid()) + " " + strings.Join(strings.Fields(purpose), " ") + "\n"
	flags := os.O_WRONLY | os.O_TRUNC
	notes, err := os.ReadFile(path) //nolint:forbidigo // our own file beside the warehouse
	if err == nil && mode == readOnly && len(notes) < maxNotes {
		if strings.Contains("\n"+string(notes), "\n"+note) {
			return
		}
		flags = os.O_WRONLY | os.O_APPEND
	}
	if f, err := os.OpenFile(path, flags, 0); err == nil { //nolint:forbidigo // as above
		_, _ = f.WriteString(note)
		_ = f.Close()
	}
}

// heldByUs is the fault of a lock that another headwater process holds.
func heldByUs(o opening, mode mode) error {
	who := "another headwater process"
	if known := strings.Join(signers(o.real+lockSuffix), " or "); known != "" {
		who += " (" + known + ")"
	}
	if mode == readWrite {
		return fault.New(fault.Unavailable, "The warehouse %s is in use by %s and could not be written within %s. Try again when that has ended.",
			o.name(), who, o.wait)
	}
	return fault.New(fault.Unavailable, "The warehouse %s is being written by %s. Try again when that has finished.", o.name(), who)
}

// signers reads the notes of other processes that still run.
func signers(path string) []string {
	notes, err := os.ReadFile(path) //nolint:forbidigo // our own file beside the warehouse
	if err != nil {
		return nil
	}
	var out []string
	for line := range strings.Lines(string(notes)) {
		text, purpose, _ := strings.Cut(strings.TrimSpace(line), " ")
		if pid, err := strconv.Atoi(text); err == nil && pid != os.Getpid() && alive(pid) {
			out = append(out, purpose+", process "+text)
		}
	}
	return out
}

// alive asks the system, without disturbing the process.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = p.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, syscall.EPERM)
}
