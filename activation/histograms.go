package activation

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// activeDays lists how many users were active on 1, 2, … of so many days that end at the last asked, and share = users / users
// active on any of them. A user counts under the leaf of the last active day.
func (i *inquiry) activeDays(ctx context.Context, s Shape, days int) ([][]any, error) {
	first := i.last.Add(1 - days)
	if begin := i.cover.First(); first.Index < begin.Index {
		i.notef("%s ends at %s and begins before the first built day (%s): it covers %d days.", s, i.last, begin, i.last.Index-begin.Index+1)
	}
	users := counts[int]{}
	err := i.each(ctx, "active_days", i.values(i.query.Grain), func(rows warehouse.Rows) error {
		var active int
		var leaf Leaf
		var n int64
		if err := rows.Scan(&active, &leaf, &n); err != nil {
			return err
		}
		return users.addLeaf(i.slice, leaf, active, n)
	}, first.UTCDate(), i.last.UTCDate())
	if err != nil {
		return nil, err
	}
	rows := [][]any{}
	for _, series := range i.sums.order {
		all := sum(users[series])
		for active := 1; active <= days; active++ {
			n := users[series][active]
			rows = append(rows, i.cells(i.last, series, active, n, ratio(n, all)))
		}
	}
	return rows, nil
}

// bar is one bar of a period's histogram; value is 0 for users who have none.
type bar struct{ index, value int }

// histogram lists how many active users of each period have which streak or gap, and share = users / active users. The gap of
// new users is null and stands last. Where no first period was asked for, it is of the last one alone: a long list of old
// periods helps nobody.
func (i *inquiry) histogram(ctx context.Context, s Shape) ([][]any, error) {
	first := i.histogramFirst()
	if i.query.First == nil {
		i.notef("%s is of %s alone; name first for more periods.", s, i.last)
	}
	users := counts[bar]{}
	on := i.dates(i.query.Grain)
	err := i.each(ctx, string(s), i.values(i.query.Grain), func(rows warehouse.Rows) error {
		var date time.Time
		var value *int
		var leaf Leaf
		var n int64
		if err := rows.Scan(&date, &value, &leaf, &n); err != nil {
			return err
		}
		b := bar{index: on(date).Index}
		if value != nil {
			b.value = *value
		}
		return users.addLeaf(i.slice, leaf, b, n)
	}, first.UTCDate(), i.last.UTCDate())
	if err != nil {
		return nil, err
	}
	rows := [][]any{}
	for p := first; p.Index <= i.last.Index; p = p.Next() {
		for _, series := range i.sums.order {
			rows = append(rows, i.bars(p, series, users[series])...)
		}
	}
	return rows, nil
}

// histogramFirst is the first period of histograms.
func (i *inquiry) histogramFirst() period.Period {
	if i.query.First == nil {
		return i.last
	}
	return i.first
}

// bars are the rows of one period and series.
func (i *inquiry) bars(p period.Period, series int, users map[bar]int64) [][]any {
	values := map[int]int64{}
	for b, n := range users {
		if b.index == p.Index {
			values[b.value] = n
		}
	}
	all := sum(values)
	rows := [][]any{}
	for _, value := range slices.Sorted(maps.Keys(values)) {
		if value > 0 {
			rows = append(rows, i.cells(p, series, value, values[value], ratio(values[value], all)))
		}
	}
	if n := values[0]; n > 0 {
		rows = append(rows, i.cells(p, series, nil, n, ratio(n, all)))
	}
	return rows
}

func sum[C comparable](cells map[C]int64) int64 {
	var all int64
	for _, n := range cells {
		all += n
	}
	return all
}
