package duckdb_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/warehouse"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// shop makes a file with a table t of one row and returns its path.
func shop(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shop.duckdb")
	create(t, duckdb.Options{Path: path}, "CREATE TABLE t AS SELECT 1 AS i")
	return path
}

func TestForeignHolder(t *testing.T) {
	t.Parallel()
	t.Run("reads along with a reader", func(t *testing.T) {
		t.Parallel()
		path := shop(t)
		start(t, path).must("hold READ_ONLY")
		n, err := count(t.Context(), at(t, path, -1), "SELECT count(*) FROM t")
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
	})
	t.Run("cannot write beside a reader", func(t *testing.T) {
		t.Parallel()
		path := shop(t)
		other := start(t, path)
		other.must("hold READ_ONLY")
		err := exec1(t.Context(), at(t, path, 30*time.Millisecond), "INSERT INTO t VALUES (2)")
		require.Equal(t, fault.Unavailable, fault.KindOf(err))
		require.ErrorContains(t, err, path+" is held open for reading by ")
		require.ErrorContains(t, err, "(process "+other.pid()+")")
		other.must("close")
		require.NoError(t, exec1(t.Context(), at(t, path, -1), "INSERT INTO t VALUES (2)"))
	})
	t.Run("neither reads nor writes beside a writer", func(t *testing.T) {
		t.Parallel()
		path := shop(t)
		other := start(t, path)
		other.must("hold READ_WRITE")
		w := at(t, path, 30*time.Millisecond)
		_, reading := count(t.Context(), w, "SELECT 1")
		for _, err := range []error{reading, exec1(t.Context(), w, "INSERT INTO t VALUES (2)")} {
			require.Equal(t, fault.Unavailable, fault.KindOf(err))
			require.ErrorContains(t, err, path+" is held for writing by duckdb.test (process "+other.pid()+")")
		}
	})
	t.Run("waits until the holder has left", func(t *testing.T) {
		t.Parallel()
		path := shop(t)
		other := start(t, path)
		other.must("hold READ_WRITE")
		var g errgroup.Group
		for range 3 {
			g.Go(func() error {
				_, err := count(t.Context(), at(t, path, time.Minute), "SELECT count(*) FROM t")
				return err
			})
		}
		other.must("exec INSERT INTO t VALUES (2)")
		other.must("close")
		require.NoError(t, g.Wait())
	})
	t.Run("a call that waits can be cancelled", func(t *testing.T) {
		t.Parallel()
		path := shop(t)
		start(t, path).must("hold READ_WRITE")
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		_, err := count(ctx, at(t, path, time.Hour), "SELECT 1")
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// TestForeignWriterBetweenCalls is the promise that dbt is never refused because of us: a program that opens the file
// for writing as soon as our calls have returned always gets it, and sees all its rows.
func TestForeignWriterBetweenCalls(t *testing.T) {
	t.Parallel()
	path := shop(t)
	other, w := start(t, path), at(t, path, -1)
	for round := range 15 {
		var g errgroup.Group
		for range 4 {
			g.Go(func() error {
				_, err := count(t.Context(), w, "SELECT count(*) FROM t")
				return err
			})
		}
		g.Go(func() error { _, err := w.Health(t.Context()); return err })
		g.Go(func() error { _, err := w.Relation(t.Context(), warehouse.Relation{Name: "t"}); return err })
		if round%5 == 4 {
			g.Go(func() error {
				err := exec1(context.WithoutCancel(t.Context()), at(t, path, time.Minute), "DELETE FROM t WHERE false")
				return err
			})
		}
		require.NoError(t, g.Wait())
		other.must("once INSERT INTO t VALUES (2)")
	}
	n, err := count(t.Context(), w, "SELECT count(*) FROM t")
	require.NoError(t, err)
	require.EqualValues(t, 16, n)
}

// TestForeignWriterAfterFailure gives the file back also where a call was cancelled, panicked or failed.
func TestForeignWriterAfterFailure(t *testing.T) {
	t.Parallel()
	path := shop(t)
	other, w := start(t, path), at(t, path, -1)
	for name, call := range map[string]func(context.Context) error{
		"cancelled read": func(ctx context.Context) error {
			_, err := count(ctx, w, "SELECT count(*) FROM range(100000) a, range(100000) b, range(100000) c WHERE a.range + b.range = c.range")
			return err
		},
		"cancelled write": func(ctx context.Context) error {
			return exec1(ctx, w, "CREATE TABLE u AS SELECT a.range FROM range(100000) a, range(100000) b, range(100000) c WHERE a.range + b.range = c.range")
		},
		"failed write": func(ctx context.Context) error { return exec1(ctx, w, "INSERT INTO t SELECT error('no')") },
		"rows left open": func(ctx context.Context) error {
			return w.Read(ctx, func(ctx context.Context, r warehouse.Reader) error {
				_, err := r.Query(ctx, "SELECT range FROM range(1000000)")
				return errors.Join(err, errors.New("left"))
			})
		},
		"panic": func(ctx context.Context) (err error) {
			defer func() { err = fmt.Errorf("%v", recover()) }()
			return w.Write(ctx, func(context.Context, warehouse.Writer) error { panic("out") })
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		require.Error(t, call(ctx), name)
		cancel()
		require.Equal(t, "ok", other.ask("once INSERT INTO t VALUES (2)"), name)
	}
}

// TestForeignWriterDuringCall shows that DuckDB's lock holds as long as one of our calls runs, whatever other calls of
// this process end meanwhile: each of them would drop the lock, were it to open the file a second time.
func TestForeignWriterDuringCall(t *testing.T) {
	t.Parallel()
	path := shop(t)
	link := filepath.Join(t.TempDir(), "link.duckdb")
	require.NoError(t, os.Symlink(path, link))
	other, w, linked := start(t, path), at(t, path, 30*time.Millisecond), at(t, link, 30*time.Millisecond)
	refused := func(t *testing.T) {
		require.Contains(t, other.ask("once INSERT INTO t VALUES (2)"), "Conflicting lock")
	}
	disturb := func(t *testing.T) {
		// None of these contexts knows of the call that runs.
		_, err := count(t.Context(), at(t, path, -1), "SELECT count(*) FROM t")
		require.NoError(t, err)
		_, err = w.Health(t.Context())
		require.NoError(t, err)
		_, err = w.Relation(t.Context(), warehouse.Relation{Name: "nowhere"})
		require.Equal(t, fault.NotFound, fault.KindOf(err))
		_, err = count(t.Context(), linked, "SELECT 1")
		require.Equal(t, fault.Unavailable, fault.KindOf(err), "another name of the same file is another setting, not another instance")
	}
	require.NoError(t, w.Read(t.Context(), func(context.Context, warehouse.Reader) error {
		refused(t)
		disturb(t)
		refused(t)
		return nil
	}))
	other.must("once INSERT INTO t VALUES (3)")
	require.NoError(t, w.Write(t.Context(), func(context.Context, warehouse.Writer) error {
		refused(t)
		disturb(t)
		refused(t)
		return nil
	}))
	other.must("once INSERT INTO t VALUES (3)")
	n, err := count(t.Context(), w, "SELECT count(*) FROM t")
	require.NoError(t, err)
	require.EqualValues(t, 3, n)
}

// TestForeignWriterRaces lets the other program write as fast as it can while we read and write. Whoever comes second
// is refused; nothing is lost, nothing half seen.
func TestForeignWriterRaces(t *testing.T) {
	t.Parallel()
	path := shop(t)
	other, w := start(t, path), at(t, path, -1)
	ctx, stop := context.WithCancel(t.Context())
	var g errgroup.Group
	for range 3 {
		g.Go(func() error { return watchPairs(ctx, w) })
	}
	written := 0
	for range 60 {
		if answer := other.ask("once INSERT INTO t VALUES (2), (3)"); answer == "ok" {
			written++
		} else {
			require.Contains(t, answer, "Conflicting lock")
		}
	}
	stop()
	require.NoError(t, g.Wait())
	other.must("once INSERT INTO t VALUES (2), (3)")
	n, err := count(t.Context(), w, "SELECT count(*) FROM t")
	require.NoError(t, err)
	require.EqualValues(t, 1+2*(written+1), n)
}

// watchPairs reads until ctx ends.
func watchPairs(ctx context.Context, w *duckdb.Warehouse) error {
	for ctx.Err() == nil {
		odd, err := count(context.WithoutCancel(ctx), w, "SELECT count(*) % 2 FROM t")
		if err != nil && fault.KindOf(err) != fault.Unavailable {
			return err
		}
		if err == nil && odd != 1 {
			return errors.New("half of a pair was seen")
		}
	}
	return nil
}

func TestHeadwaterProcesses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		other               string
		readable            bool
		readSays, writeSays string
	}{
		{other: "read", readable: true, writeSays: "is in use by another headwater process (headwater mcp, process "},
		{other: "write", readSays: "is being written by another headwater process (headwater mcp, process ", writeSays: "(headwater mcp, process "},
		{other: "dbt", readSays: "is being written by another headwater process (dbt, process ", writeSays: "(dbt, process "},
	} {
		t.Run("while another one runs a "+c.other, func(t *testing.T) {
			t.Parallel()
			path := shop(t)
			other, w := start(t, path), at(t, path, 30*time.Millisecond)
			other.must("headwater " + c.other)
			_, err := count(t.Context(), w, "SELECT 1")
			if c.readable {
				require.NoError(t, err)
			} else {
				require.Equal(t, fault.Unavailable, fault.KindOf(err))
				require.ErrorContains(t, err, c.readSays+other.pid())
			}
			err = exec1(t.Context(), w, "INSERT INTO t VALUES (2)")
			require.Equal(t, fault.Unavailable, fault.KindOf(err))
			require.ErrorContains(t, err, c.writeSays)
			other.must("") // ends the call
			require.NoError(t, exec1(t.Context(), w, "INSERT INTO t VALUES (2)"))
		})
	}
}

// TestLend keeps this process away while another program writes, also between its statements.
func TestLend(t *testing.T) {
	t.Parallel()
	path := shop(t)
	other, w := start(t, path), at(t, path, 30*time.Millisecond)
	require.NoError(t, w.Lend(t.Context(), "dbt run", func(ctx context.Context) error {
		for range 3 {
			other.must("once INSERT INTO t VALUES (2)")
			_, err := count(ctx, w, "SELECT 1")
			require.Equal(t, fault.Unavailable, fault.KindOf(err))
			require.ErrorContains(t, err, "dbt run")
			elsewhere := exec1(ctx, w, "INSERT INTO t VALUES (3)")
			require.Equal(t, fault.Unavailable, fault.KindOf(elsewhere), "a write does not wait for an hour of dbt")
			require.ErrorContains(t, elsewhere, "dbt run")
		}
		return nil
	}))
	n, err := count(t.Context(), w, "SELECT count(*) FROM t")
	require.NoError(t, err)
	require.EqualValues(t, 4, n)
}

// TestCrashedWriter reads what a program had committed before it was killed, from the log it left, without writing.
func TestCrashedWriter(t *testing.T) {
	t.Parallel()
	path := shop(t)
	other := start(t, path)
	other.must("hold READ_WRITE")
	other.must("exec INSERT INTO t VALUES (2)")
	other.must("exec BEGIN; INSERT INTO t VALUES (3)")
	other.kill()
	before, err := os.ReadFile(path + ".wal")
	require.NoError(t, err)
	require.NotEmpty(t, before)
	w := at(t, path, -1)
	n, err := count(t.Context(), w, "SELECT count(*) FROM t")
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
	after, err := os.ReadFile(path + ".wal")
	require.NoError(t, err)
	require.Equal(t, before, after, "reading leaves the log to whoever writes next")
	require.NoError(t, exec1(t.Context(), w, "INSERT INTO t VALUES (4)"))
	require.NoFileExists(t, path+".wal", "a write puts the log into the file")
	n, err = count(t.Context(), w, "SELECT count(*) FROM t")
	require.NoError(t, err)
	require.EqualValues(t, 3, n)
}
