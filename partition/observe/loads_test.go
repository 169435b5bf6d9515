package observe_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// TestWhenRowsWereLoaded: the newest load of each partition and the waves in which its rows came, with a pause of more than ten minutes
// between two; of hours as of days, and nothing where the column is no time or an expression.
func TestWhenRowsWereLoaded(t *testing.T) {
	t.Parallel()
	s := newShop(t,
		"create table t (ts timestamp, loaded timestamp, zoned timestamptz, said varchar)",
		`insert into t select timestamp '2026-06-09 08:00' + to_minutes(range::integer), l, l at time zone 'UTC', 'x' from range(5), (values
			(timestamp '2026-06-10 01:00'), (timestamp '2026-06-10 01:10'), (timestamp '2026-06-10 01:20:00.5'), (timestamp '2026-06-10 04:00'), (null)) v (l)`,
		"insert into t values ('2026-06-08 09:00', '2026-06-09 01:00', '2026-06-09 01:00:00+00', 'x'), ('2026-06-07 09:00', default, null, 'x')",
	)
	look := func(grain period.Grain, column string) map[string]partition.Count {
		sp := spec(t, grain, "UTC", "", "ts")
		first := sp.Calendar.At(grain, time.Date(2026, 6, 7, 0, 0, 0, 0, time.UTC))
		last := sp.Calendar.At(grain, time.Date(2026, 6, 9, 23, 0, 0, 0, time.UTC))
		o, err := s.observer.Observe(t.Context(), partition.ObserveRequest{
			Relation: "t", Spec: sp, First: first, Last: last, LoadedAt: column, PrintFirst: &last, PrintLast: &last,
		})
		require.NoError(t, err)
		require.Empty(t, o.Unobserved)
		return named(sp, o)
	}
	for _, column := range []string{"loaded", "ZONED"} {
		days := look(period.Day, column)
		require.EqualValues(t, 25, days["2026-06-09"].Rows)
		require.EqualValues(t, 3, days["2026-06-09"].Waves, "01:00 and 01:10, 01:20, 04:00")
		require.Equal(t, "2026-06-10T04:00:00Z", days["2026-06-09"].Loaded.UTC().Format(time.RFC3339))
		require.EqualValues(t, 1, days["2026-06-08"].Waves)
		require.Nil(t, days["2026-06-07"].Loaded)
		require.Zero(t, days["2026-06-07"].Waves)
		hours := look(period.Hour, column)
		require.EqualValues(t, 3, hours["2026-06-09T08:00Z"].Waves)
		require.EqualValues(t, 1, hours["2026-06-08T09:00Z"].Waves)
	}
	for _, column := range []string{"said", "coalesce(loaded, ts)", ""} {
		require.Nil(t, look(period.Day, column)["2026-06-09"].Loaded, column)
	}
}
