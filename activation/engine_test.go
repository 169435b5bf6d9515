package activation_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

func open(t require.TestingT, path string) *activation.Engine {
	w, err := duckdb.New(duckdb.Options{Path: path})
	require.NoError(t, err)
	e, err := activation.NewEngine(w, "activation")
	require.NoError(t, err)
	return e
}

// history is a small random fact and what happens to it.
type history struct {
	kind, zone, weekStart string
	dims                  []string
	begin                 string
}

func drawHistory(t *rapid.T) history {
	h := history{
		kind:      rapid.SampledFrom([]string{"timestamp", "timestamptz", "date"}).Draw(t, "kind"),
		zone:      rapid.SampledFrom([]string{"UTC", "Asia/Seoul", "America/New_York", "Australia/Lord_Howe"}).Draw(t, "zone"),
		weekStart: rapid.SampledFrom([]string{"monday", "sunday"}).Draw(t, "week start"),
		begin:     rapid.SampledFrom([]string{"", "2026-03-04"}).Draw(t, "begin"),
	}
	h.dims = []string{"country", "plan \"x\""}[:rapid.IntRange(0, 2).Draw(t, "dimensions")]
	return h
}

// rows draws inserts of a few rows; ties in time, NULL users and NULL dimensions are frequent.
func (h history) rows(t *rapid.T, label string) []string {
	n := rapid.IntRange(1, 12).Draw(t, label)
	out := make([]string, 0, n)
	for range n {
		user := rapid.SampledFrom([]string{"'a'", "'b'", "'c'", "'d'", "null"}).Draw(t, "user")
		at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 24*16).Draw(t, "hour")) * time.Hour)
		country := rapid.SampledFrom([]string{"'KR'", "'US'", "null"}).Draw(t, "country")
		plan := rapid.SampledFrom([]string{"1", "2", "null"}).Draw(t, "plan")
		out = append(out, fmt.Sprintf("insert into visits values (%s, timestamp '%s', %s, %s)", user, at.Format(time.DateTime), country, plan))
	}
	return out
}

func (h history) create() string {
	column := map[string]string{"timestamp": "timestamp", "timestamptz": "timestamp with time zone", "date": "date"}[h.kind]
	return fmt.Sprintf(`create table visits (user_id varchar, event_at %s, country varchar, "plan ""x""" integer)`, column)
}

func (h history) define(t require.TestingT) *activation.Definition {
	def, err := activation.Define(activation.Fact{
		Name: "visit", Relation: "visits", User: "user_id", Time: "event_at", Dimensions: h.dims,
		Timezone: h.zone, WeekStart: h.weekStart, Begin: h.begin,
	}, activation.Defaults{})
	require.NoError(t, err)
	return def
}

// TestOutputsEqualAFullRecompute: after any sequence of loads, corrections and deletions, each built or restated from the
// earliest changed period, every output equals the oracle's row for row.
func TestOutputsEqualAFullRecompute(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		w := activationtest.World{Path: filepath.Join(dir, fmt.Sprintf("w%d.duckdb", n))}
		defer func() { _ = os.Remove(w.Path) }()
		h := drawHistory(t)
		grain := rapid.SampledFrom([]period.Grain{period.Day, period.Week, period.Month}).Draw(t, "grain")
		// The local zone of a timestamptz literal must not depend on the machine.
		w.Do(t, "set timezone = 'UTC'", h.create())
		def, e := h.define(t), open(t, w.Path)
		asOf := time.Date(2026, 3, rapid.IntRange(2, 12).Draw(t, "as of"), 9, 0, 0, 0, time.UTC)
		for range rapid.IntRange(1, 4).Draw(t, "steps") {
			changes := append([]string{"set timezone = 'UTC'"}, h.rows(t, "rows")...)
			if rapid.Bool().Draw(t, "delete") {
				changes = append(changes, fmt.Sprintf("delete from visits where hour(event_at) %% 3 = %d", rapid.IntRange(0, 2).Draw(t, "which")))
			}
			w.Do(t, changes...)
			asOf = asOf.Add(time.Duration(rapid.IntRange(0, 48).Draw(t, "later")) * time.Hour)
			buildAndCompare(t, w, h, e, def, grain, asOf)
		}
	})
}

// buildAndCompare restates from the first built period, since any row may have changed, then builds again, which must
// change nothing.
func buildAndCompare(t *rapid.T, w activationtest.World, h history, e *activation.Engine, def *activation.Definition, grain period.Grain, asOf time.Time) {
	ctx := context.Background()
	built, err := e.Periods(ctx, def, grain)
	require.NoError(t, err)
	q := activation.BuildRequest{Grain: grain, AsOf: asOf, Run: "test"}
	if len(built) > 0 {
		q.From = &built[0].Period
	}
	_, err = e.Build(ctx, def, q)
	require.NoError(t, err)
	q.From = nil
	again, err := e.Build(ctx, def, q)
	require.NoError(t, err)
	built, err = e.Periods(ctx, def, grain)
	require.NoError(t, err)
	if len(built) == 0 {
		return
	}
	require.Nil(t, again.First, "a second build found work: %s", again.Why)
	w.RequireEqual(t, activationtest.Case{
		Definition: def, Grain: grain, First: built[0].Period, Last: built[len(built)-1].Period,
		Label: activationtest.Label("event_at", h.kind, h.zone, h.weekStart, grain),
	})
}

// TestOnePeriodAtATimeEqualsAFullRecompute: a history that only grows, built daily while each day is still open, never reads
// more than the open periods and equals the oracle all the same.
func TestOnePeriodAtATimeEqualsAFullRecompute(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		w := activationtest.World{Path: filepath.Join(dir, fmt.Sprintf("w%d.duckdb", n))}
		defer func() { _ = os.Remove(w.Path) }()
		h := history{kind: "timestamp", zone: "Asia/Seoul", weekStart: "monday", dims: []string{"country"}}
		w.Do(t, h.create())
		def, e := h.define(t), open(t, w.Path)
		d := daily{engine: e, definition: def, closedOnly: rapid.Bool().Draw(t, "closed periods only")}
		for day := 1; day <= 9; day++ {
			asOf := time.Date(2026, 3, day, 18, 0, 0, 0, time.UTC)
			w.Do(t, visits(t, asOf.Add(-time.Hour))...)
			d.build(t, asOf)
		}
		built, err := e.Periods(context.Background(), def, period.Day)
		require.NoError(t, err)
		if len(built) > 0 {
			w.RequireEqual(t, activationtest.Case{
				Definition: def, Grain: period.Day, First: built[0].Period, Last: built[len(built)-1].Period,
				Label: activationtest.Label("event_at", h.kind, h.zone, h.weekStart, period.Day),
			})
		}
	})
}

// visits draws at most one row of each user at an instant.
func visits(t *rapid.T, at time.Time) []string {
	var rows []string
	for _, user := range []string{"a", "b", "c"} {
		if rapid.Bool().Draw(t, user) {
			country := rapid.SampledFrom([]string{"'KR'", "null"}).Draw(t, "country")
			rows = append(rows, fmt.Sprintf("insert into visits values ('%s', timestamp '%s', %s, 1)", user, at.Format(time.DateTime), country))
		}
	}
	return rows
}

// daily builds day after day: up to the open day, or closed days only.
type daily struct {
	engine     *activation.Engine
	definition *activation.Definition
	closedOnly bool
	begun      bool
}

func (d *daily) build(t *rapid.T, asOf time.Time) {
	q, want := activation.BuildRequest{Grain: period.Day, AsOf: asOf, Run: "daily"}, 2 // the one that was open, and a new one
	if d.closedOnly {
		q.Until, want = new(d.definition.Calendar.LastClosed(period.Day, asOf, 0)), 1
	}
	result, err := d.engine.Build(context.Background(), d.definition, q)
	require.NoError(t, err)
	if d.begun && result.First != nil {
		require.Equal(t, want, result.Periods, "a build reads no more than what is new or was open")
	}
	d.begun = d.begun || result.First != nil
}

// TestTwoWritersOfOneFact: builds that run at once wait for each other, and together write what one would.
func TestTwoWritersOfOneFact(t *testing.T) {
	t.Parallel()
	f := newFile(t, "activation", "create table visits (user_id varchar, event_at timestamp)",
		"insert into visits values ('a', '2026-03-02 10:00'), ('b', '2026-03-03 10:00'), ('a', '2026-03-05 09:00')")
	d, err := activation.Define(activation.Fact{Name: "visit", Relation: "visits", User: "user_id", Time: "event_at"}, activation.Defaults{})
	require.NoError(t, err)
	var g errgroup.Group
	for n := range 6 {
		g.Go(func() error {
			e := open(t, f.world.Path)
			q := activation.UpdateRequest{AsOf: day(3 + n), Run: fmt.Sprint("run-", n)}
			if n%2 == 0 {
				q.From = day(2)
			}
			_, err := e.Update(context.Background(), d, q)
			return err
		})
	}
	require.NoError(t, g.Wait())
	for _, grain := range d.Grains {
		built, err := f.engine.Periods(t.Context(), d, grain)
		require.NoError(t, err)
		f.world.RequireEqual(t, activationtest.Case{
			Definition: d, Grain: grain, First: built[0].Period, Last: built[len(built)-1].Period,
			Label: activationtest.Label("event_at", "timestamp", "UTC", "monday", grain),
		})
	}
}
