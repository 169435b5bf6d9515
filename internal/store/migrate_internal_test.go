package store

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Each migration leaves the file at its own number, so that a file of any age is brought forward from where it is.
func TestMigrationsCountThemselves(t *testing.T) {
	t.Parallel()
	all, err := migrations()
	require.NoError(t, err)
	require.NotEmpty(t, all)
	path := filepath.Join(t.TempDir(), "state.db")
	s, err := openAt(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	newest := schemaOf(t, s)

	old, err := connect(filepath.Join(t.TempDir(), "old.db"), "_txlock=immediate", 1)
	require.NoError(t, err)
	from := &Store{read: old, write: old}
	t.Cleanup(func() { require.NoError(t, old.Close()) })
	for i, statements := range all {
		_, err := old.ExecContext(t.Context(), statements)
		require.NoError(t, err)
		version, err := from.version(t.Context(), old, len(all))
		require.NoError(t, err)
		require.Equal(t, i+1, version)
	}
	require.Equal(t, newest, schemaOf(t, from))
	require.NoError(t, s.migrate(t.Context()), "migrating again does nothing")
	require.Equal(t, newest, schemaOf(t, s))
}

func schemaOf(t *testing.T, s *Store) string {
	t.Helper()
	var out string
	require.NoError(t, s.read.QueryRowContext(t.Context(),
		"SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_master ORDER BY name)").Scan(&out))
	return out
}

// A ledger of before learns which batches did not run and when its results are of.
func TestMigrateOldLedger(t *testing.T) {
	t.Parallel()
	all, err := migrations()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "state.db")
	old, err := connect(path, "_txlock=immediate", 1)
	require.NoError(t, err)
	_, err = old.ExecContext(t.Context(), all[0]+`
		INSERT INTO runs VALUES ('a', 'shop', 'run', '', 7000000, 0), ('b', 'shop', 'run', '', 8000000, 0);
		INSERT INTO results (invocation_id, node_id, status, message) VALUES ('a', 'n', 'error', ''), ('b', 'n', 'partial success', '');
		INSERT INTO batches VALUES ('a', 'n', 1, 2, 0), ('a', 'n', 2, 3, 0), ('b', 'n', 1, 2, 1), ('b', 'n', 2, 3, 0);`)
	require.NoError(t, err)
	require.NoError(t, old.Close())
	s, err := openAt(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	builds, err := s.LastBuild(t.Context(), []string{"n"}, time.UnixMicro(7500000))
	require.NoError(t, err)
	require.Equal(t, "a", builds["n"].Last.InvocationID)
	var skipped string
	require.NoError(t, s.read.QueryRowContext(t.Context(),
		"SELECT group_concat(invocation_id || start_at) FROM batches WHERE skipped").Scan(&skipped))
	require.Equal(t, "a2", skipped)
}
