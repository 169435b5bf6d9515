// Package duckdb answers from a DuckDB file that belongs to somebody else: dbt, a notebook, another headwater.
//
// It opens the file, does one thing and closes it. Between two calls nothing of it is held, so that dbt is never
// refused because of us. Invariants:
//
//   - In one process a file is open at most once, whoever asks; every call of every Warehouse shares that instance
//     (file.go). A second one, or a plain open and close of the file, would silently drop DuckDB's lock.
//   - Readers open READ_ONLY. A writer waits until they have left, then opens READ_WRITE; readers that come meanwhile
//     share its instance, each in a read-only transaction of its own.
//   - Headwater's processes agree through a lock file beside the warehouse (lockfile.go), other programs through
//     DuckDB's own lock on the file.
//   - Statements cannot reach other files, the network or the settings (instance.go).
//
// It leaves the meaning of statements to the packages that write them, and says of every failure to open what the
// file is and what would help (openfault.go).
package duckdb

import (
	"context"
	"os"

	"github.com/headwater-mcp/headwater/warehouse"
)

// Warehouse is one DuckDB file. It holds no resources, needs no closing and is safe for concurrent use.
type Warehouse struct {
	settings settings
}

var _ warehouse.Warehouse = (*Warehouse)(nil)

// New checks the options and touches no file. A path that can never be a warehouse (none, in memory, a URL) is
// fault.Invalid.
func New(options Options) (*Warehouse, error) {
	s, err := options.settings()
	if err != nil {
		return nil, err
	}
	return &Warehouse{settings: s}, nil
}

// Dialect implements warehouse.Warehouse.
func (w *Warehouse) Dialect() warehouse.Dialect { return Dialect() }

// Read implements warehouse.Warehouse. A Read inside fn, given fn's context, is a part of the same session and does not wait,
// even where the path leads to another file by now.
func (w *Warehouse) Read(ctx context.Context, fn func(context.Context, warehouse.Reader) error) (err error) {
	if s := w.settings.within(ctx); s != nil {
		return fn(ctx, s)
	}
	f, o, err := w.settings.resolve()
	if err != nil {
		return err
	}
	l, err := f.acquireRead(ctx, o)
	if err != nil {
		return err
	}
	defer l.release()
	s, err := l.begin(ctx, readOnly)
	if err != nil {
		return err
	}
	defer s.end()
	return fn(w.settings.enclose(l.mark(ctx), s), s)
}

// Write implements warehouse.Warehouse. Writers of this process queue; other programs are waited for as long as
// Options.Wait. Closing the file afterwards checkpoints it, so no log is left beside it. A Write inside the fn of a
// Read or Write of the same file would wait for itself: it is refused as fault.Internal.
func (w *Warehouse) Write(ctx context.Context, fn func(context.Context, warehouse.Writer) error) error {
	f, o, err := w.settings.resolve()
	if err != nil {
		return err
	}
	l, err := f.acquireWrite(ctx, o)
	if err != nil {
		return err
	}
	defer l.release()
	s, err := l.begin(ctx, readWrite)
	if err != nil {
		return err
	}
	defer s.end()
	if err := fn(l.mark(ctx), s); err != nil {
		return err
	}
	return s.commit(ctx)
}

// Lend keeps every headwater process away from the file while fn runs another program that writes it, such as dbt.
// Purpose names that program in the messages that others see ("dbt run"). It waits as Write does. Calls of Read and
// Write on the same file meanwhile fail with fault.Unavailable.
func (w *Warehouse) Lend(ctx context.Context, purpose string, fn func(context.Context) error) error {
	f, o, err := w.settings.resolve()
	if err != nil {
		return err
	}
	giveBack, err := f.lend(ctx, o, purpose)
	if err != nil {
		return err
	}
	defer giveBack()
	return fn(ctx)
}

// LendTo is Lend for a program that outlives the call, and this process. Start starts it and hands it the open lock file, for
// exec.Cmd.ExtraFiles; every headwater process, this one included, is kept away until the program and all that inherited the
// descriptor from it have ended. Where start fails the file is given back. Lock is nil where no lock file can be made.
func (w *Warehouse) LendTo(ctx context.Context, purpose string, start func(lock *os.File) error) error {
	f, o, err := w.settings.resolve()
	if err != nil {
		return err
	}
	return f.lendTo(ctx, o, purpose, start)
}
