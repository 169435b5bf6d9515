package warehousetest

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/warehouse"
)

// patience is the time after which a query is cancelled that would not end by itself.
const patience = 100 * time.Millisecond

// values reads one of each type as the callers do. Times without zone and dates come as UTC, instants as the instant.
func values(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (b BOOLEAN, i BIGINT, d DOUBLE, n DECIMAL(18, 3), s VARCHAR, day DATE, moment TIMESTAMP, instant TIMESTAMP WITH TIME ZONE)",
		`INSERT INTO t VALUES (true, 9007199254740993, 0.5, 12.340, 'é''"', DATE '2026-03-29', TIMESTAMP '2026-03-29 02:30:00.123456',
			TIMESTAMP '2026-03-29 02:30:00' AT TIME ZONE 'Asia/Seoul')`)
	require.NoError(t, b.Read(t.Context(), func(ctx context.Context, r warehouse.Reader) error {
		rows, err := r.Query(ctx, "SELECT * FROM t")
		if err != nil {
			return err
		}
		columns, err := rows.Columns()
		require.NoError(t, err)
		require.Equal(t, []string{"b", "i", "d", "n", "s", "day", "moment", "instant"}, columns)
		require.True(t, rows.Next())
		var (
			truth            bool
			integer          int64
			float            float64
			decimal          any
			text             string
			day, at, instant time.Time
		)
		require.NoError(t, rows.Scan(&truth, &integer, &float, &decimal, &text, &day, &at, &instant))
		require.True(t, truth)
		require.Equal(t, int64(9007199254740993), integer, "beyond what a float64 holds")
		require.InDelta(t, 0.5, float, 0)
		require.Equal(t, "12.34", fmt.Sprint(decimal))
		require.Equal(t, `é'"`, text)
		require.Equal(t, warehouse.DateOf(2026, 3, 29), day.UTC())
		require.Equal(t, time.Date(2026, 3, 29, 2, 30, 0, 123456000, time.UTC), at.UTC())
		require.Equal(t, time.Date(2026, 3, 28, 17, 30, 0, 0, time.UTC), instant.UTC())
		require.False(t, rows.Next())
		return rows.Err()
	}))
}

// boundValues compares each kind of column with a bound value, times also given in another zone than UTC.
func boundValues(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (i BIGINT, s VARCHAR, day DATE, moment TIMESTAMP, instant TIMESTAMP WITH TIME ZONE)",
		"INSERT INTO t VALUES (1, 'a', DATE '2026-03-29', TIMESTAMP '2026-03-29 02:30:00', TIMESTAMP '2026-03-29 02:30:00' AT TIME ZONE 'UTC')",
		"INSERT INTO t VALUES (2, 'b', DATE '2026-03-30', TIMESTAMP '2026-03-30 02:30:00', TIMESTAMP '2026-03-30 02:30:00' AT TIME ZONE 'UTC')")
	at := time.Date(2026, 3, 29, 2, 30, 0, 0, time.UTC)
	seoul := at.In(time.FixedZone("KST", 9*60*60))
	for name, c := range map[string]struct {
		where string
		value any
	}{
		"integer":                     {"i = ?", int64(1)},
		"text":                        {"s = ?", "a"},
		"date":                        {"day = ?", warehouse.DateOf(2026, 3, 29)},
		"date, before":                {"day < ?", warehouse.DateOf(2026, 3, 30)},
		"timestamp":                   {"moment = ?", at},
		"instant":                     {"instant = ?", at},
		"instant in another zone":     {"instant = ?", seoul},
		"instant, cast":               {"instant = CAST(? AS TIMESTAMP WITH TIME ZONE)", seoul},
		"instant, half-open interval": {"instant < ?", at.Add(time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, []int64{1}, b.mustNumbers(t, "SELECT i FROM t WHERE "+c.where, c.value))
		})
	}
	hostile := "'; DROP TABLE t; --"
	require.NoError(t, b.Write(t.Context(), func(ctx context.Context, w warehouse.Writer) error {
		return w.Exec(ctx, "INSERT INTO t (i, s) VALUES (?, ?)", int64(3), hostile)
	}))
	require.Equal(t, []int64{3}, b.mustNumbers(t, "SELECT i FROM t WHERE s = ?", hostile))
}

func nulls(t *testing.T, b bench) {
	t.Helper()
	b.write(t, "CREATE TABLE t (i BIGINT, s VARCHAR, moment TIMESTAMP)", "INSERT INTO t VALUES (NULL, NULL, NULL)")
	require.NoError(t, b.Write(t.Context(), func(ctx context.Context, w warehouse.Writer) error {
		return w.Exec(ctx, "INSERT INTO t VALUES (?, ?, ?)", nil, nil, nil)
	}))
	require.NoError(t, b.Read(t.Context(), func(ctx context.Context, r warehouse.Reader) error {
		rows, err := r.Query(ctx, "SELECT i, s, moment, s FROM t")
		if err != nil {
			return err
		}
		count := 0
		for rows.Next() {
			var i sql.NullInt64
			var s *string
			var at sql.NullTime
			var anything any
			require.NoError(t, rows.Scan(&i, &s, &at, &anything))
			require.False(t, i.Valid || at.Valid)
			require.Nil(t, s)
			require.Nil(t, anything)
			count++
		}
		require.Equal(t, 2, count)
		return rows.Err()
	}))
}
