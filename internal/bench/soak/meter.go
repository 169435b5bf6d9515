package main

import (
	"slices"
	"sync"
	"time"
)

// meter counts what was asked, how long it took, and what went wrong. It is safe for concurrent use.
type meter struct {
	mu     sync.Mutex
	took   map[string][]time.Duration
	errors int
	first  []error // some of them
	busy   int
}

func newMeter() *meter { return &meter{took: map[string][]time.Duration{}} }

// shownErrors is how many errors are kept to be shown.
const shownErrors = 10

func (m *meter) note(kind string, took time.Duration, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.took[kind] = append(m.took[kind], took)
	if err == nil {
		return
	}
	m.errors++
	if len(m.first) < shownErrors {
		m.first = append(m.first, err)
	}
}

// waited notes an answer that told its client to wait, which is none of its errors.
func (m *meter) waited() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.busy++
}

// count is how many things of a kind were done; of all kinds together for none.
func (m *meter) count(kinds ...string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for kind, took := range m.took {
		if len(kinds) == 0 || slices.Contains(kinds, kind) {
			n += len(took)
		}
	}
	return n
}

// line is a kind with how long it took half, 95 and 99 of 100 at most.
type line struct {
	kind          string
	count         int
	p50, p95, p99 time.Duration
}

// lines are those of every kind, by name.
func (m *meter) lines() []line {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []line
	for kind, took := range m.took {
		slices.Sort(took)
		at := func(percent int) time.Duration { return took[min(len(took)*percent/100, len(took)-1)] }
		out = append(out, line{kind, len(took), at(50), at(95), at(99)})
	}
	slices.SortFunc(out, func(a, b line) int {
		if a.kind < b.kind {
			return -1
		}
		return 1
	})
	return out
}
