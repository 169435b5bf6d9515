package app_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/internal/worker"
	"github.com/headwater-mcp/headwater/warehouse"
)

func (o *ownBuilds) store() *store.Store {
	o.t.Helper()
	s, err := o.app.Store()
	require.NoError(o.t, err)
	return s
}

func (o *ownBuilds) runs() []backfill.Run {
	o.t.Helper()
	runs, _, err := o.store().Backfills(o.t.Context(), 0, "")
	require.NoError(o.t, err)
	return runs
}

// audited are the entries of the audit log, the newest first.
func (o *ownBuilds) audited() []store.AuditEntry {
	o.t.Helper()
	entries, _, err := o.store().AuditLog(o.t.Context(), 0, "")
	require.NoError(o.t, err)
	return entries
}

// written are the periods of the fact's days by the run that wrote them.
func (o *ownBuilds) written() map[string][]string {
	o.t.Helper()
	out := map[string][]string{}
	require.NoError(o.t, o.db.Read(o.t.Context(), func(ctx context.Context, r warehouse.Reader) error {
		_, err := warehouse.Collect(ctx, r, func(rows warehouse.Rows) (int, error) {
			var day, run string
			err := rows.Scan(&day, &run)
			out[run] = append(out[run], day)
			return 0, err
		}, "select cast(period as varchar), run from activation.visit_periods_daily order by period")
		return err
	}))
	return out
}

// TestABuildIsAPlanAndItsRun: what is due are the pairs of a plan, its run is recorded with who asked for it, its jobs' marks stand in the
// warehouse, and where nothing is due there is neither.
func TestABuildIsAPlanAndItsRun(t *testing.T) {
	t.Parallel()
	o := newOwnBuilds(t)
	var told []string
	results, err := o.app.Build(t.Context(), app.BuildRequest{Progress: func(fact, grain string) { told = append(told, fact+" "+grain) }})
	require.NoError(t, err)
	require.Len(t, results, 3)
	require.Equal(t, "2026-06-01 2026-06-15 first build", results[0].First.String()+" "+results[0].Last.String()+" "+results[0].Why)
	require.Equal(t, 15, results[0].Periods)
	require.Equal(t, []string{"visit day", "visit week", "visit month"}, told)
	runs := o.runs()
	require.Len(t, runs, 1)
	require.Equal(t, backfill.Succeeded, runs[0].Status)
	require.Equal(t, "headwater build", runs[0].By.Client)
	pairs, err := o.store().Pairs(t.Context(), runs[0].ID)
	require.NoError(t, err)
	require.Len(t, pairs, 15+3+1)
	require.Equal(t, backfill.Progress{Done: 19}, backfill.Count(pairs))
	jobs, err := o.store().JobsOf(t.Context(), runs[0].ID)
	require.NoError(t, err)
	require.Len(t, jobs, 3, "a job a grain")
	require.Len(t, o.written()[runs[0].ID+"/"+jobs[0].ID], 15)
	entries := o.audited()
	require.Len(t, entries, 1)
	require.Equal(t, "start headwater build", entries[0].Action+" "+entries[0].By.Client)

	results, err = o.app.Build(t.Context(), app.BuildRequest{})
	require.NoError(t, err)
	require.Equal(t, "up to date", results[0].Why)
	require.Len(t, o.runs(), 1)

	o.later(time.Hour).do(`delete from visits where user_id = 3 and cast("at" as date) = date '2026-06-04'`)
	results, err = o.app.Build(t.Context(), app.BuildRequest{Until: "2026-06-10"})
	require.NoError(t, err)
	require.Equal(t, int64(1), results[0].ChangedUsers)
	pairs, err = o.store().Pairs(t.Context(), o.runs()[0].ID)
	require.NoError(t, err)
	var names []string
	for _, p := range pairs {
		names = append(names, p.Node+" "+p.Period+" "+p.Reason)
	}
	require.Equal(t, "activation.shop.visit_activation_daily 2026-06-04 changed since built", names[0])
	require.Equal(t, "headwater build --until 2026-06-10", o.runs()[0].Reason)
}

// TestTheLivingWorkerBuilds: where another process executes the runs of the project, the build is its, and told in the same words.
func TestTheLivingWorkerBuilds(t *testing.T) {
	t.Parallel()
	o := newOwnBuilds(t)
	other := o.opened(visitFact)
	options, err := other.app.WorkerOptions()
	require.NoError(t, err)
	options.Idle = time.Hour
	options.Now = time.Now
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { require.NoError(t, worker.Run(ctx, options)) })
	defer group.Wait()
	defer stop()
	require.Eventually(t, func() bool { _, alive := worker.Alive(o.app.StorePath()); return alive }, time.Minute, time.Millisecond)
	results, err := o.app.Build(t.Context(), app.BuildRequest{})
	require.NoError(t, err)
	require.Equal(t, []string{"first build", "first build", "first build"},
		[]string{results[0].Why, results[1].Why, results[2].Why})
	require.Equal(t, 15, results[0].Periods)
	_, alive := worker.Alive(o.app.StorePath())
	require.True(t, alive)
}

// held is a build while nobody executes its run: another process has the worker's lock and does nothing.
func (o *ownBuilds) held(ctx context.Context, do func(run backfill.Run, release func())) ([]activation.BuildResult, error) {
	o.t.Helper()
	l := flock.New(worker.LockPath(o.app.StorePath()))
	require.NoError(o.t, l.Lock())
	var group sync.WaitGroup
	group.Go(func() {
		s := o.store()
		for {
			runs, err := s.Unfinished(context.WithoutCancel(ctx))
			if err != nil || len(runs) > 0 {
				do(runs[0], func() { _ = l.Close() })
				return
			}
		}
	})
	defer group.Wait()
	return o.app.Build(ctx, app.BuildRequest{})
}

// TestABuildWhoseWorkerDiedIsDoneOnce: the worker that had claimed the first job is gone; the build takes the lock, finds that nothing
// of the job was written, and does it.
func TestABuildWhoseWorkerDiedIsDoneOnce(t *testing.T) {
	t.Parallel()
	o := newOwnBuilds(t)
	results, err := o.held(t.Context(), func(run backfill.Run, release func()) {
		defer release()
		job, err := o.store().Claim(t.Context(), run.ID, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, o.now)
		require.NoError(t, err)
		require.NotEmpty(t, job)
	})
	require.NoError(t, err)
	require.Equal(t, 15, results[0].Periods)
	pairs, err := o.store().Pairs(t.Context(), o.runs()[0].ID)
	require.NoError(t, err)
	require.Equal(t, backfill.Progress{Done: 19}, backfill.Count(pairs))
	require.Equal(t, 1, pairs[0].Deaths)
	require.Len(t, o.written(), 1)
}

// TestAStoppedBuildIsCancelled: whoever ends the command ends its run, and nothing is written later.
func TestAStoppedBuildIsCancelled(t *testing.T) {
	t.Parallel()
	o := newOwnBuilds(t)
	ctx, stop := context.WithCancel(t.Context())
	var free func()
	_, err := o.held(ctx, func(_ backfill.Run, release func()) { free = release; stop() })
	free()
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, backfill.Cancelled, o.runs()[0].Status)
	require.Equal(t, "cancel", o.audited()[0].Action)
	o.build()
	require.Len(t, o.runs(), 2)
}

// TestABuildIsRefusedWhatNoRunMayWrite: a protected schema is not written, whoever types it, and the refusal is noted.
func TestABuildIsRefusedWhatNoRunMayWrite(t *testing.T) {
	t.Parallel()
	o := newOwnBuilds(t, "policy: {protected: [activation.*]}")
	_, err := o.app.Build(t.Context(), app.BuildRequest{Yes: true})
	require.Equal(t, fault.Blocked, fault.KindOf(err))
	require.ErrorContains(t, err, "activation.*")
	require.Equal(t, "build refused", o.audited()[0].Action)
	require.Empty(t, o.runs())

	o = newOwnBuilds(t, "policy: {writes: deny}")
	_, err = o.app.Build(t.Context(), app.BuildRequest{})
	require.Equal(t, fault.Blocked, fault.KindOf(err))
	require.Equal(t, "build refused", o.audited()[0].Action)
	require.Contains(t, o.audited()[0].Detail, "`policy: {writes: activation}`")
}

// TestWithoutAStoreABuildGoesDirectly: what cannot be recorded is built all the same, and that is said.
func TestWithoutAStoreABuildGoesDirectly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	o := newOwnBuildsIn(t, dir, "state: file/state.db")
	var notes []string
	results, err := o.app.Build(t.Context(), app.BuildRequest{Note: func(text string) { notes = append(notes, text) }})
	require.NoError(t, err)
	require.Equal(t, 15, results[0].Periods)
	require.Len(t, notes, 1)
	require.Contains(t, notes[0], "recorded neither as a run nor in the audit log: The state cannot be kept in")
	require.Len(t, slices.Collect(func(yield func(string) bool) {
		for run := range o.written() {
			yield(run)
		}
	}), 1)
}

// TestForgettingAndDroppingAreAudited: they are no runs, and who did them is known; whom was forgotten is not.
func TestForgettingAndDroppingAreAudited(t *testing.T) {
	t.Parallel()
	o := newOwnBuilds(t)
	o.build()
	_, err := o.app.Forget(t.Context(), "visit", "7", false)
	require.NoError(t, err)
	_, err = o.app.Drop(t.Context(), "visit", false)
	require.NoError(t, err)
	entries := o.audited()
	require.Equal(t, []string{"drop", "forget", "start"}, []string{entries[0].Action, entries[1].Action, entries[2].Action})
	require.Equal(t, "headwater forget", entries[1].By.Client)
	require.Equal(t, "One user of fact visit.", entries[1].Detail)
}
