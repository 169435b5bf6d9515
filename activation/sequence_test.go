package activation_test

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

// users are keys of each type, as SQL; "a user key of each type" is compared by equality and nothing else.
var users = map[string][]string{
	"varchar": {"'a'", "'O''Brien'", "'\"; DROP TABLE visits; --'", "'🦆'", "''", "null"},
	"bigint":  {"1", "2", "-9223372036854775808", "9223372036854775807", "0", "null"},
	"uuid": {
		"'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'", "'6f9619ff-8b86-d011-b42d-00c04fc964ff'",
		"'00000000-0000-0000-0000-000000000001'", "'80000000-0000-0000-0000-000000000000'", "null",
	},
}

// sequence is a fact in a database of its own, and what happens to it.
type sequence struct {
	world      activationtest.World
	memory     *activationtest.Memory
	engine     *activation.Engine
	definition *activation.Definition
	kind, key  string
	// start is the first instant of the weeks in which everything happens: clocks change in all of them.
	start time.Time
	asOf  time.Time
	run   int
	// retention is how many days of rows the fact keeps; 0 for all. Then kept_<grain> holds what the outputs have to be of: the
	// fact's rows, and of frozen periods those that the fact had when they were last built.
	retention int
}

func newSequence(t *rapid.T) *sequence {
	m := activationtest.NewMemory(t)
	s := &sequence{
		memory: m, world: activationtest.World{Memory: m},
		kind: rapid.SampledFrom([]string{"timestamp", "timestamptz", "date"}).Draw(t, "time column"),
		key:  rapid.SampledFrom([]string{"varchar", "bigint", "uuid"}).Draw(t, "user column"),
	}
	zones := map[string]time.Time{
		"UTC": time.Date(2024, 2, 22, 0, 0, 0, 0, time.UTC), "Asia/Seoul": time.Date(2026, 2, 24, 0, 0, 0, 0, time.UTC),
		"America/New_York": time.Date(2026, 10, 26, 0, 0, 0, 0, time.UTC), "Europe/Lisbon": time.Date(2026, 3, 25, 0, 0, 0, 0, time.UTC),
		"Australia/Lord_Howe": time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC), "America/Sao_Paulo": time.Date(1969, 12, 25, 0, 0, 0, 0, time.UTC),
		"Pacific/Apia": time.Date(2011, 12, 22, 0, 0, 0, 0, time.UTC),
	}
	zone := rapid.SampledFrom(slices.Sorted(maps.Keys(zones))).Draw(t, "zone")
	s.start = zones[zone]
	s.asOf = s.start.Add(time.Duration(rapid.IntRange(24, 10*24).Draw(t, "first as of")) * time.Hour)
	fact := activation.Fact{
		Name: "visit", Relation: "visits", User: "who", Time: "seen", Timezone: zone,
		WeekStart:  rapid.SampledFrom([]string{"monday", "wednesday", "saturday", "sunday"}).Draw(t, "week start"),
		Dimensions: []string{"country", `plan "x"`}[:rapid.IntRange(0, 2).Draw(t, "dimensions")],
		Grains:     rapid.SampledFrom([][]string{{"day"}, {"week"}, {"month"}, {"day", "week"}, {"day", "month"}, {"day", "week", "month"}}).Draw(t, "grains"),
		Settle:     rapid.SampledFrom([]string{"", "30h"}).Draw(t, "settle"),
	}
	if rapid.Bool().Draw(t, "begin") {
		fact.Begin = s.start.AddDate(0, 0, 3).Format(time.DateOnly)
	}
	if s.retention = rapid.SampledFrom([]int{0, 0, 3, 8}).Draw(t, "retention"); s.retention > 0 {
		fact.ExpiresAfter = fmt.Sprintf("%dd", s.retention)
	}
	var err error
	s.definition, err = activation.Define(fact, activation.Defaults{})
	require.NoError(t, err)
	s.engine, err = activation.NewEngine(m, "activation")
	require.NoError(t, err)
	column := map[string]string{"timestamp": "timestamp", "timestamptz": "timestamp with time zone", "date": "date"}[s.kind]
	s.world.Do(t, fmt.Sprintf(`create table visits (who %s, seen %s, country varchar, "plan ""x""" integer)`, s.key, column))
	for _, g := range s.definition.Grains {
		s.world.Do(t, fmt.Sprintf("create table kept_%s as select * from visits", g))
	}
	return s
}

// label is the SQL of a row's period.
func (s *sequence) label(g period.Grain) string {
	return activationtest.Label("seen", s.kind, s.definition.Calendar.Zone(), strings.ToLower(s.definition.Calendar.WeekStart().String()), g)
}

// expired is the last local date whose rows the fact does not keep any more.
func (s *sequence) expired(t *rapid.T) string {
	zone, err := time.LoadLocation(s.definition.Calendar.Zone())
	require.NoError(t, err)
	y, m, d := s.asOf.Add(-time.Duration(s.retention) * 24 * time.Hour).In(zone).Date()
	return time.Date(y, m, d-1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) // not in the zone, which may lack that date
}

// keep notes what the next build has to find: all rows but those of periods that are built and frozen. Where days are built, weeks and
// months follow from them.
func (s *sequence) keep(t *rapid.T) {
	if s.retention == 0 {
		return
	}
	for _, g := range s.definition.Grains {
		by := g
		if slices.Contains(s.definition.Grains, period.Day) {
			by = period.Day
		}
		built, err := s.engine.Periods(context.Background(), s.definition, by)
		require.NoError(t, err)
		until := "0001-01-01"
		if len(built) > 0 {
			until = min(s.expired(t), built[len(built)-1].Period.String())
		}
		s.world.Do(t, fmt.Sprintf("create or replace table kept_%[1]s as select * from kept_%[1]s where %[2]s <= date '%[3]s' union all select * from visits where %[2]s > date '%[3]s'",
			g, s.label(by), until))
	}
}

// row draws a row; ties in time, users that are NULL and dimensions that are NULL are frequent.
func (s *sequence) row(t *rapid.T) string {
	until := 2 * 24 * 17
	if s.retention > 0 {
		// A week of which some days are frozen and some are to come cannot follow from its days, nor from the rows.
		until = max(0, min(until, int(s.asOf.Sub(s.start)/(30*time.Minute))-48))
	}
	at := s.start.Add(time.Duration(rapid.IntRange(0, until).Draw(t, "half hour")) * 30 * time.Minute)
	if s.kind == "date" && at.Format(time.DateOnly) == "2011-12-30" {
		at = at.AddDate(0, 0, 1) // Samoa never had that date, so no row is of it
	}
	whose := users[s.key]
	if s.retention > 0 && s.definition.Begin.IsZero() {
		whose = whose[:5] // rows of nobody before the first user's day are in no day, so nothing keeps them for the week
	}
	return fmt.Sprintf("(%s, timestamp '%s', %s, %s)", rapid.SampledFrom(whose).Draw(t, "user"), at.Format(time.DateTime),
		rapid.SampledFrom([]string{"'KR'", "'it''s'", "null"}).Draw(t, "country"), rapid.SampledFrom([]string{"1", "2", "null"}).Draw(t, "plan"))
}

func (s *sequence) rows(t *rapid.T, most int) string {
	values := make([]string, rapid.IntRange(1, most).Draw(t, "rows"))
	for i := range values {
		values[i] = s.row(t)
	}
	return "insert into visits values " + strings.Join(values, ", ")
}

// change is something that a loader does: append, late rows, deletion, correction, or the reload of a day.
func (s *sequence) change(t *rapid.T) {
	day := s.start.AddDate(0, 0, rapid.IntRange(0, 16).Draw(t, "day")).Format(time.DateOnly)
	user := rapid.SampledFrom(users[s.key][:5]).Draw(t, "whose")
	switch rapid.SampledFrom([]string{"append", "append", "delete", "empty a day", "correct", "move", "reload", "expire", "leave"}).Draw(t, "change") {
	case "append":
		s.world.Do(t, s.rows(t, 12))
	case "delete":
		s.world.Do(t, "delete from visits where who = "+user)
	case "empty a day":
		s.world.Do(t, fmt.Sprintf("delete from visits where cast(seen as date) = date '%s'", day))
	case "correct":
		s.world.Do(t, fmt.Sprintf("update visits set country = 'KR' where cast(seen as date) = date '%s'", day))
	case "move":
		s.world.Do(t, fmt.Sprintf("update visits set who = %s where cast(seen as date) = date '%s'", user, day))
	case "expire":
		if s.retention > 0 {
			s.world.Do(t, fmt.Sprintf("delete from visits where %s <= date '%s'", s.label(period.Day), s.expired(t)))
		}
	case "reload":
		s.world.Do(t, fmt.Sprintf("delete from visits where cast(seen as date) = date '%s'", day), s.rows(t, 6))
	}
}

// update brings all grains up to date, from a date now and then.
func (s *sequence) update(t *rapid.T) error {
	s.run++
	q := activation.UpdateRequest{AsOf: s.asOf, Run: fmt.Sprint("run-", s.run)}
	if rapid.IntRange(0, 3).Draw(t, "from") == 0 {
		q.From = s.start.AddDate(0, 0, rapid.IntRange(-2, 16).Draw(t, "from day"))
	}
	_, err := s.engine.Update(context.Background(), s.definition, q)
	return err
}

// contents are all outputs, and what stands beside them, as one value.
func contents(t require.TestingT, m *activationtest.Memory) string {
	var names string
	require.NoError(t, m.DB.QueryRowContext(context.Background(), "select coalesce(string_agg(table_name, ';' order by table_name), '') from information_schema.tables where table_schema = 'activation'").Scan(&names))
	if names == "" {
		return ""
	}
	var sums []string
	for name := range strings.SplitSeq(names, ";") {
		sums = append(sums, fmt.Sprintf(`select coalesce(cast(sum(hash(x)) as varchar), '') as part from activation.%q as x`, name))
	}
	var all string
	require.NoError(t, m.DB.QueryRowContext(context.Background(), "select string_agg(part, ';') from ("+strings.Join(sums, " union all ")+")").Scan(&all))
	return names + all
}

// crash lets one statement fail, whichever it is: the build that it belongs to leaves nothing, and the next one makes up for it.
func (s *sequence) crash(t *rapid.T) {
	s.memory.FailAt = rapid.IntRange(1, 45).Draw(t, "failing statement")
	defer func() { s.memory.FailAt = 0 }()
	for _, g := range s.definition.Grains {
		before := contents(t, s.memory)
		_, err := s.engine.Build(context.Background(), s.definition, activation.BuildRequest{Grain: g, AsOf: s.asOf, Run: fmt.Sprint("crashed-", s.run, g)})
		if err != nil {
			require.ErrorIs(t, err, activationtest.ErrFailpoint)
			require.Equal(t, before, contents(t, s.memory), "a build that failed left something behind")
		}
	}
}

func (s *sequence) requireEqual(t *rapid.T) {
	for _, g := range s.definition.Grains {
		fact := ""
		if s.retention > 0 {
			fact = "kept_" + string(g)
		}
		built, err := s.engine.Periods(context.Background(), s.definition, g)
		require.NoError(t, err)
		if len(built) == 0 {
			continue
		}
		s.world.RequireEqual(t, activationtest.Case{
			Definition: s.definition, Grain: g, First: built[0].Period, Last: built[len(built)-1].Period,
			Label: s.label(g), Fact: fact,
		})
	}
}

// TestAnySequenceOfLoadsEqualsAFullRecompute: whatever is appended, comes late, is deleted, corrected or loaded again, in any order
// and with a crash anywhere, a build finds what changed, and every output at every grain equals the oracle's row for row.
func TestAnySequenceOfLoadsEqualsAFullRecompute(t *testing.T) {
	t.Parallel()
	shards := runtime.GOMAXPROCS(0)
	for shard := range shards {
		t.Run(strconv.Itoa(shard), func(t *testing.T) {
			t.Parallel()
			for done := 0; done < sequences(t)/shards; done += checks {
				rapid.Check(t, anySequence)
			}
		})
	}
}

func anySequence(t *rapid.T) {
	s := newSequence(t)
	defer s.memory.Close()
	s.world.Do(t, s.rows(t, 12))
	for range rapid.IntRange(2, 4).Draw(t, "steps") {
		s.asOf = s.asOf.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "hours later")) * time.Hour)
		s.keep(t)
		if rapid.IntRange(0, 2).Draw(t, "crash") == 0 {
			s.crash(t)
		}
		require.NoError(t, s.update(t))
		if rapid.IntRange(0, 2).Draw(t, "compare") == 0 {
			s.requireEqual(t)
		}
		s.change(t)
	}
	s.keep(t)
	require.NoError(t, s.update(t))
	s.requireEqual(t)
}

// TestAForgottenUserLeavesTheHistoryOfTheOthers: after Forget the outputs equal the oracle's over a fact that never had the user.
func TestAForgottenUserLeavesTheHistoryOfTheOthers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newSequence(t)
		defer s.memory.Close()
		s.world.Do(t, s.rows(t, 12), s.rows(t, 12))
		s.keep(t)
		require.NoError(t, s.update(t))
		s.asOf = s.asOf.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "hours later")) * time.Hour)
		s.keep(t)
		require.NoError(t, s.update(t))
		user := rapid.SampledFrom(users[s.key][:5]).Draw(t, "forgotten")
		key := strings.ReplaceAll(strings.Trim(user, "'"), "''", "'")
		// A week or month that is open may hold a row of a day that is not built yet.
		held := []int64{}
		for _, g := range s.definition.Grains {
			if built, err := s.engine.Periods(context.Background(), s.definition, g); err == nil && len(built) > 0 {
				held = append(held, int64(s.count(t, fmt.Sprintf("activation.visit_activation_%s where user_id = %s", g.Adverb(), user))))
			}
		}
		held = slices.DeleteFunc(held, func(n int64) bool { return n == 0 })
		result, err := s.engine.Forget(context.Background(), s.definition, key, s.asOf, "forget")
		if len(held) == 0 {
			require.Equal(t, fault.NotFound, fault.KindOf(err), "%v", err)
			return
		}
		require.NoError(t, err)
		took := []int64{}
		for _, g := range result.Grains {
			took = append(took, g.Rows)
		}
		require.Equal(t, held, took)
		require.EqualValues(t, s.count(t, "visits where who = "+user), *result.FactRows)
		for _, g := range result.Grains {
			require.Zero(t, s.count(t, fmt.Sprintf("activation.visit_first_last_%s where user_id = %s", g.Grain.Adverb(), user)))
		}
		s.world.Do(t, "delete from visits where who = "+user)
		for _, g := range s.definition.Grains {
			s.world.Do(t, fmt.Sprintf("delete from kept_%s where who = %s", g, user))
		}
		s.requireEqual(t)
	})
}

func (s *sequence) count(t *rapid.T, from string) int {
	var n int
	require.NoError(t, s.memory.DB.QueryRowContext(context.Background(), "select count(*) from "+from).Scan(&n))
	return n
}
