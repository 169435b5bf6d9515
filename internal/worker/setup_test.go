package worker_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/internal/worker"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role))
	}
	goleak.VerifyTestMain(m)
}

var byDay = partition.Spec{Grain: period.Day, Calendar: period.UTC(), Vars: partition.Vars{First: "first"}}

var ninth = time.Date(2026, 6, 9, 0, 0, 0, 0, time.UTC)

// planOf is a plan of nodes that read each other in a row, with days in one range each: node n's day reads the same day of the node
// before. Nodes take turns with the executors.
func planOf(id string, nodes, days int, executors ...string) backfill.Plan {
	plan := backfill.Plan{ID: id, Project: "shop", AsOf: ninth, ExpiresAt: ninth.AddDate(0, 0, 1)}
	for n := range nodes {
		for d := range days {
			p := backfill.Pair{
				Seq: len(plan.Pairs), Node: fmt.Sprintf("model.shop.n%d", n), Wave: n, Range: n, Executor: executors[n%len(executors)],
				Period: ninth.AddDate(0, 0, d).Format(time.DateOnly), Reason: "missing",
			}
			if n > 0 {
				p.Needs = []int{(n-1)*days + d}
			}
			plan.Pairs = append(plan.Pairs, p)
		}
	}
	return plan
}

// bench is a store with what a worker needs.
type bench struct {
	t       *testing.T
	store   *store.Store
	options worker.Options
}

func newBench(t *testing.T, executors map[string]executor.Executor) *bench {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return &bench{t: t, store: s, options: optionsOf(s, executors)}
}

func optionsOf(s *store.Store, executors map[string]executor.Executor) worker.Options {
	limits := backfill.DefaultLimits(2)
	limits.Backoff = time.Millisecond
	return worker.Options{
		Store: s, Executors: func() map[string]executor.Executor { return executors }, Limits: func() backfill.Limits { return limits }, Now: time.Now, Log: zerolog.Nop(),
		Node: func(_ context.Context, id string) (*lineage.Node, partition.Spec, error) {
			if strings.HasPrefix(id, "model.shop.") {
				return &lineage.Node{ID: id}, byDay, nil
			}
			return nil, partition.Spec{}, fault.New(fault.NotFound, "There is no node %s any more.", id)
		},
	}
}

// start starts a run of a plan.
func (b *bench) start(plan backfill.Plan) backfill.Run {
	b.t.Helper()
	require.NoError(b.t, b.store.SavePlan(b.t.Context(), plan, time.Now()))
	run, _, err := b.store.StartBackfill(b.t.Context(), plan.ID, store.Start{Reason: "test", AsOf: ninth, At: time.Now()})
	require.NoError(b.t, err)
	return run
}

// work is a worker to its end.
func (b *bench) work() { b.t.Helper(); require.NoError(b.t, worker.Run(b.t.Context(), b.options)) }

// background is a worker beside the test; end tells it to end and waits for that.
func (b *bench) background() (end func()) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan error, 1)
	go func() { done <- worker.Run(ctx, b.options) }()
	end = sync.OnceFunc(func() {
		cancel()
		require.NoError(b.t, <-done)
	})
	b.t.Cleanup(end)
	return end
}

func (b *bench) alive() bool {
	_, alive := worker.Alive(b.store.Path())
	return alive
}

func (b *bench) control(run string, action backfill.Action) {
	b.t.Helper()
	_, err := b.store.Control(b.t.Context(), run, store.Action{Action: action, AsOf: ninth, At: time.Now()})
	require.NoError(b.t, err)
}

func (b *bench) run(id string) backfill.Run {
	b.t.Helper()
	run, err := b.store.Backfill(b.t.Context(), id)
	require.NoError(b.t, err)
	return run
}

func (b *bench) pairs(id string) []backfill.RunPair {
	b.t.Helper()
	pairs, err := b.store.Pairs(b.t.Context(), id)
	require.NoError(b.t, err)
	return pairs
}

// until looks again and again, for two minutes at most.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

func (b *bench) until(run string, status backfill.Status) {
	b.t.Helper()
	until(b.t, string(status), func() bool { return b.run(run).Status == status })
}

// hand is an executor whose jobs end when the test says how.
type hand struct {
	mu sync.Mutex
	// states are those of jobs that were started.
	states    map[string]executor.State
	submitted []executor.Job
	cancelled []string
	polls     int
	// auto is the end of each job at once; nil leaves it to the test. Refuse makes Submit fail, and pollErrors that many Polls.
	auto       func(executor.Job) executor.State
	refuse     error
	pollErrors int
}

func newHand(auto func(executor.Job) executor.State) *hand {
	return &hand{states: map[string]executor.State{}, auto: auto}
}

func (h *hand) Submit(_ context.Context, job executor.Job) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.submitted = append(h.submitted, job)
	if h.refuse != nil {
		return h.refuse
	}
	h.states[job.ID] = executor.State{Running: true}
	if h.auto != nil {
		h.states[job.ID] = h.auto(job)
	}
	return nil
}

func (h *hand) Poll(_ context.Context, job executor.Job) (executor.State, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.polls++
	if h.pollErrors > 0 {
		h.pollErrors--
		return executor.State{}, fault.New(fault.Unavailable, "Nobody answers.")
	}
	state, ok := h.states[job.ID]
	if !ok {
		return executor.State{Lost: true}, nil
	}
	return state, nil
}

func (h *hand) Cancel(_ context.Context, job executor.Job) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cancelled = append(h.cancelled, job.ID)
	if state, ok := h.states[job.ID]; ok && state.Running {
		h.states[job.ID] = executor.State{Outcomes: []executor.Outcome{
			{Seq: job.Pairs[0].Seq, Done: true}, {Seq: job.Pairs[len(job.Pairs)-1].Seq, Error: "It was ended."},
		}}
	}
	return nil
}

// started waits for the n-th job.
func (h *hand) started(t *testing.T, n int) executor.Job {
	t.Helper()
	var job executor.Job
	until(t, fmt.Sprintf("job %d starts", n), func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		if len(h.submitted) < n {
			return false
		}
		job = h.submitted[n-1]
		return true
	})
	return job
}

func (h *hand) end(job executor.Job, state executor.State) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.states[job.ID] = state
}

func (h *hand) wasCancelled(job executor.Job) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.cancelled, job.ID)
}

// allDone is the end of a job that went well.
func allDone(job executor.Job) executor.State {
	var s executor.State
	for _, p := range job.Pairs {
		s.Outcomes = append(s.Outcomes, executor.Outcome{Seq: p.Seq, Done: true})
	}
	return s
}

// resident is a hand whose jobs cannot outlive the worker.
type resident struct{ *hand }

func (resident) Resident() {}
