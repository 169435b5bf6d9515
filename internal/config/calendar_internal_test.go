package config

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
)

func TestCalendar(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"in order":    "date,type,name,dimension,value\n2026-05-05,holiday,Children's Day,country,KR\n2026-05-06,Release,\"v2, at last\",,\n",
		"any order":   "value,Name,date,type,dimension\nKR,Children's Day,2026-05-05,holiday,country\n,\"v2, at last\",2026-05-06,release,\n",
		"spreadsheet": "\ufeffdate,type,name,dimension,value\r\n2026-05-05,holiday,Children's Day,country,KR\r\n\r\n2026-05-06,release,\"v2, at last\",,\r\n",
		"short lines": "date, type, name, dimension, value\n# Korea\n2026-05-05, holiday, Children's Day, country, KR\n2026-05-06,release,\"v2, at last\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parseCalendar(strings.NewReader(text), "calendar.csv")
			require.NoError(t, err)
			require.Equal(t, []CalendarEntry{
				{Date: "2026-05-05", Type: "holiday", Name: "Children's Day", Dimension: "country", Value: "KR"},
				{Date: "2026-05-06", Type: "release", Name: "v2, at last"},
			}, got)
		})
	}
	for _, text := range []string{"", "a", "\ufeff", "date,type,name\n"} {
		got, err := parseCalendar(strings.NewReader(text), "c")
		require.Equal(t, text == "a", err != nil)
		require.Empty(t, got)
	}
}

func TestCalendarRefusesLines(t *testing.T) {
	t.Parallel()
	const header = "date,type,name,dimension,value\n"
	for name, c := range map[string]struct{ text, want string }{
		"column":     {"date,typ,name\n", `calendar.csv:1: "typ" is no column of a calendar; its header is date,type,name,dimension,value, in any order. Did you mean type?`},
		"no column":  {"date,name\n", "calendar.csv:1: the column type is missing"},
		"twice":      {"date,date,type,name\n", "calendar.csv:1: the column date stands in the header twice"},
		"date":       {header + "2026-05-05,holiday,a,,\n05/06/2026,holiday,b,,\n", `calendar.csv:3: "05/06/2026" is not a date; write it like 2026-05-01.`},
		"type":       {header + "# comment\n\n2026-05-05,hollday,a,,\n", `calendar.csv:4: "hollday" is no type of entry; valid are holiday, closure, release, campaign, incident. Did you mean holiday?`},
		"name":       {header + "2026-05-05,holiday,,,\n", "calendar.csv:2: has no name"},
		"half slice": {header + "2026-05-05,holiday,a,country,\n", "calendar.csv:2: names a dimension without a value"},
		"comma":      {header + "2026-05-05,holiday,a,b,country,KR\n", "calendar.csv:2: has 6 values, and the header 5"},
		"quote":      {header + "2026-05-05,holiday,\"a,,\n", "the line is no CSV"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parseCalendar(strings.NewReader(c.text), "calendar.csv")
			require.Equal(t, fault.Invalid, fault.KindOf(err))
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := ReadCalendar(filepath.Join(t.TempDir(), "none.csv"))
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
}
