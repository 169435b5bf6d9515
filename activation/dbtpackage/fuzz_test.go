package dbtpackage_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/activation/dbtpackage/dbttest"
	"github.com/headwater-mcp/headwater/period"
)

// random is a small fact of one kind: where its users, times and dimensions come from.
type random struct {
	fact activation.Fact
	// yaml is what the fact's model says of it.
	yaml string
	// userType, timeType and the types of the dimensions, plan and note.
	userType, timeType string
	users              []string
	label              func(period.Grain) string
}

// middle is the day around which all rows lie: clocks change before it in New York, after it in Lisbon and on Lord Howe.
func middle() time.Time { return time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC) }

// facts differ in user type, time type, zone, week start, dimensions and begin.
func facts() []random {
	return []random{
		{
			fact: activation.Fact{
				Name: "visit", Relation: "visit_rows", User: "who", Time: "seen_at", Dimensions: []string{"plan of it", "note"},
				Timezone: "America/New_York", WeekStart: "sunday",
			},
			yaml:     `{name: visit, user: who, time: seen_at, dimensions: ["plan of it", note], timezone: America/New_York, week_start: sunday}`,
			userType: "varchar", timeType: "timestamp with time zone", users: []string{"'a'", "'A'", "'it''s'", "'{\"x\"}'", "'🙂'", "''", "' '", "'{{ x }}'"},
			label: func(g period.Grain) string {
				return activationtest.Label("seen_at", "timestamptz", "America/New_York", "sunday", g)
			},
		},
		{
			fact: activation.Fact{
				Name: "sale", Relation: "sale_rows", User: "who", Time: "seen_at", Dimensions: []string{"note"}, Timezone: "Australia/Lord_Howe",
				TimeZoneOfColumn: "Europe/Lisbon", Begin: "2026-03-10",
			},
			yaml:     `{name: sale, user: who, time: seen_at, dimensions: [note], timezone: Australia/Lord_Howe, time_zone_of_column: Europe/Lisbon, begin: 2026-03-10}`,
			userType: "bigint", timeType: "timestamp", users: []string{"-1", "0", "7", "9007199254740993", "9223372036854775807"},
			label: func(g period.Grain) string {
				return fmt.Sprintf("cast(date_trunc('%s', (seen_at at time zone 'Europe/Lisbon') at time zone 'Australia/Lord_Howe') as date)", g)
			},
		},
		{
			fact:     activation.Fact{Name: "post", Relation: "post_rows", User: "who", Time: "seen_at", Timezone: "Asia/Seoul"},
			yaml:     `{name: post, user: who, time: seen_at, timezone: Asia/Seoul}`,
			userType: "uuid", timeType: "date",
			users: []string{"'11111111-1111-1111-1111-111111111111'", "'22222222-2222-2222-2222-222222222222'", "'33333333-3333-3333-3333-333333333333'"},
			label: func(g period.Grain) string { return activationtest.Label("seen_at", "date", "", "monday", g) },
		},
	}
}

// values are what a dimension holds: NULL is a value of its own, and so is a text that looks like it.
func values() (plans, notes []string) {
	return []string{"null", "1", "2", "10"}, []string{"null", "''", "'null'", "'a\"b'", "'é\\\\\n'", "'<&>'", "'ﾠ🙂'"}
}

func (r random) create() string {
	return fmt.Sprintf(`create table %s (who %s, seen_at %s, "plan of it" integer, note varchar)`, r.fact.Relation, r.userType, r.timeType)
}

// asOfHour is the hour of the day at which dbt runs, and from which on a step's rows lie: a row before it may be late in a zone.
const asOfHour = 5

// rows inserts n rows at whole hours from one day to another, so that ties are frequent; one user in eight is NULL.
func (r random) rows(g *rand.Rand, n, fromDay, toDay int) string {
	plans, notes := values()
	pick := func(from []string) string { return from[g.IntN(len(from))] }
	lines := make([]string, n)
	for i := range lines {
		user := pick(r.users)
		if g.IntN(8) == 0 {
			user = "null"
		}
		at := middle().Add(time.Duration(fromDay*24+asOfHour+g.IntN((toDay-fromDay)*24)) * time.Hour)
		lines[i] = fmt.Sprintf("(%s, '%s', %s, %s)", user, at.Format(time.DateTime), pick(plans), pick(notes))
	}
	return fmt.Sprintf("insert into %s values %s", r.fact.Relation, strings.Join(lines, ", "))
}

func (r random) between(fromDay, toDay int) string {
	return fmt.Sprintf("seen_at >= '%s' and seen_at < '%s'",
		middle().AddDate(0, 0, fromDay).Format(time.DateTime), middle().AddDate(0, 0, toDay).Format(time.DateTime))
}

// fuzzProject has all facts, so that one run of dbt builds them all.
func fuzzProject(t *testing.T) (dbttest.Project, []subject) {
	t.Helper()
	files := map[string]string{}
	var subjects []subject
	for _, r := range facts() {
		model := "fct_" + r.fact.Name
		maps.Copy(files, dbttest.Outputs(r.fact.Name, model))
		files["models/"+model+".sql"] = "select * from main." + r.fact.Relation + "\n"
		files["models/"+model+".yml"] = "models:\n  - name: " + model + "\n    config: {meta: {headwater: {fact: " + r.yaml + "}}}\n"
		subjects = append(subjects, subject{definition: define(t, r.fact), label: r.label})
	}
	return dbttest.New(t, files), subjects
}

// TestDBTFuzzedFactsEqualTheEngine: several runs of dbt over rows that are appended, late, corrected, deleted, and deleted for whole periods:
// after each, every output equals the engine's and the oracle's.
func TestDBTFuzzedFactsEqualTheEngine(t *testing.T) {
	t.Parallel()
	p, subjects := fuzzProject(t)
	g := rand.New(rand.NewPCG(5, 2026)) // the same rows every time
	steps := []struct {
		// asOfDay is the clock, in days after the fact's middle; from is the first day to restate, where there is one.
		asOfDay int
		from    *int
		change  func(r random) []string
	}{
		{asOfDay: 2, change: func(r random) []string { return []string{r.create(), r.rows(g, 60, -20, 2)} }},
		// The open day grows, and a day is new.
		{asOfDay: 3, change: func(r random) []string { return []string{r.rows(g, 12, 2, 3)} }},
		// Nothing happened for a while: the periods between are empty.
		{asOfDay: 9, change: func(r random) []string { return []string{r.rows(g, 6, 8, 9)} }},
		// Late rows, and corrections of user, time and dimension.
		{asOfDay: 10, from: new(-12), change: func(r random) []string {
			return []string{
				r.rows(g, 20, -10, 5),
				"update " + r.fact.Relation + " set note = 'corrected' where hash(note) % 3 = 0 and " + r.between(-10, 10),
				"update " + r.fact.Relation + " set who = null where hash(seen_at) % 5 = 0 and " + r.between(-10, 10),
			}
		}},
		// A week is deleted, and of one user everything.
		{asOfDay: 11, from: new(-40), change: func(r random) []string {
			return []string{
				"delete from " + r.fact.Relation + " where " + r.between(-6, 2),
				"delete from " + r.fact.Relation + " where who = " + r.users[0],
			}
		}},
		// The same once more, and later.
		{asOfDay: 11, from: new(-3), change: func(random) []string { return nil }},
		{asOfDay: 41, change: func(r random) []string { return []string{r.rows(g, 20, 12, 41)} }},
	}
	for _, step := range steps {
		for _, r := range facts() {
			do(t, p, append([]string{"set timezone = 'UTC'"}, step.change(r)...)...)
		}
		asOf, from := middle().AddDate(0, 0, step.asOfDay).Add(asOfHour*time.Hour), ""
		vars := map[string]string{"headwater_as_of": asOf.Format(time.RFC3339)}
		if step.from != nil {
			from = middle().AddDate(0, 0, *step.from).Format(time.DateOnly)
			vars["headwater_from"] = from
		}
		p.Run(t, vars, "build")
		for _, s := range subjects {
			s.engine(t, p, asOf, from)
			s.requireEqual(t, p)
			s.requireOracle(t, p)
		}
	}
}
