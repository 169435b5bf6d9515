// Package app wires the services once and holds the current snapshot of a project: artifacts, graph, specs and facts, swapped
// whole when dbt writes new artifacts. A request takes the snapshot as it is and keeps it to its end; a half-written
// manifest never replaces a good one.
//
// It leaves answering to agentops/platform and starting to the command line. It is the one place that knows both facts and
// partitions: it turns the first into specs and into nodes of the graph.
package app

import (
	"cmp"
	"context"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/lineage/dbt"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/partition/observe"
	"github.com/headwater-mcp/headwater/warehouse"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// Options say how an App is started.
type Options struct {
	Config *config.Loaded
	Log    zerolog.Logger
	// Purpose tells other processes what this one is: mcp, build, call.
	Purpose string
	// Now is the clock. AsOf, where it is not zero, stands in for it as the instant at which questions are asked.
	Now  func() time.Time
	AsOf time.Time
	// Work starts a worker where runs of the store are to be executed and none lives; nil where nobody is to.
	Work func(ctx context.Context, s *store.Store) error
}

// App answers for one project until it is closed.
type App struct {
	options Options
	log     zerolog.Logger

	warehouse      warehouse.Warehouse
	warehouseError error
	engine         *activation.Engine
	store          *store.Store
	storeError     error
	observer       partition.Observer
	checker        *partition.Checker
	runners        *runners
	calendar       []platform.CalendarEntry
	closures       map[string]bool
	warnings       []string

	mu       sync.Mutex
	loading  bool
	snapshot *snapshot
}

// Open wires the services of a project. A warehouse or a store that cannot be used is no error: what needs it says so.
func Open(ctx context.Context, o Options) (*App, error) { return open(ctx, o, nil) }

// open is Open with a store that is open already, or nil.
func open(ctx context.Context, o Options, shared *store.Store) (*App, error) {
	a := &App{options: o, log: o.Log, closures: map[string]bool{}, store: shared}
	a.warnings = append(a.warnings, o.Config.Notices...)
	if err := a.readCalendar(); err != nil {
		return nil, err
	}
	if err := a.openWarehouse(); err != nil {
		return nil, err
	}
	a.openStore(ctx)
	if err := a.openChecker(); err != nil {
		return nil, err
	}
	if err := a.openRunners(); err != nil {
		return nil, err
	}
	a.snapshot = a.load(ctx, &snapshot{})
	a.readArchive(ctx)
	return a, nil
}

// Close lets go of the store. Nothing else is held.
func (a *App) Close() error {
	if a.store == nil {
		return nil
	}
	return a.store.Close()
}

// Config is what the app was started with.
func (a *App) Config() *config.Loaded { return a.options.Config }

// AsOf is the instant at which a question asked now is asked.
func (a *App) AsOf() time.Time {
	if !a.options.AsOf.IsZero() {
		return a.options.AsOf
	}
	// As fine as people ask, and short in every answer; and never before what was recorded just now.
	now := a.options.Now().UTC()
	if whole := now.Truncate(time.Second); whole.Before(now) {
		return whole.Add(time.Second)
	}
	return now
}

// Current is the snapshot for one request.
func (a *App) Current(ctx context.Context) (*platform.Platform, error) {
	s := a.fresh(ctx)
	p := s.platform
	p.AsOf = a.AsOf()
	p.Earlier = func(ctx context.Context, name string) (*dbt.Artifacts, error) { return a.base(ctx, p.Artifacts, name) }
	p.Repairs = a.repairs(s)
	p.Probe = func(ctx context.Context) platform.Health { return a.health(ctx, s) }
	return &p, nil
}

func (a *App) openWarehouse() (err error) {
	a.warehouse, a.warehouseError = connect(a.options.Config.Warehouse, a.options.Purpose)
	if a.warehouseError == nil {
		a.engine, err = activation.NewEngine(a.warehouse, a.options.Config.Output.Schema)
	}
	return err
}

// connect makes the warehouse of a configuration; the error says why its rows cannot be read.
func connect(w config.Warehouse, purpose string) (warehouse.Warehouse, error) {
	if w.Unreachable != nil {
		return nil, w.Unreachable
	}
	if w.Type != config.DuckDB {
		return nil, fault.New(fault.Unavailable,
			"The warehouse is %s, which this version cannot read; lineage works, rows need warehouse.type duckdb.", w.Type)
	}
	opened, err := duckdb.New(duckdb.Options{
		Path: w.Path, AllowedPaths: w.ExternalRoots, MemoryLimit: cmp.Or(w.MemoryLimit, w.Settings["memory_limit"]), Purpose: purpose,
		Wait: patienceOf(purpose),
	})
	if err != nil {
		return nil, err // and no typed nil, which would look like a warehouse
	}
	return opened, nil
}

// patienceOf is how long a process waits for others that have the warehouse; 0 is the usual. Nobody waits for a worker's answer,
// and each time it is refused costs an attempt of what it runs.
func patienceOf(purpose string) time.Duration {
	if purpose == "worker" {
		return time.Minute
	}
	return 0
}

// openStore opens our own state. Without it the ledger is empty, and that is said.
func (a *App) openStore(ctx context.Context) {
	if a.store != nil {
		a.notice()
		return
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = ""
	}
	c := a.options.Config
	opened, err := store.Open(ctx, c.State, store.FallbackDir(os.Getenv("XDG_STATE_HOME"), home, c.Root))
	if err != nil {
		a.storeError = err
		a.warnings = append(a.warnings, err.Error())
		a.log.Warn().Err(err).Msg("no store")
		return
	}
	a.store = opened
	a.notice()
}

// notice passes on what the store has to say.
func (a *App) notice() {
	if notice := a.store.Notice(); notice != "" {
		a.warnings = append(a.warnings, notice)
	}
}

func (a *App) readCalendar() error {
	path := a.options.Config.Calendar
	if path == "" {
		return nil
	}
	entries, err := config.ReadCalendar(path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		entry := platform.CalendarEntry{Date: e.Date}
		entry.Type, entry.Name, entry.Dimension, entry.Value = e.Type, e.Name, e.Dimension, e.Value
		a.calendar = append(a.calendar, entry)
		if e.Type == closure && e.Dimension == "" {
			a.closures[e.Date] = true
		}
	}
	return nil
}

const closure = "closure"

// checker is made once: it keeps nothing between two questions.
func (a *App) openChecker() error {
	deps := partition.Deps{Observer: blind{a.warehouseError}, Closures: func(date string) bool { return a.closures[date] }}
	if a.warehouse != nil {
		observer, err := observe.New(a.warehouse)
		if err != nil {
			return err
		}
		deps.Observer, deps.AtOnce = observer.Within(int64(a.options.Config.Policy.MaxBytes)), observer.AtOnce
	}
	if a.storeError != nil {
		deps.Unremembered = a.storeError.Error()
	}
	if a.store != nil {
		deps.Ledger = ledger{a.store}
		remembering := history{Observer: deps.Observer, app: a}
		deps.Observer, deps.History = remembering, remembering
	}
	a.observer, a.checker = deps.Observer, partition.New(deps)
	return nil
}

// blind is the observer of a warehouse that cannot be read.
type blind struct{ reason error }

func (b blind) Whole(context.Context, partition.WholeRequest) (partition.WholeObservation, error) {
	return partition.WholeObservation{}, b.reason
}

func (b blind) Observe(context.Context, partition.ObserveRequest) (partition.Observation, error) {
	return partition.Observation{}, b.reason
}

// StorePath is the file of our own state; empty where none could be opened.
func (a *App) StorePath() string {
	if a.store == nil {
		return ""
	}
	return a.store.Path()
}
