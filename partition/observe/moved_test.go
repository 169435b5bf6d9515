package observe_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/partition"
)

// months of 60 rows a day from 1 April, whose content, but for id, is as different as a hash or the same every day.
const (
	differing = `create table t as select range as id, timestamp '2026-04-01' + to_days((range // 60)::integer) + to_seconds((hash(range) % 86400)::integer) as ts,
		hash(range) % 1000 as user_id, date '2026-04-01' + (range // 60)::integer as "select", timestamp '2026-04-02' as _loaded_at from range(4800)`
	regular = `create table t as select range as id, timestamp '2026-04-01' + to_minutes(range * 24) as ts,
		range % 60 as user_id, date '2026-04-01' + (range // 60)::integer as "select", timestamp '2026-04-02' as _loaded_at from range(4800)`
)

// TestADayThatWasLoadedUnderAnotherDateIsDuplicated, also where every day looks the same, and whatever the copy's key, load time and
// dates are; another high day, or rows that only resemble those of a day, are not.
func TestADayThatWasLoadedUnderAnotherDateIsDuplicated(t *testing.T) {
	t.Parallel()
	const (
		copied = "insert into t select id + 100000, ts + interval 3 day, user_id, \"select\", timestamp '2026-06-11' from t where ts::date = '2026-06-06'"
		says   = "120 rows; 8 other Tuesdays have 60, median 60: over 90 is high (4 robust deviations, at least 20 %); and all 60 rows of " +
			"2026-06-06 are among them, moved by 3 days, key and load time apart."
	)
	for name, test := range map[string]struct {
		statements []string
		zone       string
		want       map[string]string
	}{
		"a day of its own":          {[]string{differing, copied}, "", map[string]string{"2026-06-09": says}},
		"dates were moved, too":     {[]string{differing, copied, `update t set "select" = ts::date where id > 100000`}, "", map[string]string{"2026-06-09": says}},
		"local days":                {[]string{differing, strings.Replace(copied, "ts::date", "(ts + interval 9 hour)::date", 1)}, "Asia/Seoul", nil},
		"twice as many other rows":  {[]string{differing, "insert into t select id + 100000, ts + interval 7 second, user_id, \"select\", _loaded_at from t where ts::date = '2026-06-09'"}, "", map[string]string{}},
		"all but one of the rows":   {[]string{differing, copied, "update t set user_id = 7777 where id = (select max(id) from t)"}, "", map[string]string{}},
		"one day is like all":       {[]string{regular, "insert into t select id + 100000, ts + interval 1 second, user_id, \"select\", _loaded_at from t where ts::date = '2026-06-09'"}, "", map[string]string{}},
		"more users, no other data": {[]string{regular, "alter table t alter ts type date", "insert into t select id + 100000, ts, user_id + 60, \"select\", _loaded_at from t where ts = '2026-06-09'"}, "", map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, test.statements...)
			got := duplicates(s.checked(t, partition.Override{Time: "ts", Key: "id", Begin: "2026-04-01", Timezone: test.zone}, ""))
			if test.want != nil {
				require.Equal(t, test.want, got)
				require.EqualValues(t, 2, s.queries.Load(), "one to count, one more for a relation with a high day")
				return
			}
			require.Len(t, got, 1)
			require.Contains(t, got["2026-06-09"], "rows of 2026-06-06 are among them, moved by 3 days, key and load time apart.")
		})
	}
	t.Run("every day the same rows", func(t *testing.T) {
		t.Parallel()
		s := newShop(t, regular, copied)
		got := duplicates(s.checked(t, partition.Override{Time: "ts", Key: "id", Begin: "2026-04-01"}, ""))
		require.Len(t, got, 1)
		require.Contains(t, got["2026-06-09"], "all 60 rows of 2026-06-08 are among them, moved by 1 day")
	})
}

// TestRowsOfHostileColumnsThatWereMovedAreFound: of hours and of weeks, with columns whose names are SQL, and times without end.
func TestRowsOfHostileColumnsThatWereMovedAreFound(t *testing.T) {
	t.Parallel()
	s := newShop(t,
		`create table t as select range as "id""; --", timestamp '2026-04-01' + to_minutes(range) as "{{.Time}}",
			case when range % 9 = 0 then timestamp 'infinity' else timestamp '2026-01-01 03:00' + to_seconds(range * 7) end as headwater_c0, 'x''); drop table t; --' || hash(range) as "?",
			{'a': [range]} as headwater_hash from range(100000)`,
		`insert into t select "id""; --" + 1000000, "{{.Time}}" + interval 2 hour, headwater_c0, "?", headwater_hash from t where date_trunc('hour', "{{.Time}}") = '2026-06-03 05:00'`,
		`insert into t select "id""; --" + 2000000, "{{.Time}}" - interval 7 day, headwater_c0, "?", headwater_hash from t where date_trunc('week', "{{.Time}}") = '2026-05-25'`,
	)
	for _, test := range []struct{ grain, day, says string }{
		{"hour", "2026-06-03", "all 60 rows of 2026-06-03T05:00Z are among them, moved by 2 hours, key and load time apart."},
		{"week", "2026-05-18", "all 10,080 rows of 2026-05-25 are among them, moved by 1 week, key and load time apart."},
	} {
		t.Run(test.grain, func(t *testing.T) {
			t.Parallel()
			n := s.checkedBy(t, partition.Override{Time: "{{.Time}}", Key: `id"; --`, Grain: test.grain, Begin: "2026-04-02"}, "", test.day, test.day)
			got := duplicates(n)
			require.Len(t, got, 1)
			for _, says := range got {
				require.Contains(t, says, test.says)
			}
		})
	}
}
