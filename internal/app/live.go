package app

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/rs/zerolog"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/internal/worker"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// Live is the app of a process that lives long: it reads the configuration again when headwater.yaml, or what else it was read
// from, has changed. Whatever answers say has to be changed there holds from the next question on. A configuration that is wrong
// changes nothing: what was read before stands, and the status says so.
type Live struct {
	load func() (*config.Loaded, error)
	log  zerolog.Logger

	mu  sync.Mutex
	app *App
	// seen is how the files looked before they were read.
	seen files
	// problem is why the files as they are now are not used; nil where they are.
	problem error
	// owned are the apps that opened a store of their own. They are kept to the end: somebody may still read through one.
	owned []*App
}

// NewLive takes over an app that is open, and how its configuration is loaded.
func NewLive(a *App, load func() (*config.Loaded, error)) *Live {
	return &Live{load: load, log: a.log, app: a, seen: lookAt(a.Config().Files()), owned: []*App{a}}
}

// Close lets go of all stores.
func (l *Live) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs error
	for _, a := range l.owned {
		errs = errors.Join(errs, a.Close())
	}
	return errs
}

// App is the app for one request.
func (l *Live) App(ctx context.Context) *App {
	a, _ := l.fresh(ctx)
	return a
}

// fresh is the app of the files as they are now, or of the last ones that could be used, and why of those.
func (l *Live) fresh(ctx context.Context) (*App, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.app.Config().Files()
	now := lookAt(known)
	if now.equal(l.seen) {
		return l.app, l.problem
	}
	l.seen = now
	next, err := l.reopen(ctx)
	if l.problem = err; err != nil {
		l.log.Warn().Err(err).Msg("the configuration has changed and cannot be used; what it was before stands")
		return l.app, err
	}
	l.log.Info().Msg("the configuration has changed")
	l.app, l.seen = next, files{}
	for path, s := range lookAt(next.Config().Files()) {
		if slices.Contains(known, path) { // it was looked at before it was read
			s = now[path]
		}
		l.seen[path] = s
	}
	return next, nil
}

// reopen makes the app of the files as they are now. The store stays the one that it is, unless it is to be another.
func (l *Live) reopen(ctx context.Context) (*App, error) {
	ctx = context.WithoutCancel(ctx) // whoever asked first may leave
	loaded, err := l.load()
	if err != nil {
		return nil, err
	}
	o, shared := l.app.options, l.app.store
	if loaded.State != o.Config.State {
		shared = nil
	}
	o.Config = loaded
	a, err := open(ctx, o, shared)
	if err == nil && shared == nil {
		l.owned = append(l.owned, a)
	}
	return a, err
}

// Current is the snapshot for one request.
func (l *Live) Current(ctx context.Context) (*platform.Platform, error) {
	a, problem := l.fresh(ctx)
	p, err := a.Current(ctx)
	if err != nil || problem == nil {
		return p, err
	}
	probe := p.Probe
	p.Probe = func(ctx context.Context) platform.Health {
		h := probe(ctx)
		h.Warnings = append(h.Warnings, "The configuration has changed and cannot be used, so that what it was before stands. "+problem.Error())
		return h
	}
	return p, nil
}

// WorkerOptions are what a worker of the project works with. It keeps to the store that there is now.
func (l *Live) WorkerOptions(ctx context.Context) (worker.Options, error) {
	o, err := l.App(ctx).WorkerOptions()
	if err != nil {
		return o, err
	}
	o.Executors = func() map[string]executor.Executor { return l.App(ctx).Executors() }
	o.Limits = func() backfill.Limits { return l.App(ctx).Limits() }
	o.Node = func(ctx context.Context, id string) (*lineage.Node, partition.Spec, error) {
		return l.App(ctx).Node(ctx, id)
	}
	o.Receipt = func(
		ctx context.Context, run backfill.Run, plan backfill.Plan, pairs []backfill.RunPair,
	) (*backfill.Receipt, error) {
		return l.App(ctx).Receipt(ctx, run, plan, pairs)
	}
	o.JobEnded = func(ctx context.Context, job executor.Job, state executor.State) {
		l.App(ctx).JobEnded(ctx, job, state)
	}
	return o, nil
}
