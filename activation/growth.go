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

// growthCell is an active day of a growth state, and the user's next active day; 0 is none in the range.
type growthCell struct {
	kind      string
	day, next int
}

// growth fills the model from the active days of the range and the 31 before it.
func (i *inquiry) growth(ctx context.Context) ([][]any, error) {
	model := growthModel{}
	on := i.dates(i.query.Grain)
	err := i.each(ctx, "growth", i.values(i.query.Grain), func(rows warehouse.Rows) error {
		var date time.Time
		var next *time.Time
		var kind string
		var leaf Leaf
		var n int64
		if err := rows.Scan(&date, &kind, &next, &leaf, &n); err != nil {
			return err
		}
		cell := growthCell{kind: kind, day: on(date).Index, next: noNext}
		if next != nil {
			cell.next = on(*next).Index
		}
		place, err := i.slice.place(leaf)
		if err == nil && place.in {
			model.add(place.series, cell, n)
		}
		return err
	}, weekDays, monthDays, i.first.Add(-monthDays-1).UTCDate(), i.last.UTCDate())
	if err != nil {
		return nil, err
	}
	rows := [][]any{}
	for _, b := range i.built() {
		for _, series := range i.sums.order {
			p := b.Period
			now := model[series].states(p.Index, i.sums.of(series, p).Inactive)
			before := model[series].states(p.Index-1, i.sums.of(series, p.Prev()).Inactive)
			cells := append(now.counts(), model[series].rates(p.Index, before, i.sums.of(series, p).ReactivatedFrom)...)
			rows = append(rows, i.cells(p, series, cells...))
		}
	}
	return rows, nil
}

// growthModel are users by series, active day and cell.
type growthModel map[int]growthDays

type growthDays map[int]map[growthCell]int64

func (m growthModel) add(series int, cell growthCell, n int64) {
	if m[series] == nil {
		m[series] = growthDays{}
	}
	if m[series][cell.day] == nil {
		m[series][cell.day] = map[growthCell]int64{}
	}
	m[series][cell.day][cell] += n
}

// noNext is later than every day: the user is not active again in the range.
const noNext = 1 << 40

// lastSeen counts the users whose last active day up to p is one of the days from first to last, which are before p.
func (d growthDays) lastSeen(first, last, p int) int64 {
	var n int64
	for day := first; day <= last; day++ {
		for cell, users := range d[day] {
			if cell.next > p {
				n += users
			}
		}
	}
	return n
}

// back counts the users who are active at p, and before that last on one of the days from first to last.
func (d growthDays) back(first, last, p int) int64 {
	var n int64
	for day := first; day <= last; day++ {
		for cell, users := range d[day] {
			if cell.next == p {
				n += users
			}
		}
	}
	return n
}

// growthStates are the users of each state on one day.
type growthStates struct {
	active                        map[string]int64
	atRiskWAU, atRiskMAU, dormant int64
}

func (d growthDays) states(p int, inactive int64) growthStates {
	s := growthStates{active: map[string]int64{}}
	for cell, users := range d[p] {
		s.active[cell.kind] += users
	}
	s.atRiskWAU = d.lastSeen(p-weekDays+1, p-1, p)
	s.atRiskMAU = d.lastSeen(p-monthDays+1, p-weekDays, p)
	s.dormant = inactive - s.atRiskWAU - s.atRiskMAU
	return s
}

func (s growthStates) counts() []any {
	dau := sum(s.active)
	return []any{
		s.active[kindNew], s.active[kindCurrent], s.active[kindReactivated], s.active[kindResurrected],
		s.atRiskWAU, s.atRiskMAU, s.dormant, dau, dau + s.atRiskWAU, dau + s.atRiskWAU + s.atRiskMAU,
	}
}

// rates are those of p, from the states of the day before and the users who came back at p from being inactive.
func (d growthDays) rates(p int, before growthStates, cameBack int64) []any {
	again := map[string]int64{}
	for cell, users := range d[p-1] {
		if cell.next == p {
			again[cell.kind] += users
		}
	}
	rates := make([]any, 0, 9)
	for _, kind := range []string{kindNew, kindCurrent, kindReactivated, kindResurrected} {
		rates = append(rates, ratio(again[kind], before.active[kind]))
	}
	fromWAU, fromMAU := d.back(p-weekDays, p-2, p), d.back(p-monthDays, p-weekDays-1, p)
	return append(rates,
		ratio(fromWAU, before.atRiskWAU),
		ratio(fromMAU, before.atRiskMAU),
		ratio(cameBack-fromWAU-fromMAU, before.dormant),
		ratio(d.lastSeen(p-weekDays, p-weekDays, p), before.atRiskWAU),
		ratio(d.lastSeen(p-monthDays, p-monthDays, p), before.atRiskMAU),
	)
}
