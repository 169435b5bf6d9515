package activation_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// event is a row of the relation that the fact is made from; one that came late is not in the fact.
type event struct {
	user    int
	at      time.Time
	country string
	late    bool
}

// loads is a fact over events of two weeks, of which some came after it was built.
type loads struct {
	engine     *activation.Engine
	definition *activation.Definition
	events     []event
	built      time.Time
	memory     *activationtest.Memory
}

func drawLoads(t *rapid.T) loads {
	start := time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)
	l := loads{memory: activationtest.NewMemory(t), built: start.AddDate(0, 0, 14).Add(3 * time.Hour)}
	world := activationtest.World{Memory: l.memory}
	// The key is a number upstream and a text in the fact.
	world.Do(t, "create table events (user_id bigint, happened timestamp, loaded timestamp with time zone, country varchar)")
	var rows []string
	for n := range rapid.IntRange(1, 60).Draw(t, "events") {
		e := event{
			user:    rapid.IntRange(1, 9).Draw(t, "user"),
			at:      start.Add(time.Duration(rapid.IntRange(0, 14*24-1).Draw(t, "hour"))*time.Hour + time.Duration(n)*time.Second),
			country: rapid.SampledFrom([]string{"'KR'", "'US'", "null"}).Draw(t, "country"),
			late:    rapid.IntRange(0, 3).Draw(t, "late") == 0 && n > 0, // without any in time nothing is built
		}
		loaded := l.built.Add(-time.Hour)
		if e.late {
			loaded = l.built.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "hours late")) * time.Hour)
		}
		l.events = append(l.events, e)
		rows = append(rows, fmt.Sprintf("(%d, '%s', '%s', %s)", e.user, e.at.Format(time.DateTime), loaded.Format(time.RFC3339), e.country))
	}
	world.Do(t, "insert into events values "+strings.Join(rows, ", "), "insert into events values (null, '2026-03-10 01:00:00', '2026-03-10 02:00:00+00', 'KR')",
		fmt.Sprintf("create view visits as select cast(user_id as varchar) as user_id, happened, country from events where user_id is not null and loaded < '%s'",
			l.built.Format(time.RFC3339)))
	var err error
	l.definition, err = activation.Define(activation.Fact{
		Name: "visit", Relation: "visits", User: "user_id", Time: "happened", Begin: "2026-03-09", Dimensions: []string{"country"},
		Timezone: rapid.SampledFrom([]string{"UTC", "Asia/Seoul"}).Draw(t, "zone"),
	}, activation.Defaults{})
	require.NoError(t, err)
	l.engine, err = activation.NewEngine(l.memory, "activation")
	require.NoError(t, err)
	_, err = l.engine.Build(context.Background(), l.definition, activation.BuildRequest{Grain: period.Day, AsOf: start.AddDate(0, 0, 16), Run: "r"})
	require.NoError(t, err)
	return l
}

// part is any stretch of hours of any day.
func (l loads) part(t *rapid.T) activation.Part {
	p := l.definition.Calendar.On(period.Day, 2026, 3, rapid.IntRange(9, 22).Draw(t, "day"))
	from := rapid.IntRange(0, 23).Draw(t, "from hour")
	return activation.Part{
		Period: p, Start: p.Start().Add(time.Duration(from) * time.Hour),
		End: p.Start().Add(time.Duration(rapid.IntRange(from+1, 24).Draw(t, "to hour")) * time.Hour),
	}
}

// leafOf is the country of the user's last event in time that is in the fact, of those that count; "" without one.
func (l loads) leafOf(user int, counts func(event) bool) activation.Leaf {
	leaf, last := activation.Leaf(""), time.Time{}
	for _, e := range l.events {
		if e.user == user && !e.late && counts(e) && e.at.After(last) {
			last = e.at
			leaf = activation.Leaf(map[string]string{"'KR'": `{"country":"KR"}`, "'US'": `{"country":"US"}`, "null": `{"country":null}`}[e.country])
		}
	}
	return leaf
}

func within(e event, start, end time.Time) bool { return !e.at.Before(start) && e.at.Before(end) }

func upstreamEvents() activation.Upstream {
	return activation.Upstream{Relation: warehouse.Relation{Name: "events"}, Time: "happened", Loaded: "loaded", ColumnZone: "UTC"}
}

// TestFootprintsAreTheUsersWhomAPeriodWouldLack without the events of a part of it.
func TestFootprintsAreTheUsersWhomAPeriodWouldLack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := drawLoads(t)
		defer l.memory.Close()
		part := l.part(t)
		want := map[activation.Leaf]int64{}
		for user := range 10 {
			inDay := func(e event) bool { return within(e, part.Period.Start(), part.Period.End()) }
			shown, elsewhere := false, false
			for _, e := range l.events {
				if e.user == user && inDay(e) {
					shown = shown || within(e, part.Start, part.End)
					elsewhere = elsewhere || !within(e, part.Start, part.End)
				}
			}
			if leaf := l.leafOf(user, inDay); leaf != "" && shown && !elsewhere {
				want[leaf]++
			}
		}
		got, counted, err := l.engine.Footprint(context.Background(), l.definition, upstreamEvents(), part)
		require.NoError(t, err)
		require.True(t, counted)
		require.Equal(t, want, got)
	})
}

// TestTheAbsentAreThoseWhoCameTooLate for the period, under the leaf that is known of them.
func TestTheAbsentAreThoseWhoCameTooLate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := drawLoads(t)
		defer l.memory.Close()
		part := l.part(t)
		want := map[activation.Leaf]int64{}
		for user := range 10 {
			came := false
			for _, e := range l.events {
				came = came || e.user == user && e.late && within(e, part.Start, part.End)
			}
			inDay := func(e event) bool { return within(e, part.Period.Start(), part.Period.End()) }
			if came && l.leafOf(user, inDay) == "" {
				want[l.leafOf(user, func(event) bool { return true })]++
			}
		}
		got, counted, err := l.engine.Absent(context.Background(), l.definition, upstreamEvents(), part, l.built)
		require.NoError(t, err)
		require.True(t, counted)
		require.Equal(t, want, got)
	})
}

// TestWhatHoldsNoUserIsNotCounted: a relation without the fact's user, or without a time, says nothing of it.
func TestWhatHoldsNoUserIsNotCounted(t *testing.T) {
	t.Parallel()
	a := ask(t, activation.Fact{}, []period.Grain{period.Day}, append(twoUsers(),
		"create table totals (event_at timestamp, visits bigint)", "create table days (user_id varchar, event_at date)")...)
	day := *a.on(period.Day, 10)
	hour := activation.Part{Period: day, Start: day.Start(), End: day.Start().Add(time.Hour)}
	for name, of := range map[string]activation.Upstream{
		"no user":            {Relation: warehouse.Relation{Name: "totals"}, Time: "event_at", ColumnZone: "UTC"},
		"no such time":       {Relation: warehouse.Relation{Name: "days"}, Time: "happened", ColumnZone: "UTC"},
		"an hour of a date":  {Relation: warehouse.Relation{Name: "days"}, Time: "event_at", ColumnZone: "UTC"},
		"no such load times": {Relation: warehouse.Relation{Name: "days"}, Time: "event_at", Loaded: "loaded_at", ColumnZone: "UTC"},
	} {
		_, counted, err := a.engine.Footprint(t.Context(), a.definition, of, hour)
		require.NoError(t, err, name)
		require.False(t, counted, name)
	}
	whole := activation.Part{Period: day, Start: day.Start(), End: day.End()}
	got, _, err := a.engine.Footprint(t.Context(), a.definition, activation.Upstream{Relation: warehouse.Relation{Name: "visits"}, Time: "event_at", ColumnZone: "UTC"}, whole)
	require.NoError(t, err)
	require.Equal(t, map[activation.Leaf]int64{"{}": 1}, got, "a date places whole days")
	_, counted, err := a.engine.Absent(t.Context(), a.definition, activation.Upstream{Relation: warehouse.Relation{Name: "visits"}, Time: "event_at", ColumnZone: "UTC"}, whole, noon)
	require.NoError(t, err)
	require.False(t, counted, "nothing says when its rows were loaded")
}
