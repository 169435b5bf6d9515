package store

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheFileLetsNothingBeRemovedFromTheAuditLog(t *testing.T) {
	t.Parallel()
	s, err := openAt(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Audit(t.Context(), AuditEntry{Action: "start", Detail: "why"}))
	for _, statement := range []string{
		"UPDATE audit SET detail = ''", "DELETE FROM audit", "UPDATE OR IGNORE audit SET id = 9",
		"INSERT OR REPLACE INTO audit SELECT 1, at, as_of, client, user, 'other', plan_id, run_id, detail FROM audit",
	} {
		_, err := s.write.ExecContext(t.Context(), statement)
		require.ErrorContains(t, err, "only added to", statement)
	}
	log, _, err := s.AuditLog(t.Context(), 0, "")
	require.NoError(t, err)
	require.Len(t, log, 1)
	require.Equal(t, "start", log[0].Action)
}
