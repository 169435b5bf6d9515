package store_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/internal/store"
)

func series() store.Series {
	return store.Series{NodeID: orders, Relation: "shop.main.orders", Grain: "day", Calendar: "UTC"}
}

func look(day int, first, last string, held map[string]store.Content) store.Look {
	return store.Look{First: first, Last: last, Held: held, AsOf: at(day, 0), SeenAt: at(28, day)}
}

func TestVersionsAsOf(t *testing.T) {
	t.Parallel()
	s := open(t)
	a, b := store.Content{Rows: 10, Fingerprint: "a"}, store.Content{Rows: 10, Fingerprint: "b"}
	for _, l := range []store.Look{
		look(2, "2026-06-01", "2026-06-03", map[string]store.Content{"2026-06-01": a}),
		look(3, "2026-06-01", "2026-06-03", map[string]store.Content{"2026-06-01": a}),
		look(4, "2026-06-01", "2026-06-01", map[string]store.Content{"2026-06-01": b}),
		look(5, "2026-06-01", "2026-06-03", map[string]store.Content{"2026-06-01": b, "2026-06-02": a}),
		look(7, "2026-06-01", "2026-06-03", map[string]store.Content{"2026-06-02": a}),
	} {
		require.NoError(t, s.SaveLook(t.Context(), series(), l))
	}
	version := func(c store.Content, since, before int) store.Version {
		v := store.Version{Content: c, Since: at(since, 0)}
		if before > 0 {
			v.Before = at(before, 0)
		}
		return v
	}
	get := func(day int) map[string][]store.Version {
		got, err := s.Versions(t.Context(), series(), "2026-06-01", "2026-06-30", at(day, 0))
		require.NoError(t, err)
		return got
	}
	require.Equal(t, map[string][]store.Version{
		"2026-06-01": {version(a, 2, 0), version(b, 4, 3), version(store.Content{}, 7, 5)},
		"2026-06-02": {version(a, 5, 3)},
	}, get(9))
	require.Equal(t, map[string][]store.Version{"2026-06-01": {version(a, 2, 0), version(b, 4, 3)}}, get(4))
	require.Empty(t, get(1))
	elsewhere := series()
	elsewhere.Relation = "dev.main.orders"
	got, err := s.Versions(t.Context(), elsewhere, "2026-06-01", "2026-06-30", at(9, 0))
	require.NoError(t, err)
	require.Empty(t, got)
}

// TestVersionsAreWhatLooksSaw: whatever ranges are looked at in whatever order of days, the versions are those of a list of every
// single sight, although looks at what is at rest are forgotten.
func TestVersionsAreWhatLooksSaw(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		s := openAt(t, filepath.Join(dir, fmt.Sprintf("%d.db", n)))
		names := []string{"a", "b", "c"}
		want := map[string][]store.Version{}
		seen := map[string]time.Time{} // when a period was looked at last
		for day := 1; day <= rapid.IntRange(1, 9).Draw(rt, "days"); day++ {
			first := rapid.IntRange(0, 2).Draw(rt, "first")
			last := rapid.IntRange(first, 2).Draw(rt, "last")
			held := map[string]store.Content{}
			for _, name := range names[first : last+1] {
				c := store.Content{Rows: rapid.Int64Range(0, 2).Draw(rt, "rows")}
				if c.Rows > 0 {
					c.Fingerprint = rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "fingerprint")
					held[name] = c
				}
				now := store.Content{}
				if k := len(want[name]); k > 0 {
					now = want[name][k-1].Content
				}
				if now != c {
					want[name] = append(want[name], store.Version{Content: c, Since: at(day, 0), Before: seen[name]})
				}
				seen[name] = at(day, 0)
			}
			require.NoError(t, s.SaveLook(t.Context(), series(), look(day, names[first], names[last], held)))
		}
		got, err := s.Versions(t.Context(), series(), "a", "c", at(20, 0))
		require.NoError(t, err)
		require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
		for name := range want {
			require.Equal(t, want[name], got[name], name)
		}
	})
}
