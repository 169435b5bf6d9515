package platform_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// asOf is the instant at which the tests ask, in the middle of a week and a month.
var asOf = time.Date(2026, time.June, 17, 12, 0, 0, 0, time.UTC)

// raw is an Observer of one source whose partitions of some periods are gone; every other relation is whole.
type raw struct {
	mu   sync.Mutex
	gone []period.Period
	down error
	slow bool // until it is stopped
	// thin are the periods of the fact's model that have few rows.
	thin []period.Period
	// asked counts how often each node was observed.
	asked map[string]int
}

func (r *raw) Observe(ctx context.Context, q partition.ObserveRequest) (partition.Observation, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked == nil {
		r.asked = map[string]int{}
	}
	r.asked[q.Node]++
	if r.slow {
		<-ctx.Done()
		return partition.Observation{}, ctx.Err()
	}
	if r.down != nil {
		return partition.Observation{}, r.down
	}
	out := partition.Observation{Counts: map[int]partition.Count{}}
	for p := q.First; p.Index <= q.Last.Index; p = p.Next() {
		rows := int64(1000)
		if q.Node == visits && slices.Contains(r.thin, p) {
			rows = 100
		}
		if q.Node != logs || !slices.Contains(r.gone, p) {
			out.Counts[p.Index] = partition.Count{Rows: rows}
		}
	}
	return out, nil
}

// Whole is never asked for: no node here is without partitions.
func (*raw) Whole(context.Context, partition.WholeRequest) (partition.WholeObservation, error) {
	return partition.WholeObservation{Unobserved: "Nothing is known of it."}, nil
}

const (
	logs   = "source.p.raw.log"
	visits = "model.p.fct"
)

// world is a fact in a warehouse whose outputs are built, over a model that reads a source through a view.
type world struct {
	fact     platform.Fact
	engine   *activation.Engine
	graph    *lineage.Graph
	observer *raw
}

func newWorld(t *testing.T, zone, weekStart string) *world {
	t.Helper()
	return builtOver(t, activation.Fact{Timezone: zone, WeekStart: weekStart}, "create table fct as select i % 7 as user_id, t as event_at "+
		"from (select unnest(generate_series(timestamp '2026-01-10', timestamp '2026-06-17', interval 5 hour)) as t), range(3) r(i)")
}

func builtOver(t *testing.T, f activation.Fact, table string) *world {
	t.Helper()
	memory := activationtest.NewMemory(t)
	t.Cleanup(memory.Close)
	_, err := memory.DB.ExecContext(t.Context(), table)
	require.NoError(t, err)
	engine, err := activation.NewEngine(memory, "activation")
	require.NoError(t, err)
	f.Name, f.Relation, f.User, f.Time, f.Begin, f.History = "visit", "fct", "user_id", "event_at", "2026-01-11", "complete"
	def, err := activation.Define(f, activation.Defaults{})
	require.NoError(t, err)
	for _, g := range def.Grains {
		_, err = engine.Build(t.Context(), def, activation.BuildRequest{Grain: g, AsOf: asOf, Run: "test"})
		require.NoError(t, err)
	}
	return &world{
		fact: platform.Fact{Name: "visit", Definition: def, ModelID: visits}, engine: engine, graph: project(lineage.TypeSource), observer: &raw{},
	}
}

// project is a fact's model that reads a source, or a seed, through a view.
func project(first lineage.Type) *lineage.Graph {
	return lineage.New("p", []*lineage.Node{
		{ID: logs, Name: "log", Type: first, Relation: "raw.log", Source: &lineage.Source{Name: "raw"}},
		{ID: "model.p.stg", Name: "stg", Type: lineage.TypeModel, Relation: "main.stg", Materialized: "view"},
		{ID: visits, Name: "fct", Type: lineage.TypeModel, Relation: "main.fct", Materialized: "incremental"},
	}, []lineage.Edge{{From: logs, To: "model.p.stg"}, {From: "model.p.stg", To: visits}})
}

// seen is the platform with specs of the source and of the fact's model, which reads a window of its own days before.
func (w *world) seen(t require.TestingT, source partition.Override, window int) (*platform.Platform, partition.Spec) {
	source.Node, source.Time, source.Begin = "raw.log", "ts", "2025-01-01"
	specs, err := partition.Derive(w.graph, []partition.Override{source, {
		Node: "fct", Grain: "day", Time: "event_at", Begin: "2025-01-01", Timezone: w.fact.Definition.Calendar.Zone(), Window: window,
	}}, nil)
	require.NoError(t, err)
	return &platform.Platform{
		Stamp: platform.Stamp{AsOf: asOf}, Graph: w.graph, Specs: specs, Facts: []platform.Fact{w.fact}, Engine: w.engine,
		Checker: partition.New(partition.Deps{Observer: w.observer}),
	}, specs.Of(logs)
}

// needs reports, hour by hour, whether a period of the fact reads a lost partition: of its own days and of the window before
// them.
func (w *world) needs(p, lost period.Period, window int) bool {
	day := w.fact.Definition.Calendar.At(period.Day, p.Start()).Add(-window)
	for at := day.Start(); at.Before(p.End()); at = at.Add(time.Hour) {
		if lost.Holds(at) {
			return true
		}
	}
	return false
}

// bruteForce lists the newest 14 closed and built periods of a grain that read a lost partition, newest first.
func (w *world) bruteForce(t require.TestingT, g period.Grain, window int) (suspect []period.Period) {
	cover, err := w.engine.Coverage(context.Background(), w.fact.Definition, g)
	require.NoError(t, err)
	looked := 0
	for _, b := range slices.Backward(cover.Built) {
		if !b.Period.Closed(asOf, 0) || looked == 14 {
			continue
		}
		looked++
		if slices.ContainsFunc(w.observer.gone, func(q period.Period) bool { return w.needs(b.Period, q, window) }) {
			suspect = append(suspect, b.Period)
		}
	}
	return suspect
}

// spread undoes what compresses: "a to b" are all periods between.
func (w *world) spread(t require.TestingT, g period.Grain, names []string) (out []period.Period) {
	for _, name := range names {
		first, last, ranged := strings.Cut(name, " to ")
		if !ranged {
			last = first
		}
		from, err := w.fact.Definition.Calendar.Parse(g, first)
		require.NoError(t, err)
		until, err := w.fact.Definition.Calendar.Parse(g, last)
		require.NoError(t, err)
		for p := until; p.Index >= from.Index; p = p.Prev() {
			out = append(out, p)
		}
	}
	return out
}

// TestSuspectIsWhatOverlapsALostPartition: for facts by day, week and month in any zone, over partitions of any grain in another
// zone, with a window or without: list_facts names exactly the periods in one of whose instants, or of the window's, a partition
// is lost, and query_activation marks each of them, and the one after each by its echo.
func TestSuspectIsWhatOverlapsALostPartition(t *testing.T) {
	t.Parallel()
	worlds := []*world{newWorld(t, "UTC", ""), newWorld(t, "Asia/Seoul", "sunday"), newWorld(t, "America/New_York", "")}
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.SampledFrom(worlds).Draw(t, "world")
		window := rapid.SampledFrom([]int{0, 0, 1, 6}).Draw(t, "window")
		p, source := w.seen(t, partition.Override{
			Grain:    rapid.SampledFrom([]string{"day", "day", "week", "month"}).Draw(t, "grain"),
			Timezone: rapid.SampledFrom([]string{"UTC", "Asia/Seoul", "Australia/Lord_Howe"}).Draw(t, "zone"),
		}, window)
		w.observer.gone, w.observer.asked = nil, nil
		for range rapid.IntRange(0, 3).Draw(t, "lost") {
			ago := time.Duration(rapid.IntRange(1, 90).Draw(t, "days ago")) * 24 * time.Hour
			if lost := source.At(asOf.Add(-ago)); lost.Closed(asOf, 0) {
				w.observer.gone = append(w.observer.gone, lost)
			}
		}
		facts, err := p.ListFacts(t.Context(), platform.FactsRequest{})
		require.NoError(t, err)
		require.Empty(t, facts.Notice)
		require.Equal(t, map[string]int{logs: 1, visits: 1}, w.observer.asked, "one query a relation, whatever the grains")
		for _, g := range facts.Facts[0].Grains {
			want := w.bruteForce(t, g.Grain, window)
			require.Equal(t, want, w.spread(t, g.Grain, g.Suspect), "%s, lost %v: %v", g.Grain, w.observer.gone, g.Suspect)
			last, err := w.fact.Definition.Calendar.Parse(g.Grain, g.LastClosed)
			require.NoError(t, err)
			asked := last.Add(-rapid.IntRange(0, 2).Draw(t, "back"))
			answer, err := p.QueryActivation(t.Context(), platform.QueryRequest{
				Fact: "visit", Grain: string(g.Grain), First: asked.String(), Last: asked.String(), Metrics: []string{"new"},
			})
			require.NoError(t, err)
			echo := fmt.Sprintf("%s: its transitions are suspect too (echo).", asked)
			require.Equal(t, !slices.Contains(want, asked) && slices.Contains(want, asked.Prev()), slices.Contains(answer.Notes, echo), "%s: %v", asked, answer.Notes)
			marked := slices.ContainsFunc(answer.Notes, func(n string) bool {
				before, _, found := strings.Cut(n, " suspect: raw.log ")
				return found && strings.Contains(before, asked.String())
			})
			require.Equal(t, slices.Contains(want, asked), marked, "%s: %v", asked, answer.Notes)
		}
	})
}
