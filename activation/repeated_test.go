package activation_test

import (
	"context"
	"fmt"
	"slices"
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

// copied is a row of the relation that the fact is made from: its second, of a day and hour, is how rows of one user are told
// apart.
type copied struct {
	user, id, day, second int
	loaded                time.Time
}

func (c copied) at() time.Time {
	return time.Date(2026, 3, 9+c.day, 10, 0, c.second, 0, time.UTC)
}

// drawCopies are rows of three days that came in waves an hour apart, each within ten minutes.
func drawCopies(t *rapid.T) []copied {
	out := []copied{{user: 1, id: 1, loaded: time.Date(2026, 3, 12, 0, 0, 0, 0, time.UTC)}}
	for range rapid.IntRange(1, 25).Draw(t, "rows") {
		out = append(out, copied{
			user: rapid.IntRange(1, 6).Draw(t, "user"), id: rapid.IntRange(1, 12).Draw(t, "id"),
			day: rapid.IntRange(0, 2).Draw(t, "day"), second: rapid.IntRange(0, 2).Draw(t, "second"),
			loaded: time.Date(2026, 3, 12, rapid.IntRange(0, 3).Draw(t, "wave"), rapid.IntRange(0, 9).Draw(t, "minute"), 0, 0, time.UTC),
		})
	}
	return out
}

// wave is the number of the wave of loads of its day that a row came in, from 1.
func wave(rows []copied, of copied) int {
	hours := map[int]bool{}
	for _, r := range rows {
		if r.day == of.day && r.loaded.Hour() <= of.loaded.Hour() {
			hours[r.loaded.Hour()] = true
		}
	}
	return len(hours)
}

// TestTheRepeatedAreThereByRowsAloneThatCameAgain: by the key of rows of other days, moved by whole days, or in a later wave.
func TestTheRepeatedAreThereByRowsAloneThatCameAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := drawCopies(t)
		day, from := rapid.IntRange(0, 2).Draw(t, "asked"), rapid.IntRange(0, 2).Draw(t, "from")
		usual := rapid.IntRange(1, 3).Draw(t, "usual waves")
		engine, d, done := buildCopies(t, rows)
		defer done()
		on := func(n int) period.Period { return d.Calendar.On(period.Day, 2026, 3, 9+n) }
		part := activation.Part{Period: on(day), Start: on(day).Start(), End: on(day).End()}
		for name, way := range map[string]struct {
			again activation.Again
			came  func(copied) bool
		}{
			"key": {
				activation.Again{Key: []string{"id"}, Start: on(0).Start(), End: on(2).End()},
				func(r copied) bool {
					return slices.ContainsFunc(rows, func(o copied) bool { return o.day != r.day && o.id == r.id })
				},
			},
			"moved": {
				activation.Again{Start: on(from).Start(), End: on(from).End(), Shift: on(day).Start().Sub(on(from).Start())},
				func(r copied) bool {
					return slices.ContainsFunc(rows, func(o copied) bool { return o.day == from && o.user == r.user && o.second == r.second })
				},
			},
			"waves": {activation.Again{Waves: int64(usual)}, func(r copied) bool { return wave(rows, r) > usual }},
		} {
			want := int64(0)
			for user := range 7 {
				own := func(r copied) bool { return r.user == user && r.day == day }
				if slices.ContainsFunc(rows, own) && !slices.ContainsFunc(rows, func(r copied) bool { return own(r) && !way.came(r) }) {
					want++
				}
			}
			got, counted, err := engine.Repeated(context.Background(), d, upstreamEvents(), part, way.again)
			require.NoError(t, err, name)
			require.True(t, counted, name)
			require.Equal(t, want, got["{}"], name)
		}
	})
}

// buildCopies builds a fact over all rows.
func buildCopies(t *rapid.T, rows []copied) (*activation.Engine, *activation.Definition, func()) {
	memory := activationtest.NewMemory(t)
	world := activationtest.World{Memory: memory}
	values := make([]string, len(rows))
	for i, r := range rows {
		values[i] = fmt.Sprintf("(%d, %d, '%s', '%s')", r.user, r.id, r.at().Format(time.DateTime), r.loaded.Format(time.RFC3339))
	}
	world.Do(t, "create table events (user_id bigint, id bigint, happened timestamp, loaded timestamp with time zone)",
		"insert into events values "+strings.Join(values, ", "), "create view visits as select user_id, happened from events")
	d, err := activation.Define(activation.Fact{
		Name: "visit", Relation: "visits", User: "user_id", Time: "happened", Begin: "2026-03-09", Timezone: "UTC",
	}, activation.Defaults{})
	require.NoError(t, err)
	engine, err := activation.NewEngine(memory, "activation")
	require.NoError(t, err)
	_, err = engine.Build(context.Background(), d, activation.BuildRequest{Grain: period.Day, AsOf: time.Date(2026, 3, 13, 0, 0, 0, 0, time.UTC), Run: "r"})
	require.NoError(t, err)
	return engine, d, memory.Close
}

// TestRowsThatCannotBeToldApartAreNotCounted: without the key's column, a time of day or load times.
func TestRowsThatCannotBeToldApartAreNotCounted(t *testing.T) {
	t.Parallel()
	a := ask(t, activation.Fact{}, []period.Grain{period.Day}, append(twoUsers(), "create table days (user_id varchar, event_at date)")...)
	day := *a.on(period.Day, 10)
	whole := activation.Part{Period: day, Start: day.Start(), End: day.End()}
	days := activation.Upstream{Relation: warehouse.Relation{Name: "days"}, Time: "event_at", ColumnZone: "UTC"}
	before := activation.Again{Start: day.Prev().Start(), End: day.Prev().End(), Shift: 24 * time.Hour}
	keyed := before
	keyed.Key = []string{"event_id"}
	for name, again := range map[string]activation.Again{"key": keyed, "time of day": before, "load times": {Waves: 1}} {
		_, counted, err := a.engine.Repeated(t.Context(), a.definition, days, whole, again)
		require.NoError(t, err, name)
		require.False(t, counted, name)
	}
}
