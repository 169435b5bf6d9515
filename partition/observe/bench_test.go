package observe_test

import (
	"database/sql"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/partition/observe"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// processor is the time that the process took of all processors: other work on the machine does not count.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkObserve counts 2,000,000 rows of 400 days: without a key, with one that never repeats, with one that repeats once in a
// thousand rows in another day, and with one that is in nearly every day; and looks in three days for the
// rows of others.
func BenchmarkObserve(b *testing.B) {
	path := filepath.Join(b.TempDir(), "shop.duckdb")
	db, err := sql.Open("duckdb", path)
	require.NoError(b, err)
	_, err = db.ExecContext(b.Context(), `create table t as select timestamp '2025-05-01' + to_seconds(range * 17) as ts, range as id,
		case when range % 1000 = 0 then (range * 7919) % 2000000 else range end as seldom, range % 5000 as often, hash(range) as content,
		timestamp '2025-05-02' + to_days((range // 5000)::integer) as loaded from range(2000000)`)
	require.NoError(b, err)
	require.NoError(b, db.Close())
	w, err := duckdb.New(duckdb.Options{Path: path})
	require.NoError(b, err)
	o, err := observe.New(w)
	require.NoError(b, err)
	for name, test := range map[string]struct {
		key    []string
		loaded string
		moved  []int
	}{
		"no key": {}, "unique": {key: []string{"id"}}, "seldom": {key: []string{"seldom"}}, "often": {key: []string{"often"}},
		"unique loaded": {key: []string{"id"}, loaded: "loaded"}, "often loaded": {key: []string{"often"}, loaded: "loaded"},
		"no key loaded": {loaded: "loaded"}, "moved": {key: []string{"id"}, moved: []int{20300, 20310, 20320}},
	} {
		b.Run(name, func(b *testing.B) {
			sp := spec(b, period.Day, "UTC", "", "ts", test.key...)
			r := partition.ObserveRequest{
				Relation: "t", Spec: sp, LoadedAt: test.loaded, Moved: test.moved,
				First: sp.Calendar.On(period.Day, 2025, time.May, 1), Last: sp.Calendar.On(period.Day, 2026, time.June, 4),
			}
			before := processor(b)
			for b.Loop() {
				seen, err := o.Observe(b.Context(), r)
				require.NoError(b, err)
				require.Empty(b, seen.Unobserved)
			}
			b.ReportMetric(float64((processor(b)-before).Milliseconds())/float64(b.N), "cpu-ms/op")
		})
	}
}
