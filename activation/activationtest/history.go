package activationtest

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// Visit is one row of a fact in UTC: a user (empty is NULL), an instant and the values of two dimensions, "" and 0 being NULL.
type Visit struct {
	User    string
	At      time.Time
	Country string
	Plan    int
}

// History is what a few visits mean by one grain, worked out user by user and period by period from the words of the domain: an
// oracle for every metric and shape, which reads no output and shares no code with the engine. Periods are positions in Starts.
type History struct {
	Grain  string
	Starts []time.Time
	Visits []Visit
	Users  []string
	leaves map[string][]*Visit
}

// NewHistory places visits in the periods from the one that holds first to the one that holds last; others are left out.
func NewHistory(visits []Visit, grain string, first, last time.Time) *History {
	h := &History{Grain: grain, Visits: visits, leaves: map[string][]*Visit{}}
	for at := StartOf(grain, first); !at.After(last); {
		h.Starts = append(h.Starts, at)
		switch grain {
		case "month":
			at = at.AddDate(0, 1, 0)
		case "week":
			at = at.AddDate(0, 0, 7)
		default:
			at = at.AddDate(0, 0, 1)
		}
	}
	for n, v := range visits {
		i := h.index(v.At)
		if v.User == "" || i < 0 {
			continue
		}
		if h.leaves[v.User] == nil {
			h.leaves[v.User] = make([]*Visit, len(h.Starts))
			h.Users = append(h.Users, v.User)
		}
		if leaf := h.leaves[v.User][i]; leaf == nil || later(v, *leaf) {
			h.leaves[v.User][i] = &visits[n]
		}
	}
	slices.Sort(h.Users)
	return h
}

// StartOf is the date on which the period that holds an instant starts, weeks on Monday.
func StartOf(grain string, at time.Time) time.Time {
	y, m, d := at.Date()
	switch grain {
	case "month":
		d = 1
	case "week":
		d -= (int(at.Weekday()) + 6) % 7
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func (h *History) index(at time.Time) int { return slices.Index(h.Starts, StartOf(h.Grain, at)) }

// later: by instant, then by the greatest tuple, NULL smallest.
func later(a, b Visit) bool {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Country, b.Country), cmp.Compare(a.Plan, b.Plan)) > 0
}

// Active: the user has a visit in the period.
func (h *History) Active(u string, i int) bool {
	return i >= 0 && i < len(h.Starts) && h.leaves[u][i] != nil
}

// ActiveIn: active in one of the periods from a to b.
func (h *History) ActiveIn(u string, a, b int) bool { return h.days(u, a, b) > 0 }

func (h *History) days(u string, a, b int) int {
	n := 0
	for i := a; i <= b; i++ {
		if h.Active(u, i) {
			n++
		}
	}
	return n
}

// State is none before the first active period.
func (h *History) State(u string, i int) string {
	switch before := h.ActiveIn(u, 0, i-1); {
	case h.Active(u, i) && !before:
		return "new"
	case h.Active(u, i) && h.Active(u, i-1):
		return "retained"
	case h.Active(u, i):
		return "reactivated"
	case before:
		return "inactive"
	}
	return "none"
}

// Leaf is the visit whose values a known user has in a period: of the last active one.
func (h *History) Leaf(u string, i int) *Visit {
	for ; i >= 0; i-- {
		if h.Active(u, i) {
			return h.leaves[u][i]
		}
	}
	return nil
}

// Slicing is how a question slices: by some of country and plan, of the countries in Where (nil: everybody).
type Slicing struct {
	By    []string
	Where []string
}

// Series is the JSON list of the values that a leaf has in the dimensions of By.
func (s Slicing) Series(v *Visit) (string, bool) {
	if v == nil || s.Where != nil && !slices.Contains(s.Where, v.Country) {
		return "", false
	}
	values := []any{}
	for _, dim := range s.By {
		switch {
		case dim == "country" && v.Country != "":
			values = append(values, v.Country)
		case dim == "plan" && v.Plan != 0:
			values = append(values, v.Plan)
		default:
			values = append(values, nil)
		}
	}
	text, err := json.Marshal(values)
	return string(text), err == nil
}

// In counts the users whose leaf in a period is in a series and who meet a condition.
func (h *History) In(s Slicing, series string, i int, condition func(u string) bool) int {
	n := 0
	for _, u := range h.Users {
		if have, ok := s.Series(h.Leaf(u, i)); ok && have == series && condition(u) {
			n++
		}
	}
	return n
}

// Listed are the series that anybody known has from the period before first to last.
func (h *History) Listed(s Slicing, first, last int) []string {
	out := []string{}
	if len(s.By) == 0 {
		return []string{"[]"}
	}
	for i := max(first-1, 0); i <= last; i++ {
		for _, u := range h.Users {
			if series, ok := s.Series(h.Leaf(u, i)); ok && !slices.Contains(out, series) {
				out = append(out, series)
			}
		}
	}
	slices.Sort(out)
	return out
}
