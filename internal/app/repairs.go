package app

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/agentops/policy"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/internal/worker"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt"
	"github.com/headwater-mcp/headwater/page"
	"github.com/headwater-mcp/headwater/partition"
)

// repairs is what plans and runs of a snapshot are made with.
func (a *App) repairs(s *snapshot) *platform.Repairs {
	c := a.options.Config.Policy
	out := &platform.Repairs{
		Policy: policy.Policy{Writes: policy.Writes(c.Writes), MaxPairs: c.MaxPairs, Protected: c.Protected},
		Unkept: a.storeError,
		Way:    func(n *lineage.Node, spec partition.Spec) backfill.Way { return a.runners.way(s, n, spec) },
		Command: func(n *lineage.Node, spec partition.Spec, pairs []backfill.Pair) string {
			return a.runners.line(s, n, spec, pairs)
		},
		Work: a.work,
	}
	if a.store != nil {
		out.Runs = runs{a.store, a.options.Now, a.options.AsOf.IsZero()}
	}
	return out
}

// work has a worker live where runs are to be executed.
func (a *App) work(ctx context.Context) (notice string, err error) {
	if a.store == nil {
		return "", a.storeError
	}
	if a.options.Config.Worker != config.WorkerAuto {
		work, err := a.store.HasWork(ctx)
		if _, alive := worker.Alive(a.store.Path()); err != nil || !work || alive {
			return "", err
		}
		return "headwater.yaml says worker: external, and none lives: runs wait until an operator runs `headwater worker`.", nil
	}
	if a.options.Work == nil {
		return "", nil
	}
	return "", a.options.Work(ctx, a.store)
}

// runs keeps plans and runs in the store, with the wall time beside the logical one.
type runs struct {
	store *store.Store
	now   func() time.Time
	// live: the logical time is that of the wall clock.
	live bool
}

func (r runs) Now() time.Time { return r.now() }

func (r runs) SavePlan(ctx context.Context, plan backfill.Plan) error {
	return r.store.SavePlan(ctx, plan, r.now())
}

func (r runs) Plan(ctx context.Context, id string) (backfill.Plan, error) {
	return r.store.Plan(ctx, id)
}

func (r runs) Start(ctx context.Context, planID, reason string, by backfill.Actor, asOf time.Time) (backfill.Run, bool, error) {
	at := r.now()
	if r.live {
		asOf = at
	}
	return r.store.StartBackfill(ctx, planID, store.Start{Reason: reason, By: by, AsOf: asOf, At: at})
}

func (r runs) RunOf(ctx context.Context, planID string) (backfill.Run, bool, error) {
	return r.store.BackfillOf(ctx, planID)
}

func (r runs) Run(ctx context.Context, id string) (backfill.Run, error) {
	return r.store.Backfill(ctx, id)
}

func (r runs) List(ctx context.Context, limit int, cursor string) ([]backfill.Run, page.Info, error) {
	return r.store.Backfills(ctx, limit, cursor)
}

func (r runs) Unfinished(ctx context.Context) ([]backfill.Run, error) { return r.store.Unfinished(ctx) }

func (r runs) Pairs(ctx context.Context, run string) ([]backfill.RunPair, error) {
	return r.store.Pairs(ctx, run)
}

func (r runs) Notes(ctx context.Context, run string) ([]string, error) {
	return r.store.RunNotes(ctx, run)
}

func (r runs) Control(
	ctx context.Context, run string, action backfill.Action, by backfill.Actor, asOf time.Time,
) (backfill.Run, error) {
	return r.store.Control(ctx, run, store.Action{Action: action, By: by, AsOf: asOf, At: r.now()})
}

func (r runs) Refused(ctx context.Context, action, planID, detail string, by backfill.Actor, asOf time.Time) error {
	return r.store.Audit(ctx, store.AuditEntry{
		At: r.now(), AsOf: asOf, By: by, Action: action + " refused", PlanID: planID, Detail: detail,
	})
}

func (r runs) Durations(ctx context.Context, nodes []string) (map[string]time.Duration, error) {
	return r.store.Durations(ctx, nodes)
}

func (r runs) LastRunOf(ctx context.Context, pairs []backfill.Pair) (string, error) {
	return r.store.LastRunOf(ctx, pairs)
}

// lookEvery is how often a watcher asks the store whether another process has changed something.
const lookEvery = 200 * time.Millisecond

// Changed asks the store again and again: SQLite tells no other process of a change.
func (r runs) Changed(ctx context.Context) (changed <-chan struct{}, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	out := make(chan struct{}, 1)
	var group sync.WaitGroup
	group.Go(func() { r.watch(ctx, out) })
	return out, func() {
		cancel()
		group.Wait()
	}
}

func (r runs) watch(ctx context.Context, out chan<- struct{}) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	known := int64(-1)
	for {
		_, now, err := r.store.Changed(ctx, max(known, 0))
		if err == nil && now != known {
			if known >= 0 {
				select {
				case out <- struct{}{}:
				default:
				}
			}
			known = now
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// Receipt compares what a plan promised with what is there after its run, on the run's logical clock: what its jobs have told the
// ledger came after its start.
func (a *App) Receipt(
	ctx context.Context, run backfill.Run, plan backfill.Plan, _ []backfill.RunPair,
) (*backfill.Receipt, error) {
	p, err := a.Current(ctx)
	if err != nil {
		return nil, err
	}
	p.AsOf = logical(run, a.options.Now())
	return p.Receipt(ctx, plan)
}

// live reports whether a run was started by the clock of the wall, and not under --as-of. The instant of a question is a little
// older than what comes of it.
func live(run backfill.Run) bool {
	const apart = 5 * time.Second
	d := run.CreatedAt.Sub(run.AsOf)
	return d >= -apart && d <= apart
}

// JobEnded records in the ledger what a job's tool says of its run, so that the next check knows of it. What our own engine
// builds tells of itself, see beginBuild.
func (a *App) JobEnded(ctx context.Context, job executor.Job, state executor.State) {
	if state.Artifacts == "" {
		return
	}
	artifacts, err := dbt.Load(state.Artifacts)
	if err != nil {
		a.log.Warn().Err(err).Str("job", job.ID).Msg("the artifacts of the job cannot be read")
		return
	}
	a.record(ctx, artifacts)
}

// environ is what programs that are started for a job get.
func environ() []string { return os.Environ() }
