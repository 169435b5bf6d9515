package activation

import (
	"context"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// canStick refuses stickiness of a fact that is not followed by day.
func (d *Definition) canStick(metrics []Metric) error {
	for _, m := range metrics {
		if m.needs() != "" && !slices.Contains(d.Grains, period.Day) {
			return fault.New(fault.Invalid, "%s needs the day grain too, and %s is not followed by it. Add day to the fact's grains and run headwater build %s.",
				m, d.Fact.Name, d.Fact.Name)
		}
	}
	return nil
}

// sticky is the mean DAU of the periods asked about: the sum over their closed days, and how many those are.
type sticky struct {
	dau  counts[int]
	days map[int]int64
}

// of is sum of DAU / days / active users of the period; null where no day of it is closed and built.
func (s sticky) of(series int, p period.Period, active int64) any {
	return ratio(s.dau[series][p.Index], s.days[p.Index]*active)
}

// stickiness reads DAU. The days of an open period are those that are closed; a period with a closed day that is not built has
// none. Days before the first built one hold nobody.
func (i *inquiry) stickiness(ctx context.Context, metrics []Metric) (sticky, error) {
	s := sticky{dau: counts[int]{}, days: map[int]int64{}}
	if !slices.ContainsFunc(metrics, func(m Metric) bool { return m.needs() != "" }) {
		return s, nil
	}
	d := i.definition
	built, err := i.engine.Periods(ctx, d, period.Day)
	if err != nil {
		return s, err
	}
	if len(built) == 0 {
		i.notef("Stickiness needs the day grain, which is not built: run headwater build %s.", d.Fact.Name)
		return s, nil
	}
	week := map[int]int{} // the asked period of a day
	until := built[len(built)-1].Period
	for _, b := range i.built() {
		i.closedDays(b.Period, until, func(day period.Period) {
			week[day.Index] = b.Period.Index
			s.days[b.Period.Index]++
		})
	}
	for _, b := range built {
		if at, asked := week[b.Period.Index]; asked {
			if b.Open(d.Settle) {
				i.notef("%s was open when it was built by day: run headwater build.", b.Period)
			}
			if i.slice.whole() {
				s.dau.add(i.sums.order[0], at, b.Active)
			}
		}
	}
	if i.slice.whole() {
		return s, nil
	}
	return s, i.dailySlices(ctx, func(day period.Period, leaf Leaf, users int64) error {
		if at, asked := week[day.Index]; asked {
			return s.dau.addLeaf(i.slice, leaf, at, users)
		}
		return nil
	})
}

// closedDays gives the closed days of a period, or none where one of them is not built.
func (i *inquiry) closedDays(p, until period.Period, use func(period.Period)) {
	var days []period.Period
	all := 0
	for day := range p.Overlapping(period.Day, i.definition.Calendar) {
		all++
		if !day.Closed(i.query.AsOf, i.definition.Settle) {
			continue
		}
		if day.Index > until.Index {
			i.notef("Stickiness of %s is null: by day only days up to %s are built. Run headwater build %s.", p, until, i.definition.Fact.Name)
			return
		}
		days = append(days, day)
	}
	if len(days) < all {
		i.notef("Stickiness of %s is of the mean over its %d closed days so far.", p, len(days))
	}
	for _, day := range days {
		use(day)
	}
}

// dailySlices streams the active users of the days asked about by leaf.
func (i *inquiry) dailySlices(ctx context.Context, use func(day period.Period, leaf Leaf, users int64) error) error {
	on := i.dates(period.Day)
	return i.each(ctx, "active_by_leaf", i.values(period.Day), func(rows warehouse.Rows) error {
		var date time.Time
		var leaf Leaf
		var users int64
		if err := rows.Scan(&date, &leaf, &users); err != nil {
			return err
		}
		return use(on(date), leaf, users)
	}, i.first.UTCDate(), i.last.Next().UTCDate())
}
