package store_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/store"
)

// refused opens a path and returns the sentence.
func refused(t *testing.T, path string) string {
	t.Helper()
	s, err := store.Open(t.Context(), path, filepath.Join(t.TempDir(), "fallback"))
	require.Nil(t, s)
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	return err.Error()
}

func TestOpenMakesItsFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, ".headwater", "state.db")
	s := openAt(t, path)
	require.Equal(t, path, s.Path())
	require.Empty(t, s.Notice())
	text, err := os.ReadFile(filepath.Join(dir, ".headwater", ".gitignore"))
	require.NoError(t, err)
	require.Equal(t, "*\n", string(text))
}

// A .gitignore that hides everything belongs into headwater's own folder only.
func TestOpenIgnoresOnlyItself(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	openAt(t, filepath.Join(dir, "state.db"))
	require.NoFileExists(t, filepath.Join(dir, ".gitignore"))

	openAt(t, filepath.Join(dir, "made", "own.db"))
	text, err := os.ReadFile(filepath.Join(dir, "made", ".gitignore"))
	require.NoError(t, err)
	require.Equal(t, "/own.db*\n", string(text))

	require.NoError(t, os.MkdirAll(filepath.Join(dir, "kept", ".headwater"), 0o750))
	ignore := filepath.Join(dir, "kept", ".headwater", ".gitignore")
	require.NoError(t, os.WriteFile(ignore, []byte("mine\n"), 0o600))
	openAt(t, filepath.Join(dir, "kept", ".headwater", "state.db"))
	text, err = os.ReadFile(ignore)
	require.NoError(t, err)
	require.Equal(t, "mine\n", string(text))
}

// Names that mean something in a URI are names.
func TestOpenTakesAnyName(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "50% off? #1 & more", "state?mode=ro.db")
	record(t, openAt(t, path), history()[0])
	require.FileExists(t, path)
}

func TestOpenAgainKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	first, err := store.Open(t.Context(), path, "")
	require.NoError(t, err)
	record(t, first, history()...)
	require.NoError(t, first.Close())
	sum, err := openAt(t, path).Summary(t.Context(), at(9, 0))
	require.NoError(t, err)
	require.Equal(t, 4, sum.Runs)
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	t.Run("a folder", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		require.Contains(t, refused(t, dir), "is a folder, and the state is a file. Set `state` in headwater.yaml to a file in it")
	})
	t.Run("a server", func(t *testing.T) {
		t.Parallel()
		sentence := refused(t, "postgres://me:hunter2@host/db")
		require.Contains(t, sentence, "`state` is a postgres URL")
		require.NotContains(t, sentence, "hunter2")
	})
	t.Run("a file on the way", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		require.Contains(t, refused(t, filepath.Join(file, "state.db")), "a part of that path is a file")
	})
	t.Run("no database", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "state.db")
		text := []byte("this is a letter, and by no means a database; it is long enough to have a header of one hundred bytes.")
		require.NoError(t, os.WriteFile(path, text, 0o600))
		require.Contains(t, refused(t, path), "is damaged or no SQLite file. Move it away")
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, text, after, "what is not ours is not touched")
	})
	t.Run("a newer schema", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "state.db")
		openAt(t, path)
		execute(t, path, "PRAGMA user_version = 99")
		require.Contains(t, refused(t, path), "was written by a newer headwater (schema 99, and this one knows 2). Update headwater")
	})
	t.Run("another program's database", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "state.db")
		execute(t, path, "CREATE TABLE bookmarks (url TEXT)")
		require.Contains(t, refused(t, path), "is an SQLite database of another program")
		require.Equal(t, "delete", query(t, path, "PRAGMA journal_mode"), "its mode is kept")
	})
}

// A file whose first page is good and whose tables are not says so when they are read.
func TestDamagedTables(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	s, err := store.Open(t.Context(), path, "")
	require.NoError(t, err)
	record(t, s, history()...)
	require.NoError(t, s.Close())
	const page = 4096
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := page; i < len(text); i++ {
		text[i] = 0xAA
	}
	require.NoError(t, os.WriteFile(path, text, 0o600))

	s, err = store.Open(t.Context(), path, "")
	if err == nil {
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		_, err = s.Summary(t.Context(), at(9, 0))
	}
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	require.ErrorContains(t, err, "is damaged")
}

func TestFallbackDir(t *testing.T) {
	t.Parallel()
	one := store.FallbackDir("", "/home/me", "/p/shop")
	require.Equal(t, "/home/me/.local/state/headwater", filepath.Dir(one))
	require.Equal(t, one, store.FallbackDir("", "/home/me", "/p/shop/"))
	require.NotEqual(t, one, store.FallbackDir("", "/home/me", "/p/other"))
	require.Equal(t, "/state/headwater", filepath.Dir(store.FallbackDir("/state", "/home/me", "/p/shop")))
	require.Equal(t, one, store.FallbackDir("relative", "/home/me", "/p/shop"))
	require.Empty(t, store.FallbackDir("", "", "/p/shop"))
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.RecordRun(ctx, history()[0])
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, record(t, s, history()[0]), "nothing of it was kept, and the store goes on")
}

// execute runs a statement on a file as another program would.
func execute(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

func query(t *testing.T, path, statement string) string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	var out string
	require.NoError(t, db.QueryRowContext(t.Context(), statement).Scan(&out))
	require.NoError(t, db.Close())
	return out
}
