package store_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/internal/store"
)

func series() store.Series {
	return store.Series{NodeID: orders, Relation: "shop.main.orders", Grain: "day", TimeZone: "UTC"}
}

func TestObservationsAsOf(t *testing.T) {
	t.Parallel()
	s := open(t)
	save := func(day int, period string, rows int64) {
		require.NoError(t, s.SaveObservations(t.Context(), series(),
			[]store.Observation{{Period: period, Rows: rows, AsOf: at(day, 0), SeenAt: at(28, day)}}))
	}
	save(3, "2026-06-01", 10)
	save(4, "2026-06-01", 12)
	save(4, "2026-06-02", 0)
	save(2, "2026-06-01", 7) // asked later about an earlier instant

	get := func(day int, first, last string) []store.Observation {
		got, err := s.Observations(t.Context(), series(), first, last, at(day, 0))
		require.NoError(t, err)
		return got
	}
	one := func(day int, period string, rows int64) store.Observation {
		return store.Observation{Period: period, Rows: rows, AsOf: at(day, 0), SeenAt: at(28, day)}
	}
	require.Equal(t, []store.Observation{one(4, "2026-06-01", 12), one(4, "2026-06-02", 0)}, get(9, "2026-06-01", "2026-06-30"))
	require.Equal(t, []store.Observation{one(3, "2026-06-01", 10)}, get(3, "2026-06-01", "2026-06-30"))
	require.Equal(t, []store.Observation{one(2, "2026-06-01", 7)}, get(2, "2026-06-01", "2026-06-30"))
	require.Equal(t, []store.Observation{one(4, "2026-06-02", 0)}, get(9, "2026-06-02", "2026-06-02"))
	require.Equal(t, []store.Observation{}, get(1, "2026-06-01", "2026-06-30"))

	elsewhere := series()
	elsewhere.Relation = "dev.main.orders"
	got, err := s.Observations(t.Context(), elsewhere, "2026-06-01", "2026-06-30", at(9, 0))
	require.NoError(t, err)
	require.Empty(t, got)
}

// While the clock goes forward, reading as of an instant gives the rows of the newest sight up to it, although repeated
// sights are forgotten.
func TestForgettingRepeatsChangesNoAnswer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		s := openAt(t, filepath.Join(dir, fmt.Sprintf("%d.db", n)))
		days := rapid.SliceOfN(rapid.IntRange(1, 12), 1, 12).Draw(rt, "days")
		slices.Sort(days)
		truth := map[int]int64{}
		for _, day := range days {
			rows := rapid.Int64Range(1, 2).Draw(rt, "rows")
			truth[day] = rows
			require.NoError(t, s.SaveObservations(t.Context(), series(),
				[]store.Observation{{Period: "p", Rows: rows, AsOf: at(day, 0), SeenAt: at(day, 0)}}))
		}
		for day := 1; day <= 13; day++ {
			want := int64(0)
			for d := 1; d <= day; d++ {
				if rows, ok := truth[d]; ok {
					want = rows
				}
			}
			got, err := s.Observations(t.Context(), series(), "p", "p", at(day, 0))
			require.NoError(t, err)
			if want == 0 {
				require.Empty(t, got)
				continue
			}
			require.Len(t, got, 1)
			require.Equal(t, want, got[0].Rows)
		}
	})
}
