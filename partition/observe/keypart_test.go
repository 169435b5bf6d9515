package observe_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// keyedRow is a row of table t: a place in time, counted in periods, and a key of two columns, each nil for NULL.
type keyedRow struct {
	place int
	a, b  *int
}

// TestRepeatsOfSomePeriodsAreLookedForInAll: the keys of the wanted periods are counted as the definition has it, by day and by
// hour, whatever of the range is wanted.
func TestRepeatsOfSomePeriodsAreLookedForInAll(t *testing.T) {
	t.Parallel()
	const periods = 6
	s := newShop(t)
	value := rapid.Ptr(rapid.IntRange(0, 3), true)
	one := rapid.Custom(func(t *rapid.T) keyedRow {
		return keyedRow{rapid.IntRange(0, periods-1).Draw(t, "place"), value.Draw(t, "a"), value.Draw(t, "b")}
	})
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.SliceOfN(one, 1, 12).Draw(rt, "rows")
		grain := rapid.SampledFrom([]period.Grain{period.Day, period.Hour}).Draw(rt, "grain")
		sp := spec(rt, grain, "UTC", "", "ts", "a", "b")
		begin := sp.At(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
		run(t, s.path, "create or replace table t (ts timestamp, a integer, b integer)", inserted(rows, begin))
		first := rapid.IntRange(0, periods-1).Draw(rt, "first")
		last := rapid.IntRange(first, periods-1).Draw(rt, "last")
		from, until := begin.Add(first), begin.Add(last)
		o, err := s.observer.Observe(rt.Context(), partition.ObserveRequest{
			Node: "model.shop.t", Relation: "t", Spec: sp, First: begin, Last: begin.Add(periods - 1), KeyFirst: &from, KeyLast: &until,
		})
		require.NoError(rt, err)
		require.Empty(rt, o.Unobserved)
		for place := range periods {
			want := countedKeys(rows, place, begin.Index)
			got := o.Counts[begin.Index+place]
			require.Equal(rt, want.Rows, got.Rows)
			if first <= place && place <= last {
				require.Equal(rt, want, got)
			}
		}
	})
}

// inserted writes the rows.
func inserted(rows []keyedRow, begin period.Period) string {
	text := func(n *int) string {
		if n == nil {
			return "null"
		}
		return strconv.Itoa(*n)
	}
	var values []string
	for _, r := range rows {
		at := begin.Add(r.place).Start().Format(time.DateTime)
		values = append(values, fmt.Sprintf("('%s', %s, %s)", at, text(r.a), text(r.b)))
	}
	return "insert into t values " + strings.Join(values, ", ")
}

// countedKeys counts the rows of a place, those with a whole key, its keys, and those whose key is in another place, too.
func countedKeys(rows []keyedRow, place, index int) partition.Count {
	var out partition.Count
	keys := map[[2]int]bool{}
	for _, r := range rows {
		if r.place != place {
			continue
		}
		out.Rows++
		if r.a == nil || r.b == nil {
			continue
		}
		out.Keyed++
		keys[[2]int{*r.a, *r.b}] = true
		away := false
		for _, other := range rows {
			if other.place == place || other.a == nil || other.b == nil || *other.a != *r.a || *other.b != *r.b {
				continue
			}
			there := other.place + index
			if out.Elsewhere.Rows == 0 && !away {
				out.Elsewhere.First, out.Elsewhere.Last = there, there
			}
			away = true
			out.Elsewhere.First, out.Elsewhere.Last = min(out.Elsewhere.First, there), max(out.Elsewhere.Last, there)
		}
		if away {
			out.Elsewhere.Rows++
		}
	}
	out.Distinct = int64(len(keys))
	return out
}
