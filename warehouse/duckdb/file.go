package duckdb

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/headwater-mcp/headwater/fault"
)

// processFiles is what this process has open, by real path. It is the one global of the package, and has to be: POSIX
// locks belong to a process and an inode, so that closing any descriptor of the file, of a second instance for
// example, gives up the lock of the first without a word. A value handed around could exist twice.
var processFiles = registry{files: map[string]*file{}} //nolint:gochecknoglobals // see above

type registry struct {
	mu    sync.Mutex
	files map[string]*file
}

// file returns the one *file of a real path. Entries stay: there are as many as warehouses in a configuration.
func (r *registry) file(path string) *file {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, ok := r.files[path]
	if !ok {
		f = &file{changed: make(chan struct{})}
		r.files[path] = f
	}
	return f
}

// readersLimit bounds how long a writer waits for readers of its own process. They end by themselves; a reader that
// waits for this very writer does not, and would otherwise hang both.
const readersLimit = time.Minute

// file is one warehouse file in this process: closed, changing (being opened or closed), open, or lent to another
// program. Everything below mu is guarded by it; changed is closed and replaced whenever any of it changes.
type file struct {
	mu       sync.Mutex
	changed  chan struct{}
	changing bool
	instance *instance // nil unless open
	users    int       // leases of instance
	taken    bool      // one writer or borrower of this process has the slot
	pending  bool      // it waits to get in: readers give way
	writing  bool      // it is in: readers may share its instance
	lentTo   string    // what the borrower is, "" where the file is not lent
	failure  error     // why the last opening for readers failed; those who waited for it share it
}

// lease is one user of an open instance.
type lease struct {
	file     *file
	instance *instance
	writer   bool
	released bool // guarded by file.mu
}

// leaseKey finds in a context the lease under which a caller of the same file already runs.
type leaseKey struct{ file *file }

func (l *lease) mark(ctx context.Context) context.Context {
	return context.WithValue(ctx, leaseKey{l.file}, l)
}

// inherited is the live lease of ctx, or nil. The caller holds mu.
func (f *file) inherited(ctx context.Context) *lease {
	if l, ok := ctx.Value(leaseKey{f}).(*lease); ok && !l.released {
		return l
	}
	return nil
}

// notify wakes everybody who waits. The caller holds mu.
func (f *file) notify() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// await gives up mu until something changes or again fires (true), limit fires (false), or ctx ends.
func (f *file) await(ctx context.Context, limit, again <-chan time.Time) (bool, error) {
	changed := f.changed
	f.mu.Unlock()
	defer f.mu.Lock()
	select {
	case <-changed:
		return true, nil
	case <-again:
		return true, nil
	case <-limit:
		return false, nil
	case <-ctx.Done():
		return false, interrupted(ctx)
	}
}

// change runs step, which opens or closes something, without holding mu; the caller holds it before and after.
func (f *file) change(step func()) {
	f.changing, f.failure = true, nil
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.changing = false
		f.notify()
	}()
	step()
}

// open opens the instance. The caller holds mu.
func (f *file) open(ctx context.Context, o opening, mode mode) error {
	var i *instance
	var err error
	f.change(func() { i, err = openInstance(ctx, o, mode) })
	f.instance = i
	if err != nil && mode == readOnly && ctx.Err() == nil {
		f.failure = err
	}
	return err
}

// join adds a user to the open instance. The caller holds mu.
func (f *file) join(writer bool) *lease {
	f.users++
	return &lease{file: f, instance: f.instance, writer: writer}
}

// release ends the lease; the last one closes the file.
func (l *lease) release() {
	f := l.file
	f.mu.Lock()
	defer f.mu.Unlock()
	l.released = true
	if l.writer {
		f.writing = false
	}
	f.users--
	if f.users == 0 {
		i := f.instance
		f.instance = nil
		f.change(i.close)
	}
	if l.writer {
		f.leave()
	}
	f.notify()
}

// lend waits until nobody of this process uses the file and keeps all headwater processes out until the returned
// function is called.
func (f *file) lend(ctx context.Context, o opening, purpose string) (func(), error) {
	lock, err := f.vacate(ctx, o, purpose)
	if err != nil {
		return nil, err
	}
	return func() { f.takeBack(lock.release) }, nil
}

// lendTo is lend whose lock goes over to what start starts.
func (f *file) lendTo(ctx context.Context, o opening, purpose string, start func(*os.File) error) error {
	lock, err := f.vacate(ctx, o, purpose)
	if err != nil {
		return err
	}
	if err := start(lock.file()); err != nil {
		f.takeBack(lock.release)
		return err
	}
	f.takeBack(lock.handOver)
	return nil
}

// vacate waits until nobody of this process uses the file, and locks it. The file is lent until takeBack.
func (f *file) vacate(ctx context.Context, o opening, purpose string) (*lockFile, error) {
	var lock *lockFile
	if err := f.enter(ctx, o, purpose); err != nil {
		return lock, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.drain(ctx, func() bool { return false })
	if err == nil {
		f.change(func() { lock, err = lockBeside(ctx, o, readWrite, purpose) })
	}
	if err != nil {
		f.leave()
		return lock, err
	}
	f.pending, f.lentTo = false, purpose
	f.notify()
	return lock, nil
}

// takeBack ends a loan after what has to be done with its lock.
func (f *file) takeBack(end func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	end()
	f.leave()
}

// enter takes the slot and makes readers give way. Writers queue as long as it takes, but not behind a program to which
// the file was lent: that can take an hour. A caller that already uses the file would wait for itself.
func (f *file) enter(ctx context.Context, o opening, what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.inherited(ctx) != nil {
		return fault.New(fault.Internal, "headwater wanted to start %q while it was still reading the same warehouse. This is a bug.", what)
	}
	timer := time.NewTimer(o.wait)
	defer timer.Stop()
	limit := timer.C
	for f.taken {
		changed, err := f.await(ctx, limit, nil)
		if err != nil {
			return err
		}
		if !changed {
			limit = nil
		}
		if f.lentTo != "" && limit == nil {
			return f.refusal(o)
		}
	}
	f.taken, f.pending = true, true
	f.notify()
	return nil
}

// leave gives up the slot. The caller holds mu.
func (f *file) leave() {
	f.taken, f.pending, f.writing, f.lentTo = false, false, false, ""
	f.notify()
}

// drain waits until the file is closed in this process, or until usable says that the open instance will do. The
// caller holds mu and has the slot.
func (f *file) drain(ctx context.Context, usable func() bool) error {
	timer := time.NewTimer(readersLimit)
	defer timer.Stop()
	for f.changing || f.instance != nil && !usable() {
		ok, err := f.await(ctx, timer.C, nil)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Unavailable,
				"Headwater itself has been reading the warehouse for more than a minute, so nothing can be written. Try again when that has ended.")
		}
	}
	return nil
}
