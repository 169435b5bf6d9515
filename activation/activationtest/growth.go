package activationtest

// GrowthState is the state of a user on a day in Duolingo's growth model, by the words of the articles that activation cites;
// empty for who was never active.
func (h *History) GrowthState(u string, i int) string {
	ever := h.ActiveIn(u, 0, i-1)
	if h.Active(u, i) {
		switch {
		case !ever:
			return "new"
		case h.ActiveIn(u, i-7, i-1): // in WAU yesterday
			return "current"
		case h.ActiveIn(u, i-30, i-1): // away for 7 to 29 days
			return "reactivated"
		}
		return "resurrected"
	}
	switch {
	case !ever:
		return ""
	case h.ActiveIn(u, i-6, i-1):
		return "at_risk_wau"
	case h.ActiveIn(u, i-29, i-7):
		return "at_risk_mau"
	}
	return "dormant"
}

func (h *History) growth(s Slicing, series string, i int) string {
	is := func(at int, state string) int {
		return h.In(s, series, at, func(u string) bool { return h.GrowthState(u, at) == state })
	}
	rate := func(from, to string) any {
		return Per(h.In(s, series, i-1, func(u string) bool { return h.GrowthState(u, i-1) == from && h.GrowthState(u, i) == to }), is(i-1, from))
	}
	cells := []any{}
	for _, state := range []string{"new", "current", "reactivated", "resurrected", "at_risk_wau", "at_risk_mau", "dormant"} {
		cells = append(cells, is(i, state))
	}
	for _, window := range []int{1, 7, 30} { // DAU, WAU, MAU
		cells = append(cells, h.In(s, series, i, func(u string) bool { return h.ActiveIn(u, i-window+1, i) }))
	}
	return Line(h.date(i), series, append(cells,
		rate("new", "current"), rate("current", "current"), rate("reactivated", "current"), rate("resurrected", "current"),
		rate("at_risk_wau", "current"), rate("at_risk_mau", "reactivated"), rate("dormant", "resurrected"),
		rate("at_risk_wau", "at_risk_mau"), rate("at_risk_mau", "dormant"))...)
}
