package warehousetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/warehouse"
)

// moments are instants around whole seconds and hours, around changes of clocks, and before 1970.
func moments() []time.Time {
	var out []time.Time
	for _, at := range []time.Time{
		time.Date(1969, 12, 31, 22, 30, 0, 0, time.UTC),
		time.Date(2026, 3, 8, 7, 0, 0, 0, time.UTC),    // New York, forwards
		time.Date(2026, 10, 24, 14, 0, 0, 0, time.UTC), // nothing
		time.Date(2026, 11, 1, 4, 0, 0, 0, time.UTC),   // New York, an hour before the hour that comes twice
	} {
		for _, after := range []time.Duration{0, time.Microsecond, 999_999 * time.Microsecond, time.Second, time.Hour - time.Microsecond, time.Hour} {
			out = append(out, at.Add(after))
		}
	}
	return out
}

// unclear reports whether the clock of a zone shows the same at another instant, too.
func unclear(at time.Time, zone *time.Location) bool {
	const shown = "2006-01-02 15:04:05.000000"
	for _, shift := range []time.Duration{-time.Hour, time.Hour} {
		if at.Add(shift).In(zone).Format(shown) == at.In(zone).Format(shown) {
			return true
		}
	}
	return false
}

// timed makes a table t of the moments, numbered, in columns of three types: without zone as the clock of the zone shows it, twice, and the instant.
func timed(t *testing.T, b bench, moments []time.Time, zone *time.Location) {
	t.Helper()
	rows := make([]string, len(moments))
	for i, at := range moments {
		const text = "2006-01-02 15:04:05.000000"
		rows[i] = fmt.Sprintf("(%d, TIMESTAMP '%s', TIMESTAMP '%[2]s', TIMESTAMP '%[3]s' AT TIME ZONE 'UTC')",
			i, at.In(zone).Format(text), at.UTC().Format(text))
	}
	b.write(t, "CREATE TABLE t (i BIGINT, moment TIMESTAMP, nanos TIMESTAMP(9), instant TIMESTAMP WITH TIME ZONE)",
		"INSERT INTO t VALUES "+strings.Join(rows, ", "))
}

// secondsSince counts from instants before, at and long before each moment. What does not fill a second is dropped, not rounded.
func secondsSince(t *testing.T, b bench) {
	t.Helper()
	for _, name := range []string{"UTC", "America/New_York", "Asia/Kolkata"} {
		zone, err := time.LoadLocation(name)
		require.NoError(t, err)
		var told []time.Time
		for _, at := range moments() {
			if !unclear(at, zone) {
				told = append(told, at)
			}
		}
		timed(t, b, told, zone)
		for column, kind := range map[warehouse.Ident]warehouse.TimeKind{
			"moment": warehouse.Timestamp, "nanos": warehouse.TimestampNS, "instant": warehouse.TimestampTZ,
		} {
			for _, since := range []time.Time{told[0], time.Unix(0, 0), told[7], time.Date(1900, 1, 1, 0, 0, 1, 0, time.UTC)} {
				var want []int64
				for _, at := range told {
					if !at.Before(since) {
						want = append(want, at.Unix()-since.Unix())
					}
				}
				got := b.mustNumbers(t, b.expand(t,
					`SELECT {{seconds_since .Column .Kind .Zone .Since}} FROM t WHERE i >= {{.First}} ORDER BY i`, map[string]any{
						"Column": column, "Kind": kind, "Zone": name, "Since": since.Unix(), "First": len(told) - len(want),
					}))
				require.Equal(t, want, got, "%s in %s since %s", column, name, since)
			}
		}
		b.write(t, "DROP TABLE t")
	}
}

// quotients divides whole hours out of seconds, of a column and of a difference, up to what a float64 would round.
func quotients(t *testing.T, b bench) {
	t.Helper()
	const hours = int64(time.Hour / time.Second)
	numbers := []int64{0, 1, hours - 1, hours, hours + 1, 2*hours - 1, 1<<53 + 1, 1<<53 + hours, 1<<62 - 1}
	rows := make([]string, len(numbers))
	for i, n := range numbers {
		rows[i] = fmt.Sprintf("(%d, %d)", i, n)
	}
	b.write(t, "CREATE TABLE t (i BIGINT, n BIGINT)", "INSERT INTO t VALUES "+strings.Join(rows, ", "))
	for _, by := range []int64{1, 2, 7, hours} {
		var want, less []int64
		for _, n := range numbers {
			want = append(want, n/by)
			if n > 0 {
				less = append(less, (n-1)/by)
			}
		}
		data := map[string]any{"N": int(by)}
		require.Equal(t, want, b.mustNumbers(t, b.expand(t, `SELECT {{quotient "n" .N}} FROM t ORDER BY i`, data)), by)
		require.Equal(t, less, b.mustNumbers(t, b.expand(t, `SELECT {{quotient "(n - 1)" .N}} FROM t WHERE n > 0 ORDER BY i`, data)), by)
	}
}

// minutesAfter adds to times without zone and to instants, over days and over changes of clocks: a minute has sixty seconds.
func minutesAfter(t *testing.T, b bench) {
	t.Helper()
	all := moments()
	timed(t, b, all, time.UTC)
	for _, minutes := range []int{0, 1, 10, 61, 24 * 60, 400 * 24 * 60} {
		query := b.expand(t, `SELECT {{minutes_after "moment" .}}, {{minutes_after "instant" .}}, {{minutes_after "CAST(NULL AS TIMESTAMP)" .}}
			FROM t ORDER BY i`, minutes)
		require.NoError(t, b.Read(t.Context(), func(ctx context.Context, r warehouse.Reader) error {
			got, err := warehouse.Collect(ctx, r, func(rows warehouse.Rows) ([2]time.Time, error) {
				var moment, instant time.Time
				var none *time.Time
				err := rows.Scan(&moment, &instant, &none)
				require.Nil(t, none)
				return [2]time.Time{moment.UTC(), instant.UTC()}, err
			}, query)
			require.Len(t, got, len(all))
			for i, at := range all {
				after := at.Add(time.Duration(minutes) * time.Minute)
				require.Equal(t, [2]time.Time{after, after}, got[i], "%d minutes after %s", minutes, at)
			}
			return err
		}))
	}
}
