package activation

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/warehouse"
)

// The growth model of Duolingo: every known user is in exactly one of seven states on every day. Published in "Meaningful
// metrics: how data sharpened the focus of product teams" (https://blog.duolingo.com/growth-model-duolingo) and in J. Mazal,
// "How Duolingo reignited user growth" (https://www.lennysnewsletter.com/p/how-duolingo-reignited-user-growth):
//
//	new            first active day
//	current        active, and active on another day of the week before (was in WAU yesterday)
//	reactivated    active after 7 to 29 days away (was at risk of leaving MAU yesterday)
//	resurrected    active after 30 days away or more (was dormant yesterday)
//	at_risk_wau    not active, active on one of the 6 days before
//	at_risk_mau    not active in these 7 days, active on one of the 23 days before them
//	dormant        not active in these 30 days
//
//	DAU = new + current + reactivated + resurrected; WAU = DAU + at_risk_wau; MAU = WAU + at_risk_mau
//
// Rates are shares of a state's users at p-1 by what they are at p:
//
//	curr, nurr, rurr, surr    current, new, reactivated, resurrected → current
//	iwaurr                    at_risk_wau → current
//	reactivation_rate         at_risk_mau → reactivated
//	resurrection_rate         dormant → resurrected
//	wau_loss_rate             at_risk_wau → at_risk_mau
//	mau_loss_rate             at_risk_mau → dormant
//
// Days away are those between two active days. Somebody who comes back after exactly 6 is current, since the model lets nobody
// be reactivated out of WAU, though the articles' words for current ("one of the prior 6 days") leave that case open.
const (
	weekDays  = 7  // the greatest gap of current: 6 days away
	monthDays = 30 // the greatest gap of reactivated: 29 days away

	kindNew         = "new"
	kindCurrent     = "current"
	kindReactivated = "reactivated"
	kindResurrected = "resurrected"
)

func growthColumns() []string {
	return []string{
		kindNew, kindCurrent, kindReactivated, kindResurrected, "at_risk_wau", "at_risk_mau", "dormant", "dau", "wau", "mau",
		"nurr", "curr", "rurr", "surr", "iwaurr", "reactivation_rate", "resurrection_rate", "wau_loss_rate", "mau_loss_rate",
	}
}

// growth fills the model from the active days of the range and the 31 before it.
func (i *inquiry) growth(ctx context.Context) ([][]any, error) {
	model := growthModel{}
	read := i.growthBySlice
	if i.slice.whole() {
		read = i.growthOfAll
	}
	if err := read(ctx, model); err != nil {
		return nil, err
	}
	rows := [][]any{}
	for _, b := range i.built() {
		for _, series := range i.sums.order {
			p, days := b.Period, model.of(series)
			now := days.states(p.Index, i.sums.of(series, p).Inactive)
			before := days.states(p.Index-1, i.sums.of(series, p.Prev()).Inactive)
			cells := append(now.counts(), days.rates(p.Index, before, i.sums.of(series, p).ReactivatedFrom)...)
			rows = append(rows, i.cells(p, series, cells...))
		}
	}
	return rows, nil
}

// growthBySlice follows each user from one active day to the next, which may be in another slice.
func (i *inquiry) growthBySlice(ctx context.Context, model growthModel) error {
	on := i.dates(i.query.Grain)
	return i.each(ctx, "growth", i.values(i.query.Grain), func(rows warehouse.Rows) error {
		var date time.Time
		var next *time.Time
		var kind string
		var leaf Leaf
		var n int64
		if err := rows.Scan(&date, &kind, &next, &leaf, &n); err != nil {
			return err
		}
		place, err := i.slice.place(leaf)
		if err != nil || !place.in {
			return err
		}
		days, day := model.of(place.series), on(date).Index
		days.active(day, kind, n)
		if next != nil {
			days.next(day, kind, on(*next).Index, n)
		}
		return nil
	}, weekDays, monthDays, i.growthFrom(), i.last.UTCDate())
}

// growthOfAll is growthBySlice of the one series there is.
func (i *inquiry) growthOfAll(ctx context.Context, model growthModel) error {
	on, days := i.dates(i.query.Grain), model.of(i.sums.order[0])
	err := i.each(ctx, "growth_whole", i.values(i.query.Grain), func(rows warehouse.Rows) error {
		var date time.Time
		var before *time.Time
		var kind string
		var from State
		var n int64
		if err := rows.Scan(&date, &kind, &before, &from, &n); err != nil {
			return err
		}
		day := on(date).Index
		days.active(day, kind, n)
		if before == nil {
			return nil
		}
		was := kindCurrent
		if from == New {
			was = kindNew
		}
		days.next(on(*before).Index, was, day, n)
		return nil
	}, weekDays, monthDays, i.growthFrom(), i.last.UTCDate())
	if err != nil {
		return err
	}
	return i.each(ctx, "growth_again", i.values(i.query.Grain), func(rows warehouse.Rows) error {
		var date time.Time
		var kind string
		var n int64
		if err := rows.Scan(&date, &kind, &n); err != nil {
			return err
		}
		day := on(date).Index
		days.next(day-1, kindCurrent, day, -n)
		days.next(day-1, kind, day, n)
		return nil
	}, monthDays, weekDays, i.growthFrom(), i.last.UTCDate(), i.growthFrom(), i.last.UTCDate())
}

// growthFrom is the first day on which the states of the day before the first asked depend.
func (i *inquiry) growthFrom() time.Time { return i.first.Add(-monthDays - 1).UTCDate() }
