package activation

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/warehouse"
)

// cohortCell is a cohort by the index of its period, and how many periods later it is looked at.
type cohortCell struct{ cohort, offset int }

// cohorts lists, for each period asked about and each offset up to the last, how many of the users who were new in that period
// (users at offset 0) are active so many periods later, and rate = users / users at offset 0. A slice holds the users whose
// leaf in their first period is in it: a cohort never changes members.
func (i *inquiry) cohorts(ctx context.Context) ([][]any, error) {
	users := counts[cohortCell]{}
	on := i.dates(i.query.Grain)
	err := i.each(ctx, "cohorts", i.values(i.query.Grain), func(rows warehouse.Rows) error {
		var cohort, date time.Time
		var leaf Leaf
		var n int64
		if err := rows.Scan(&cohort, &date, &leaf, &n); err != nil {
			return err
		}
		first := on(cohort).Index
		return users.addLeaf(i.slice, leaf, cohortCell{first, on(date).Index - first}, n)
	}, i.first.UTCDate(), i.last.UTCDate(), i.first.UTCDate(), i.last.UTCDate())
	if err != nil {
		return nil, err
	}
	rows := [][]any{}
	for _, b := range i.built() {
		cohort := b.Period.Index
		for _, series := range i.sums.order {
			size := users[series][cohortCell{cohort, 0}]
			for offset := 0; size > 0 && cohort+offset <= i.last.Index; offset++ {
				n := users[series][cohortCell{cohort, offset}]
				rows = append(rows, i.cells(b.Period, series, offset, n, ratio(n, size)))
			}
		}
	}
	return rows, nil
}
