package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/store"
)

// TestLastSeenAsOf: the newest look at each period and what it saw, as far as the question reaches.
func TestLastSeenAsOf(t *testing.T) {
	t.Parallel()
	s := open(t)
	ten, nine := store.Content{Rows: 10, Fingerprint: "a"}, store.Content{Rows: 9, Fingerprint: "b"}
	for _, l := range []store.Look{
		look(2, "2026-06-01", "2026-06-03", map[string]store.Content{"2026-06-01": ten, "2026-06-02": ten}),
		look(4, "2026-06-02", "2026-06-04", map[string]store.Content{"2026-06-02": nine}),
		look(6, "2026-06-02", "2026-06-04", map[string]store.Content{}),
	} {
		require.NoError(t, s.SaveLook(t.Context(), series(), l))
	}
	late := store.LookAt{First: "2026-06-02", Last: "2026-06-04"}
	early := store.LookAt{First: "2026-06-01", Last: "2026-06-03", AsOf: at(2, 0)}
	for day, want := range map[int]struct {
		looks []store.LookAt
		held  map[string]int64
	}{
		1: {nil, map[string]int64{}},
		3: {[]store.LookAt{early}, map[string]int64{"2026-06-01": 10, "2026-06-02": 10}},
		5: {[]store.LookAt{{First: late.First, Last: late.Last, AsOf: at(4, 0)}, early}, map[string]int64{"2026-06-01": 10, "2026-06-02": 9}},
		7: {[]store.LookAt{{First: late.First, Last: late.Last, AsOf: at(6, 0)}, early}, map[string]int64{"2026-06-01": 10, "2026-06-02": 0}},
	} {
		looks, held, err := s.LastSeen(t.Context(), series(), "2026-06-01", "2026-06-30", at(day, 0))
		require.NoError(t, err)
		require.Equal(t, want.looks, looks, "on day %d", day)
		require.Equal(t, want.held, held, "on day %d", day)
	}
	looks, _, err := s.LastSeen(t.Context(), series(), "2026-06-01", "2026-06-01", at(7, 0))
	require.NoError(t, err)
	require.Equal(t, []store.LookAt{early}, looks, "only those that overlap")
}
