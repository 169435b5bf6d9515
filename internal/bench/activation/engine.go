package main

import (
	"context"
	"fmt"
	"time"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// runBuild is one build of the day grain by the engine, as headwater build does it.
func runBuild(ctx context.Context, t task) (built, []spent, error) {
	var said built
	d, err := activation.Define(activation.Fact{
		Name: "visit", Relation: "fact", User: "user_id", Time: "event_at", Grains: []string{"day"},
		Dimensions: []string{"country", "platform"}, Begin: string(t.Begin),
	}, activation.Defaults{})
	if err != nil {
		return said, nil, err
	}
	opened, err := duckdb.New(duckdb.Options{Path: t.DB, MemoryLimit: t.Memory, Threads: t.Threads, TempDir: t.Spill})
	if err != nil {
		return said, nil, err
	}
	trace := &traced{Warehouse: opened}
	var w warehouse.Warehouse = opened
	if t.Trace {
		w = trace
	}
	engine, err := activation.NewEngine(w, "activation")
	if err != nil {
		return said, nil, err
	}
	q := activation.BuildRequest{Grain: period.Day, AsOf: t.AsOf, Run: "bench"}
	if q.From, err = t.From.period(d); err != nil {
		return said, nil, err
	}
	if q.Until, err = t.Until.period(d); err != nil {
		return said, nil, err
	}
	result, err := engine.Build(ctx, d, q)
	if err != nil {
		return said, nil, err
	}
	said = built{Periods: result.Periods, Changed: result.ChangedUsers, Active: result.Active, Why: result.Why}
	return said, trace.spent, nil
}

// date is a local date as text; empty where none is asked for.
type date string

func (d date) period(of *activation.Definition) (*period.Period, error) {
	if d == "" {
		return nil, nil //nolint:nilnil // nothing is asked for
	}
	at, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return nil, fmt.Errorf("a date of the task: %w", err)
	}
	return new(of.Calendar.On(period.Day, at.Year(), at.Month(), at.Day())), nil
}
