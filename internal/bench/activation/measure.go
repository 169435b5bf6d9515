package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// subject is one thing that is measured: a task on a copy of a state.
type subject struct {
	name  string
	state string
	task  task

	// What came of it: the least time of each kind and the greatest memory.
	best done
	// sums are asked for where they are not nil: of the outputs that the task left.
	sums map[string]string
}

// measure measures subjects in turns, so that what else the machine does falls on all of them.
func (b *bench) measure(ctx context.Context, rounds int, subjects ...*subject) error {
	for round := range rounds {
		for _, s := range subjects {
			if err := b.once(ctx, s, round == 0); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) once(ctx context.Context, s *subject, first bool) error {
	copied := filepath.Join(b.temp, "measured.duckdb")
	defer os.Remove(copied) //nolint:errcheck // the folder is removed at the end
	if err := duplicate(s.state, copied); err != nil {
		return err
	}
	t := s.task
	t.DB, t.Spill, t.Threads, t.Trace = copied, b.temp, b.threads, b.verbose
	if t.Memory == "" {
		t.Memory = b.memory
	}
	got, err := start(ctx, t)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if first && s.sums != nil {
		sums := b.task(task{Do: "sums", DB: copied})
		said, err := start(ctx, sums)
		if err != nil {
			return err
		}
		s.sums = said.Sums
	}
	if b.verbose {
		b.printSpent(s.name, got)
	}
	if first {
		s.best = got
		return nil
	}
	s.best.Wall, s.best.CPU, s.best.Peak = min(s.best.Wall, got.Wall), min(s.best.CPU, got.CPU), max(s.best.Peak, got.Peak)
	return nil
}

// days of history that are compared.
const (
	shortHistory = 30
	longHistory  = 365
)

// run measures what was asked for and reports whether an aim is missed.
func (b *bench) run(ctx context.Context) (missed bool, err error) {
	r := &report{bench: b}
	if b.asked("step") || b.asked("older") || b.asked("restate") || b.asked("memory") {
		if err := b.runDay(ctx, r); err != nil {
			return false, err
		}
	}
	if b.asked("initial") || b.asked("memory") {
		if err := b.runInitial(ctx, r); err != nil {
			return false, err
		}
	}
	return r.print()
}

func (b *bench) asked(part string) bool { return slices.Contains(b.only, part) }

// runDay measures everything about one day in turns.
func (b *bench) runDay(ctx context.Context, r *report) error {
	short, err := b.history(ctx, shortHistory)
	if err != nil {
		return err
	}
	r.step = &subject{name: "day step, 30 days of history", state: short, task: b.dayStep(shortHistory, 0), sums: map[string]string{}}
	subjects := []*subject{r.step}
	if b.asked("step") {
		long, err := b.history(ctx, longHistory)
		if err != nil {
			return err
		}
		r.floor = &subject{name: "floor.sql", state: short, task: task{Do: "sql", SQL: b.given.floor}}
		r.long = &subject{name: "day step, 365 days of history", state: long, task: b.dayStep(longHistory, 0)}
		subjects = []*subject{r.floor, r.step, r.long}
	}
	if b.asked("older") {
		state, err := b.withOlder(ctx, shortHistory)
		if err != nil {
			return err
		}
		r.older = &subject{name: "day step, older rows in the fact", state: state, task: r.step.task}
		subjects = append(subjects, r.older)
	}
	if b.asked("restate") {
		state, err := b.restating(ctx, shortHistory)
		if err != nil {
			return err
		}
		build := b.dayStep(shortHistory, b.later)
		r.found = &subject{name: "restating, found by itself", state: state, task: build}
		build.From, build.Until = day(0), day(0)
		r.told = &subject{name: "restating, from and until", state: state, task: build}
		subjects = append(subjects, r.found, r.told)
	}
	if err := b.measure(ctx, b.rounds, subjects...); err != nil {
		return err
	}
	if !b.asked("memory") {
		return nil
	}
	small := *r.step
	small.name, small.task.Memory = "day step with "+b.small, b.small
	r.stepSmall = &small
	return b.measure(ctx, 1, r.stepSmall)
}

// runInitial measures the first build of many days.
func (b *bench) runInitial(ctx context.Context, r *report) error {
	state, err := b.many(ctx)
	if err != nil {
		return err
	}
	r.initial = &subject{name: fmt.Sprintf("initial build of %d days", b.days), state: state, task: b.initialBuild(), sums: map[string]string{}}
	subjects := []*subject{r.initial}
	if b.asked("initial") {
		r.window = &subject{name: "window.sql", state: state, task: task{Do: "sql", SQL: b.given.window}}
		subjects = []*subject{r.window, r.initial}
	}
	if err := b.measure(ctx, b.rounds, subjects...); err != nil {
		return err
	}
	if !b.asked("memory") {
		return nil
	}
	small := *r.initial
	small.name, small.task.Memory = "initial build with "+b.small, b.small
	r.initialSmall = &small
	return b.measure(ctx, 1, r.initialSmall)
}

// errDiffers says that less memory led to other outputs.
var errDiffers = errors.New("the outputs differ with less memory")

// same compares the outputs of two runs, table by table.
func same(a, b *subject) error {
	if len(a.sums) == 0 {
		return fmt.Errorf("%w: nothing was read of %s", errDiffers, a.name)
	}
	for _, table := range slices.Sorted(maps.Keys(a.sums)) {
		if a.sums[table] != b.sums[table] {
			return fmt.Errorf("%w: %s is %s, and %s", errDiffers, table, a.sums[table], b.sums[table])
		}
	}
	if len(a.sums) != len(b.sums) {
		return fmt.Errorf("%w: %d tables, and %d", errDiffers, len(a.sums), len(b.sums))
	}
	return nil
}
