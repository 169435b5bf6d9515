package explain_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/period"
)

// A small population whose days are drawn one by one. asked is the day that incidents hit and questions ask about.
const (
	simUsers = 9000
	simDays  = 98
	asked    = 95
)

var simDims = []string{"country", "platform", "version"}

// user is one member of the population.
type user struct {
	country, platform, version string
	since                      int
	eager                      float64
}

func (u user) leaf() activation.Leaf {
	return activation.Leaf(fmt.Sprintf(`{"country":%q,"platform":%q,"version":%q}`, u.country, u.platform, u.version))
}

// town is a simulated population and whether each user was active each day.
type town struct {
	users  []user
	active [][]bool
}

// incident changes the chance that a user is active on a day.
type incident func(u user, day int) float64

// newTown draws a population: most are there from the start, some arrive every day, weekends are quieter, and the whole
// drifts a little. The same seed draws the same numbers whatever the incident.
func newTown(seed uint64, hit incident) *town {
	r := rand.New(rand.NewPCG(seed, 7))
	level := make([]float64, simDays)
	walk := 0.0
	for d := range level {
		walk += 0.003 * r.NormFloat64()
		level[d] = math.Exp(walk + 0.006*r.NormFloat64())
	}
	t := &town{}
	for i := range simUsers {
		u := user{
			country: pick(r, []string{"US", "BR", "DE", "JP"}, 0.4, 0.7, 0.9), platform: pick(r, []string{"ios", "android", "web"}, 0.35, 0.75),
			version: pick(r, []string{"5.1", "5.2"}, 0.4), eager: 0.2 + 0.5*r.Float64(),
		}
		if i%2 == 1 {
			u.since = r.IntN(simDays)
		}
		days := make([]bool, simDays)
		for d := range simDays {
			luck, luckier := r.Float64(), r.Float64()
			chance := u.eager * level[d] * []float64{1, 1, 1, 1, 0.97, 0.85, 0.8}[d%7]
			lasting := math.Exp(-float64(d-u.since) / 60)
			days[d] = d >= u.since && luckier < lasting+0.4 && luck < chance*hit(u, d) || d == u.since && d > 0 && luck < hit(u, d)
		}
		t.users, t.active = append(t.users, u), append(t.active, days)
	}
	return t
}

func pick(r *rand.Rand, values []string, upTo ...float64) string {
	luck := r.Float64()
	for i, limit := range upTo {
		if luck < limit {
			return values[i]
		}
	}
	return values[len(upTo)]
}

func nothing(user, int) float64 { return 1 }

// day is a day of the simulation as a period; day 0 is a Monday.
func day(d int) period.Period { return period.UTC().On(period.Day, 2026, time.March, 2).Add(d) }

// history counts the town's transitions as the outputs would.
func (t *town) history() []activation.Transition {
	type key struct {
		day      int
		from, to activation.State
		leaf     activation.Leaf
	}
	counts := map[key]int64{}
	for i, u := range t.users {
		state, leaf := activation.None, u.leaf()
		for d, active := range t.active[i] {
			next := step(state, active)
			if next != activation.None {
				counts[key{d, state, next, leaf}]++
			}
			state = next
		}
	}
	var rows []activation.Transition
	for k, n := range counts {
		row := activation.Transition{Period: day(k.day), From: k.from, To: k.to, Leaf: k.leaf, Users: n}
		if k.from != activation.None {
			row.FromLeaf = k.leaf
		}
		rows = append(rows, row)
	}
	return rows
}

// bridges adds up transitions; those of the last period also by the leaf that users are in.
func bridges(rows []activation.Transition, last period.Period) activation.Bridges {
	var out activation.Bridges
	numbers := map[activation.Leaf]int{}
	bridge := func(row activation.Transition, leaf activation.Leaf) activation.Bridge {
		if _, known := numbers[leaf]; !known {
			numbers[leaf] = len(out.Leaves)
			out.Leaves = append(out.Leaves, leaf)
		}
		b := activation.Bridge{Period: row.Period, Leaf: numbers[leaf]}
		switch row.To {
		case activation.New:
			b.New = row.Users
		case activation.Retained:
			b.Retained = row.Users
		case activation.Reactivated:
			b.Reactivated = row.Users
		case activation.Inactive:
			b.Churned = row.Users
		case activation.None:
		}
		return b
	}
	for _, row := range rows {
		if !row.To.Active() && !row.From.Active() {
			continue
		}
		out.ByOrigin = append(out.ByOrigin, bridge(row, cmp.Or(row.FromLeaf, row.Leaf)))
		if row.Period == last {
			out.Last = append(out.Last, bridge(row, row.Leaf))
		}
	}
	return out
}

// step is the state that follows.
func step(from activation.State, active bool) activation.State {
	switch {
	case active && from == activation.None:
		return activation.New
	case active && from.Active():
		return activation.Retained
	case active:
		return activation.Reactivated
	case from == activation.None:
		return activation.None
	}
	return activation.Inactive
}

// question asks about a day of the town, the morning after.
func (t *town) question(d int) explain.Input {
	until := day(14)
	return explain.Input{
		Fact: "app_visit", Model: "fct_app_visit", Dimensions: simDims, Period: day(d), CompareTo: day(d - 1), AsOf: day(d + 1).Start().Add(8 * time.Hour),
		First: day(0), BuiltUntil: day(simDays - 1), History: bridges(t.history(), day(d)),
		CensoredUntil: map[activation.State]period.Period{activation.New: until, activation.Reactivated: until, activation.Retained: day(0)},
	}
}

// lost is a finding about the events of one day.
func lost(problem explain.Problem, d int, touching ...int) explain.Health {
	h := explain.Health{
		Kind: explain.PartitionEvidence, Problem: problem, Node: "raw.app_events", Partition: day(d).String(), Detail: "0 rows where about 4,100 are usual",
		Path: []string{"raw.app_events", "stg_app_events", "int_user_days", "fct_app_visit"},
	}
	for _, at := range touching {
		h.Periods = append(h.Periods, day(at))
	}
	return h
}
