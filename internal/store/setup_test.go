package store_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/store"
)

// helperVariable makes the test binary behave as another process that writes to the store; see processes_test.go.
const helperVariable = "HEADWATER_STORE_TEST_PROCESS"

func TestMain(m *testing.M) {
	if os.Getenv(helperVariable) != "" {
		os.Exit(writeFromProcess())
	}
	os.Exit(m.Run())
}

// open makes a store in a new folder.
func open(t *testing.T) *store.Store {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), ".headwater", "state.db"))
}

func openAt(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), path, "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// at is an instant of 2026-06 UTC, with the microseconds that dbt writes.
func at(day, hour int) time.Time { return time.Date(2026, 6, day, hour, 0, 0, 123456000, time.UTC) }
