package duckdb

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/warehouse"
)

// until waits for a state of the file that another goroutine brings about.
func (f *file) until(t *testing.T, state func() bool) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for !state() {
		changed, err := f.await(t.Context(), time.After(time.Minute), nil)
		require.NoError(t, err)
		require.True(t, changed, "the state never came")
	}
}

// is checks how the file is open, "" for not, and how many use it.
func (f *file) is(t *testing.T, want mode, users int) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	var got mode
	if f.instance != nil {
		got = f.instance.mode
	}
	require.Equal(t, want, got)
	require.Equal(t, users, f.users)
}

// write starts a writer that waits as long as it takes.
func (f *file) write(t *testing.T, o opening) <-chan *lease {
	t.Helper()
	writer := make(chan *lease)
	go func() {
		l, err := f.acquireWrite(t.Context(), o)
		if err != nil {
			t.Error(err)
		}
		writer <- l
	}()
	return writer
}

// read starts a reader that must get in.
func (f *file) read(ctx context.Context, t *testing.T, o opening) *lease {
	t.Helper()
	l, err := f.acquireRead(ctx, o)
	require.NoError(t, err)
	return l
}

// TestTurns walks through who gets the file when readers and writers of one process meet.
func TestTurns(t *testing.T) {
	t.Parallel()
	options := Options{Path: filepath.Join(t.TempDir(), "shop.duckdb"), Create: true, Wait: -1}
	w, err := New(options)
	require.NoError(t, err)
	require.NoError(t, w.Write(t.Context(), func(context.Context, warehouse.Writer) error { return nil }))
	f, hasty, err := w.settings.resolve()
	require.NoError(t, err)
	patient := hasty
	patient.wait = time.Hour
	ctx := t.Context()
	f.is(t, "", 0)

	first, second := f.read(ctx, t, hasty), f.read(ctx, t, hasty)
	f.is(t, readOnly, 2)
	writer := f.write(t, patient)
	f.until(t, func() bool { return f.pending })
	require.Equal(t, wait, f.judge(patient, true), "a new reader gives way to the writer that waits")
	inside := f.read(first.mark(ctx), t, patient) // a call inside a call does not
	third := f.read(ctx, t, hasty)                // nor does one whose patience is over
	for _, l := range []*lease{inside, third, first} {
		l.release()
	}
	f.is(t, readOnly, 1)
	second.release()

	writing := <-writer
	f.is(t, readWrite, 1)
	beside := f.read(ctx, t, patient) // a reader shares the writer's instance
	writing.release()
	f.is(t, readWrite, 1)
	require.Equal(t, wait, f.judge(patient, true), "when the writer has left, new readers let the file go")
	again := <-f.write(t, hasty) // another writer takes it as it is
	f.is(t, readWrite, 2)
	again.release()
	beside.release()
	f.is(t, "", 0)
}

// TestOthersSettings keeps an instance to those who asked for the same limits.
func TestOthersSettings(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "shop.duckdb")
	w, err := New(Options{Path: path, Create: true, Wait: -1})
	require.NoError(t, err)
	wider, err := New(Options{Path: path, AllowedPaths: []string{"/"}, Wait: -1})
	require.NoError(t, err)
	require.NoError(t, w.Write(t.Context(), func(ctx context.Context, _ warehouse.Writer) error {
		err := wider.Read(ctx, func(context.Context, warehouse.Reader) error { return nil })
		require.Equal(t, fault.Unavailable, fault.KindOf(err))
		require.ErrorContains(t, err, "other settings")
		return nil
	}))
	require.NoError(t, wider.Read(t.Context(), func(context.Context, warehouse.Reader) error { return nil }))
}

// TestDoomed lets nobody join an instance that DuckDB has given up on; the next call opens a new one.
func TestDoomed(t *testing.T) {
	t.Parallel()
	w, err := New(Options{Path: filepath.Join(t.TempDir(), "shop.duckdb"), Create: true, Wait: -1})
	require.NoError(t, err)
	require.NoError(t, w.Write(t.Context(), func(context.Context, warehouse.Writer) error { return nil }))
	f, o, err := w.settings.resolve()
	require.NoError(t, err)
	l, err := f.acquireRead(t.Context(), o)
	require.NoError(t, err)
	l.instance.doomed.Store(true)
	_, err = f.acquireRead(l.mark(t.Context()), o)
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	l.release()
	_, err = w.Health(t.Context())
	require.NoError(t, err)
}
