package engine_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/agentops/executor/engine"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// gate is a warehouse whose writes wait until they are let through, and whose commits can be followed by the death of the caller.
type gate struct {
	*duckdb.Warehouse

	entered chan struct{}
	open    chan struct{}
}

func (g gate) Write(ctx context.Context, fn func(context.Context, warehouse.Writer) error) error {
	g.entered <- struct{}{}
	select {
	case <-g.open:
	case <-ctx.Done():
		return ctx.Err()
	}
	return g.Warehouse.Write(ctx, fn)
}

// shop is a file with visits of eight days from 2026-03-02, a Monday, and the fact of them.
type shop struct {
	t     *testing.T
	world activationtest.World
	fact  activation.Fact
	gate  gate
	// dbt makes the days.
	dbt bool
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, world: activationtest.World{Path: filepath.Join(t.TempDir(), "shop.duckdb")}}
	s.world.Do(t, "create table visits as select u as user_id, timestamp '2026-03-02' + interval 1 day * d as event_at from range(5) a(u), range(8) b(d) where (u + d) % 3 > 0")
	s.fact = activation.Fact{Name: "visit", Relation: "visits", User: "user_id", Time: "event_at", Grains: []string{"day", "week"}}
	w, err := duckdb.New(duckdb.Options{Path: s.world.Path})
	require.NoError(t, err)
	s.gate = gate{w, make(chan struct{}, 100), make(chan struct{})}
	return s
}

// executor is that of a new process.
func (s *shop) executor(w warehouse.Warehouse) *engine.Executor {
	return engine.New(engine.Options{Facts: func(context.Context) (*activation.Engine, []*activation.Definition, error) {
		e, err := activation.NewEngine(w, "activation")
		if err != nil {
			return nil, nil, err
		}
		return e, []*activation.Definition{s.definition()}, nil
	}})
}

func (s *shop) definition() *activation.Definition {
	s.t.Helper()
	d, err := activation.Define(s.fact, activation.Defaults{})
	require.NoError(s.t, err)
	if s.dbt {
		d.Made = map[period.Grain]map[string]warehouse.Relation{period.Day: {"activation": {Name: "visit_activation_daily"}}}
	}
	return d
}

func (s *shop) built(g period.Grain) map[string]string {
	s.t.Helper()
	e, err := activation.NewEngine(s.gate.Warehouse, "activation")
	require.NoError(s.t, err)
	periods, err := e.Periods(s.t.Context(), s.definition(), g)
	require.NoError(s.t, err)
	out := map[string]string{}
	for _, p := range periods {
		out[p.Period.String()] = p.Run
	}
	return out
}

func (s *shop) job(id string, g period.Grain, first string, n int) executor.Job {
	s.t.Helper()
	at, err := s.definition().Calendar.Parse(g, first)
	require.NoError(s.t, err)
	name := "visit_activation_" + g.Adverb()
	job := executor.Job{
		ID: id, Run: "r1", AsOf: time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC),
		Node: &lineage.Node{ID: "activation.shop." + name, Name: name, Type: lineage.TypeActivation},
	}
	for i := range n {
		job.Pairs = append(job.Pairs, backfill.Pair{Seq: 10 + i, Period: at.String(), Grain: g, Start: at.Start(), End: at.End()})
		at = at.Next()
	}
	return job
}

func (s *shop) ended(e *engine.Executor, job executor.Job) executor.State {
	s.t.Helper()
	var state executor.State
	require.Eventually(s.t, func() bool {
		var err error
		state, err = e.Poll(s.t.Context(), job)
		require.NoError(s.t, err)
		return !state.Running
	}, 2*time.Minute, 5*time.Millisecond)
	return state
}

func TestAJobBuildsItsPeriodsUnderItsMarker(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e := s.executor(s.gate.Warehouse)
	days := s.job("j1", period.Day, "2026-03-02", 3)
	require.NoError(t, e.Submit(t.Context(), days))
	require.Equal(t, executor.State{Outcomes: []executor.Outcome{{Seq: 10, Done: true}, {Seq: 11, Done: true}, {Seq: 12, Done: true}}}, s.ended(e, days))
	require.Equal(t, map[string]string{"2026-03-02": "r1/j1", "2026-03-03": "r1/j1", "2026-03-04": "r1/j1"}, s.built(period.Day))

	more := s.job("j2", period.Day, "2026-03-04", 6)
	require.NoError(t, e.Submit(t.Context(), more))
	require.Len(t, s.ended(e, more).Outcomes, 6)
	weeks := s.job("j3", period.Week, "2026-03-02", 2)
	require.NoError(t, e.Submit(t.Context(), weeks))
	require.Len(t, s.ended(e, weeks).Outcomes, 2)
	require.Equal(t, map[string]string{"2026-03-02": "r1/j3", "2026-03-09": "r1/j3"}, s.built(period.Week))
	require.Equal(t, "r1/j2", s.built(period.Day)["2026-03-04"], "what is asked for is read again")

	for _, g := range []period.Grain{period.Day, period.Week} {
		d := s.definition()
		first, err := d.Calendar.Parse(g, "2026-03-02")
		require.NoError(t, err)
		last, err := d.Calendar.Parse(g, "2026-03-09")
		require.NoError(t, err)
		s.world.RequireEqual(t, activationtest.Case{Definition: d, Grain: g, First: first, Last: last, Label: activationtest.Label("event_at", "timestamp", "UTC", "monday", g)})
	}
}

func TestAJobOfAProcessThatDiedIsRecognisedByItsMarker(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	job := s.job("j1", period.Day, "2026-03-02", 3)
	before := s.executor(s.gate.Warehouse)
	require.NoError(t, before.Submit(t.Context(), job))
	s.ended(before, job)

	after := s.executor(s.gate) // would be seen to write
	state, err := after.Poll(t.Context(), job)
	require.NoError(t, err)
	require.Equal(t, executor.State{Outcomes: []executor.Outcome{{Seq: 10, Done: true}, {Seq: 11, Done: true}, {Seq: 12, Done: true}}}, state)
	require.NoError(t, after.Submit(t.Context(), job))
	require.Empty(t, s.gate.entered, "it is not built twice")
	require.NoError(t, after.Cancel(t.Context(), job))
	state, err = after.Poll(t.Context(), job)
	require.NoError(t, err)
	require.False(t, state.Lost, "what is written is not lost by a cancel")

	state, err = after.Poll(t.Context(), s.job("j2", period.Day, "2026-03-02", 3))
	require.NoError(t, err)
	require.Equal(t, executor.State{Lost: true}, state, "another job did not write it")
}

func TestABuildIsStartedOnceAndItsCancelWritesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e := s.executor(s.gate)
	job := s.job("j1", period.Day, "2026-03-02", 3)
	ctx, done := context.WithCancel(t.Context())
	for range 3 {
		require.NoError(t, e.Submit(ctx, job))
	}
	<-s.gate.entered
	done() // who asked is gone
	state, err := e.Poll(t.Context(), job)
	require.NoError(t, err)
	require.Equal(t, executor.State{Running: true}, state)
	require.NoError(t, e.Cancel(t.Context(), job))
	require.Equal(t, executor.State{Lost: true}, s.ended(e, job))
	require.Empty(t, s.built(period.Day))
	require.Empty(t, s.gate.entered)

	never := s.job("j2", period.Day, "2026-03-02", 3)
	require.NoError(t, e.Cancel(t.Context(), never))
	require.NoError(t, e.Submit(t.Context(), never))
	require.Equal(t, executor.State{Lost: true}, s.ended(e, never))
	require.Empty(t, s.gate.entered)
}

func TestWhatCannotBeBuiltIsSaidPairByPair(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.fact.Begin = "2026-03-04"
	e := s.executor(s.gate.Warehouse)
	job := s.job("j1", period.Day, "2026-03-03", 2)
	require.NoError(t, e.Submit(t.Context(), job))
	state := s.ended(e, job)
	require.Equal(t, "Nothing was built for 2026-03-03 of fact visit: it lies before the fact's begin or first row, or after the period that is open at 2026-03-12T09:00Z.",
		state.Outcomes[0].Error)
	require.True(t, state.Outcomes[1].Done)

	s.fact.User = "usr_id"
	job = s.job("j2", period.Day, "2026-03-05", 2)
	require.NoError(t, e.Submit(t.Context(), job))
	state = s.ended(e, job)
	require.Equal(t, `Fact visit, user: visits has no column "usr_id". Did you mean user_id? Its columns: user_id, event_at.`, state.Outcomes[0].Error)
	require.Equal(t, state.Outcomes[0].Error, state.Outcomes[1].Error)
}

func TestAJobOfAnotherDefinitionIsAConflict(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	job := s.job("j1", period.Day, "2026-03-03", 2)
	s.fact.Timezone = "Asia/Seoul"
	e := s.executor(s.gate.Warehouse)
	err := e.Submit(t.Context(), job)
	require.Equal(t, fault.Conflict, fault.KindOf(err))
	require.ErrorContains(t, err, `"2026-03-03" is no day of fact visit as it is declared now`)

	s.fact.Timezone, s.dbt = "", true
	err = e.Submit(t.Context(), job)
	require.Equal(t, fault.Conflict, fault.KindOf(err))
	require.ErrorContains(t, err, "activation.shop.visit_activation_daily is made by models of the dbt project now")

	job.Node = &lineage.Node{ID: "activation.shop.vist_activation_daily", Name: "vist_activation_daily"}
	err = e.Submit(t.Context(), job)
	require.Equal(t, fault.NotFound, fault.KindOf(err))
	require.ErrorContains(t, err, "is an output of no declared fact. Did you mean visit_activation_daily or visit_activation_weekly?")
}

func TestALineBuildsTheFactOfAnyOfItsOutputs(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e := s.executor(s.gate.Warehouse)
	pairs := s.job("j1", period.Week, "2026-03-02", 2).Pairs
	for _, o := range s.definition().Outputs() {
		n := &lineage.Node{Name: o.Name, Type: lineage.TypeActivation}
		require.Equal(t, "headwater build visit --from 2026-03-02 --until 2026-03-09", e.Line(n, partition.Spec{}, pairs), o.Name)
		require.Equal(t, executor.Range, e.Control(n, partition.Spec{}))
	}
	require.Equal(t, executor.None, e.Control(&lineage.Node{Type: lineage.TypeModel}, partition.Spec{}))
}
