package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// task is what one process of its own does, so that its peak memory is its own.
type task struct {
	// Do is sql, build or sums.
	Do      string `json:"do"`
	DB      string `json:"db"`
	Memory  string `json:"memory"`
	Threads int    `json:"threads"`
	// Spill is the folder for what does not fit into the memory.
	Spill string `json:"spill"`

	// SQL is run with the variables, whose values are SQL as well.
	SQL       string            `json:"sql,omitempty"`
	Variables map[string]string `json:"variables,omitempty"`

	// Begin is the fact's; From and Until are dates as in activation.BuildRequest, empty where not asked for.
	Begin date      `json:"begin,omitempty"`
	From  date      `json:"from,omitempty"`
	Until date      `json:"until,omitempty"`
	AsOf  time.Time `json:"as_of,omitzero"`
	Trace bool      `json:"trace,omitempty"`
}

// done is what the process says at its end. The clock runs from before the file is opened until it is closed.
type done struct {
	Wall  time.Duration     `json:"wall"`
	CPU   time.Duration     `json:"cpu"`
	Built built             `json:"built,omitzero"`
	Spent []spent           `json:"spent,omitempty"`
	Sums  map[string]string `json:"sums,omitempty"`
	// Peak is the resident memory of the process in bytes, told by the system once it has ended.
	Peak int64 `json:"-"`
}

// built is what a build said that it did.
type built struct {
	Periods int    `json:"periods"`
	Changed int64  `json:"changed"`
	Active  int64  `json:"active"`
	Why     string `json:"why"`
}

// perform is the child's side: the task comes in as JSON, what was measured goes out.
func perform(ctx context.Context, in io.Reader, out io.Writer) error {
	var t task
	if err := json.NewDecoder(in).Decode(&t); err != nil {
		return fmt.Errorf("reading the task: %w", err)
	}
	var d done
	var err error
	wall, cpu := time.Now(), processTime()
	switch t.Do {
	case "sql":
		err = runSQL(ctx, t)
	case "build":
		d.Built, d.Spent, err = runBuild(ctx, t)
	case "sums":
		d.Sums, err = checksums(ctx, t)
	default:
		err = fmt.Errorf("no task is called %q", t.Do)
	}
	if err != nil {
		return err
	}
	d.Wall, d.CPU = time.Since(wall), processTime()-cpu
	if err := json.NewEncoder(out).Encode(d); err != nil {
		return fmt.Errorf("saying what was measured: %w", err)
	}
	return nil
}

// childFlag makes the program perform a task instead of measuring.
const childFlag = "-perform"

// start runs a task in a process of its own. Nothing of the file may be left in a log beside it.
func start(ctx context.Context, t task) (done, error) {
	var d done
	program, err := os.Executable()
	if err != nil {
		return d, fmt.Errorf("finding this program: %w", err)
	}
	text, err := json.Marshal(t)
	if err != nil {
		return d, fmt.Errorf("writing the task: %w", err)
	}
	var out, problems bytes.Buffer
	cmd := exec.CommandContext(ctx, program, childFlag) //nolint:gosec // this program
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), &out, &problems
	if err := cmd.Run(); err != nil {
		return d, fmt.Errorf("%s %s: %w: %s", t.Do, t.DB, err, problems.Bytes())
	}
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		return d, fmt.Errorf("reading what was measured: %w", err)
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		d.Peak = usage.Maxrss
		if runtime.GOOS != "darwin" { // which counts bytes; the others count kilobytes
			d.Peak *= 1 << 10
		}
	}
	if log, err := os.Stat(t.DB + ".wal"); err == nil && log.Size() > 0 {
		return d, errors.New(t.DB + " was closed with a log beside it: what was measured is not checkpointed")
	}
	return d, nil
}

// processTime is the CPU time that this process has used; 0 where the system does not say.
func processTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
