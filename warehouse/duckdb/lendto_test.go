//go:build unix

package duckdb_test

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// fifo makes what the program of holding waits for. None is left waiting, however the test ends.
func fifo(t *testing.T, path string) {
	t.Helper()
	require.NoError(t, syscall.Mkfifo(path+".fifo", 0o600))
	t.Cleanup(func() { letGo(t, path) })
}

// letGo ends the program of holding.
func letGo(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path+".fifo", os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	_, err = f.WriteString("\n")
	require.NoError(t, err)
}

// givenBack waits until the warehouse can be written again.
func givenBack(t *testing.T, w *duckdb.Warehouse) {
	t.Helper()
	require.Eventually(t, func() bool { return exec1(t.Context(), w, "INSERT INTO t VALUES (3)") == nil }, 2*time.Minute, 5*time.Millisecond)
}

// TestLendToOutlivesTheCall keeps every headwater process away, this one included, until the program has ended, and nobody else.
func TestLendToOutlivesTheCall(t *testing.T) {
	t.Parallel()
	path := shop(t)
	fifo(t, path)
	other, w := start(t, path), at(t, path, 30*time.Millisecond)
	var program *exec.Cmd
	require.NoError(t, w.LendTo(t.Context(), "dbt build", func(lock *os.File) error {
		program = holding(path, lock)
		return program.Start()
	}))
	for range 2 {
		_, err := count(t.Context(), w, "SELECT 1")
		require.Equal(t, fault.Unavailable, fault.KindOf(err))
		require.Equal(t, fault.Unavailable, fault.KindOf(exec1(t.Context(), w, "INSERT INTO t VALUES (3)")))
		require.Equal(t, fault.Unavailable, fault.KindOf(w.LendTo(t.Context(), "another", func(*os.File) error { panic("started") })))
		require.Contains(t, other.ask("headwater read"), "is being written by another headwater process (dbt build, process ")
		other.must("once INSERT INTO t VALUES (2)")
	}
	letGo(t, path)
	require.NoError(t, program.Wait())
	givenBack(t, w)
	n, err := count(t.Context(), w, "SELECT count(*) FROM t")
	require.NoError(t, err)
	require.EqualValues(t, 4, n)
}

func TestLendToOutlivesTheLender(t *testing.T) {
	t.Parallel()
	path := shop(t)
	fifo(t, path)
	lender, w := start(t, path), at(t, path, 30*time.Millisecond)
	lender.must("headwater lend and die")
	lender.must("") // starts the program
	lender.kill()
	require.Eventually(t, func() bool { _, err := os.Stat(path + ".begun"); return err == nil }, 2*time.Minute, 5*time.Millisecond)
	_, err := count(t.Context(), w, "SELECT 1")
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	letGo(t, path)
	givenBack(t, w)
}

func TestLendToGivesBackWhatCouldNotBeStarted(t *testing.T) {
	t.Parallel()
	path := shop(t)
	w := at(t, path, 30*time.Millisecond)
	no := errors.New("no such program")
	require.ErrorIs(t, w.LendTo(t.Context(), "dbt build", func(*os.File) error { return no }), no)
	require.NoError(t, exec1(t.Context(), w, "INSERT INTO t VALUES (2)"))
}
