package activation

// growthModel are the active days by series.
type growthModel map[int]*growthDays

func (m growthModel) of(series int) *growthDays {
	if m[series] == nil {
		m[series] = &growthDays{kinds: map[int]map[string]int64{}, nexts: map[int]map[growthNext]int64{}}
	}
	return m[series]
}

// growthDays are users by active day: of which growth state they are, and on which day they are active next.
type growthDays struct {
	kinds map[int]map[string]int64
	nexts map[int]map[growthNext]int64
}

// growthNext is the state on a day and the next active day. The state counts only where that is the day after: longer pauses
// lead everybody through the same states.
type growthNext struct {
	kind string
	day  int
}

func (d *growthDays) active(day int, kind string, users int64) {
	if d.kinds[day] == nil {
		d.kinds[day] = map[string]int64{}
	}
	d.kinds[day][kind] += users
}

func (d *growthDays) next(day int, kind string, next int, users int64) {
	if d.nexts[day] == nil {
		d.nexts[day] = map[growthNext]int64{}
	}
	d.nexts[day][growthNext{kind, next}] += users
}

// lastSeen counts the users whose last active day up to p is one of the days from first to last, which are before p.
func (d *growthDays) lastSeen(first, last, p int) int64 {
	var n int64
	for day := first; day <= last; day++ {
		n += sum(d.kinds[day])
		for next, users := range d.nexts[day] {
			if next.day <= p {
				n -= users
			}
		}
	}
	return n
}

// back counts the users who are active at p, and before that last on one of the days from first to last.
func (d *growthDays) back(first, last, p int) int64 {
	var n int64
	for day := first; day <= last; day++ {
		for next, users := range d.nexts[day] {
			if next.day == p {
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

func (d *growthDays) states(p int, inactive int64) growthStates {
	s := growthStates{active: d.kinds[p]}
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
func (d *growthDays) rates(p int, before growthStates, cameBack int64) []any {
	rates := make([]any, 0, len(growthColumns()))
	for _, kind := range []string{kindNew, kindCurrent, kindReactivated, kindResurrected} {
		rates = append(rates, ratio(d.nexts[p-1][growthNext{kind, p}], before.active[kind]))
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
