package observe_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// spans are what the table of TestHoursAreCountedByTheInstant holds rows of, one every step. Neither divides an hour.
var spans = []struct{ from, until time.Time }{
	{day(1969, 12, 27), day(1970, 1, 6)}, // before and after number 0
	{day(1972, 1, 2), day(1972, 1, 12)},  // Monrovia's offset had seconds until the 7th
	{day(1985, 12, 27), day(1986, 1, 6)}, // Kathmandu skipped a quarter of an hour on the 1st
	{day(2026, 1, 1), day(2027, 1, 1)},
}

const step = 433*time.Second + 250*time.Millisecond

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// keys is how many different keys there are.
const keys = 5

// TestHoursAreCountedByTheInstant compares each kind of column in zones of every kind with where package period puts the rows.
func TestHoursAreCountedByTheInstant(t *testing.T) {
	t.Parallel()
	statements := []string{"create table t (ts timestamp, tz timestamptz, ns timestamp_ns, kolkata timestamp, id bigint)"}
	for _, s := range spans {
		statements = append(statements, fmt.Sprintf(`insert into t select
			ts, timezone('UTC', ts), ts::timestamp_ns, ts + interval 330 minutes, case when n %% 7 = 0 then null else n %% %d end
			from (select timestamp '%s' + to_microseconds(range * %d) as ts, range as n from range(%d))`,
			keys, s.from.Format(time.DateOnly), step.Microseconds(), s.until.Sub(s.from)/step))
	}
	shop := newShop(t, statements...)
	for _, zone := range []string{
		"UTC", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York", "America/Havana", "Antarctica/Troll", "Africa/Monrovia",
	} {
		for _, column := range []string{"ts", "tz", "ns", "kolkata"} {
			t.Run(zone+" "+column, func(t *testing.T) {
				t.Parallel()
				sp := spec(t, period.Hour, zone, "", column, "id")
				if column == "kolkata" {
					sp.ColumnZone = "Asia/Kolkata"
				}
				for _, s := range spans {
					first, last := s.from.AddDate(0, 0, 2), s.until.AddDate(0, 0, -2)
					o := shop.look(t, "t", sp, first.Format(time.DateOnly), last.Format(time.DateOnly))
					require.Empty(t, o.Unobserved)
					requireCounts(t, placed(t, sp, s.from, s.until), o.Counts, sp)
				}
			})
		}
	}
}

// placed counts the rows of a span that lie in the asked days, by hour.
func placed(t *testing.T, sp partition.Spec, from, until time.Time) map[int]partition.Count {
	t.Helper()
	first, err := sp.Calendar.Parse(period.Hour, from.AddDate(0, 0, 2).Format(time.DateOnly))
	require.NoError(t, err)
	last, err := sp.Calendar.ParseLast(period.Hour, until.AddDate(0, 0, -2).Format(time.DateOnly))
	require.NoError(t, err)
	out, seen, hours := map[int]partition.Count{}, map[[2]int]bool{}, map[int][]int{}
	for n := range int(until.Sub(from) / step) {
		index := sp.At(from.Add(time.Duration(n) * step)).Index
		if index < first.Index || index > last.Index {
			continue
		}
		c := out[index]
		c.Rows++
		if n%7 != 0 {
			c.Keyed++
			if at := [2]int{index, n % keys}; !seen[at] {
				seen[at] = true
				c.Distinct++
				hours[n%keys] = append(hours[n%keys], index)
			}
		}
		out[index] = c
	}
	for index, c := range out {
		c.Elsewhere = elsewhere(index, c, hours)
		out[index] = c
	}
	return out
}

// elsewhere: every key is in several hours, and nothing says in which it belongs. The hours of each key ascend.
func elsewhere(index int, c partition.Count, hours map[int][]int) partition.Elsewhere {
	var others []int // the first and the last of each key
	for _, list := range hours {
		at, here := slices.BinarySearch(list, index)
		if !here || len(list) == 1 {
			continue
		}
		first, last := list[0], list[len(list)-1]
		if at == 0 {
			first = list[1]
		}
		if at == len(list)-1 {
			last = list[len(list)-2]
		}
		others = append(others, first, last)
	}
	if len(others) == 0 {
		return partition.Elsewhere{}
	}
	return partition.Elsewhere{Rows: c.Keyed, First: slices.Min(others), Last: slices.Max(others)}
}

func requireCounts(t *testing.T, want, got map[int]partition.Count, sp partition.Spec) {
	t.Helper()
	require.Len(t, got, len(want))
	for index, count := range want {
		p := period.Period{Grain: sp.Grain, Calendar: sp.Calendar, Index: index}
		require.Equal(t, count, got[index], p.String())
	}
}

// TestTheEdgesOfHours puts a row at the first and one at the last moment of each hour of a day with a change of clocks.
func TestTheEdgesOfHours(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ zone, date string }{
		{"America/New_York", "2026-03-08"},
		{"America/New_York", "2026-11-01"},
		{"Australia/Lord_Howe", "2026-04-05"},
		{"Australia/Lord_Howe", "2026-10-04"},
		{"Asia/Kathmandu", "1986-01-01"},
		{"Africa/Monrovia", "1972-01-07"},
		{"Asia/Kolkata", "1969-12-31"},
	} {
		t.Run(test.zone+" "+test.date, func(t *testing.T) {
			t.Parallel()
			sp := spec(t, period.Hour, test.zone, "", "ns")
			day, err := sp.Calendar.Parse(period.Day, test.date)
			require.NoError(t, err)
			var rows []string
			want := map[string]partition.Count{}
			for hour := range day.Overlapping(period.Hour, sp.Calendar) {
				first, last := hour.Start().UTC(), hour.End().UTC()
				rows = append(rows,
					fmt.Sprintf("('%s', '%[1]s+00', '%[1]s')", first.Format(time.DateTime)),
					fmt.Sprintf("('%s', '%[1]s+00', '%s')",
						last.Add(-time.Microsecond).Format("2006-01-02 15:04:05.000000"), last.Add(-time.Nanosecond).Format("2006-01-02 15:04:05.000000000")))
				want[hour.String()] = partition.Count{Rows: 2}
			}
			shop := newShop(t, "create table t (ts timestamp, tz timestamptz, ns timestamp_ns)", "insert into t values "+strings.Join(rows, ", "))
			for _, column := range []string{"ts", "tz", "ns"} {
				sp.Time = column
				require.Equal(t, want, named(sp, shop.look(t, "t", sp, test.date, test.date)), column)
			}
			require.EqualValues(t, 3, shop.queries.Load())
		})
	}
}

func TestADateSaysNoHour(t *testing.T) {
	t.Parallel()
	s := newShop(t, "create table t (d date)", "insert into t values ('2026-06-09')")
	o := s.look(t, "t", spec(t, period.Hour, "UTC", "", "d"), "2026-06-09", "2026-06-09")
	require.Equal(t, "Column d of shop.main.t is a date, which does not say the hour. Name a timestamp as its time, or declare a coarser grain.", o.Unobserved)
	require.Empty(t, o.Counts)
	require.Zero(t, s.queries.Load())
}

func TestHoursOfTimesWithoutEnd(t *testing.T) {
	t.Parallel()
	s := newShop(t,
		"create table t (ts timestamp, tz timestamptz)",
		"insert into t select ts, timezone('UTC', ts) from (values (timestamp '2026-06-09 10:00:00'), ('infinity'), ('-infinity'), ('9999-12-31 00:00:00'), (null)) v (ts)")
	for _, column := range []string{"ts", "tz"} {
		sp := spec(t, period.Hour, "UTC", "", column)
		o := s.look(t, "t", sp, "2026-06-01", "2026-06-30")
		require.Empty(t, o.Unobserved)
		require.Equal(t, map[string]partition.Count{"2026-06-09T10:00Z": {Rows: 1}}, named(sp, o))
	}
}

// TestOneQueryForAYearOfHours, in a zone in which not all of them have 60 minutes.
func TestOneQueryForAYearOfHours(t *testing.T) {
	t.Parallel()
	s := newShop(t, "create table t as select timestamp '2024-12-30' + to_minutes(range * 10) as ts from range(54000)")
	sp := spec(t, period.Hour, "Australia/Lord_Howe", "", "ts")
	o := s.look(t, "t", sp, "2025-01-01", "2025-12-31")
	require.EqualValues(t, 1, s.queries.Load())
	require.True(t, len(o.Counts) == 365*24, "%d hours", len(o.Counts)) //nolint:testifylint // the map is too long to be printed
	lengths := map[int64]int{}
	for _, count := range o.Counts {
		lengths[count.Rows]++
	}
	require.Equal(t, map[int64]int{6: 365*24 - 2, 3: 1, 9: 1}, lengths)
}

// TestWhatTheClockOfAColumnShowsTwiceIsUntold: hours that a column without a zone does not tell apart are not counted, all others are.
func TestWhatTheClockOfAColumnShowsTwiceIsUntold(t *testing.T) {
	t.Parallel()
	const days = 3
	var rows []string
	for _, zone := range []string{"America/New_York", "Australia/Lord_Howe"} {
		location, err := time.LoadLocation(zone)
		require.NoError(t, err)
		start := day(2026, time.October, 31)
		if zone == "Australia/Lord_Howe" {
			start = day(2026, time.April, 4)
		}
		for at := start; at.Before(start.AddDate(0, 0, days)); at = at.Add(10 * time.Minute) {
			rows = append(rows, fmt.Sprintf("('%s', '%s')", zone, at.In(location).Format(time.DateTime)))
		}
	}
	s := newShop(t, "create table all_of_them (zone varchar, ts timestamp)", "insert into all_of_them values "+strings.Join(rows, ", "),
		"create view new_york as select ts from all_of_them where zone = 'America/New_York'",
		"create view lord_howe as select ts::timestamp_ns as ts from all_of_them where zone = 'Australia/Lord_Howe'")
	for name, test := range map[string]struct {
		relation, columnZone, zone string
		date                       string
		untold                     []string
		odd                        map[string]int64
	}{
		"an hour that comes twice":           {"new_york", "America/New_York", "America/New_York", "2026-11-01", []string{"2026-11-01T01:00-04:00", "2026-11-01T01:00-05:00"}, nil},
		"in UTC":                             {"new_york", "America/New_York", "UTC", "2026-11-01", []string{"2026-11-01T05:00Z", "2026-11-01T06:00Z"}, nil},
		"both of it in three":                {"new_york", "America/New_York", "Asia/Kolkata", "2026-11-01", []string{"2026-11-01T10:00+05:30", "2026-11-01T11:00+05:30", "2026-11-01T12:00+05:30"}, nil},
		"an hour and a half holds it whole":  {"lord_howe", "Australia/Lord_Howe", "Australia/Lord_Howe", "2026-04-05", nil, map[string]int64{"2026-04-05T01:00+11:00": 9}},
		"half an hour of each of two in UTC": {"lord_howe", "Australia/Lord_Howe", "UTC", "2026-04-04", []string{"2026-04-04T14:00Z", "2026-04-04T15:00Z"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sp := columnZone(spec(t, period.Hour, test.zone, "", "ts"), test.columnZone)
			o := s.look(t, test.relation, sp, test.date, test.date)
			var untold []string
			first, err := sp.Calendar.Parse(period.Hour, test.date)
			require.NoError(t, err)
			odd := map[string]int64{}
			for p := first; p.Index < first.Index+24; p = p.Next() {
				switch why, n := o.Untold[p.Index], o.Counts[p.Index].Rows; {
				case why != "":
					untold = append(untold, p.String())
					require.Equal(t, "Its rows cannot be told from those of the hour beside it: ts has no zone, and the clock of "+
						test.columnZone+" showed the same time in both.", why)
					require.Zero(t, n)
				case n != 6:
					odd[p.String()] = n
				}
			}
			require.Equal(t, test.untold, untold)
			if test.odd == nil {
				test.odd = map[string]int64{}
			}
			require.Equal(t, test.odd, odd)
		})
	}
}
