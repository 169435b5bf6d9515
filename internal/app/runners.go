package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/agentops/executor/command"
	"github.com/headwater-mcp/headwater/agentops/executor/dbt"
	"github.com/headwater-mcp/headwater/agentops/executor/engine"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// runner runs nodes, and says beforehand how.
type runner interface {
	executor.Executor
	// Control is how a run of a node is kept to the periods that it is asked for.
	Control(n *lineage.Node, spec partition.Spec) executor.Control
	// Line is what a person would type to run these pairs.
	Line(n *lineage.Node, spec partition.Spec, pairs []backfill.Pair) string
}

// entry is a line of `executors`.
type entry struct {
	// name is what pairs of plans carry.
	name   string
	nodes  string
	kind   string // its type in headwater.yaml
	runner runner
	most   int // jobs at once; 0 is any number
}

// runners are the configured executors, the engine before them, and dbt for what no line names.
type runners struct {
	entries  []entry
	fallback *entry
	// update is the engine once more, for plans of builds.
	update executor.Executor

	mu   sync.Mutex
	last *choice
}

// choice is what each entry selects of one snapshot, or why it selects nothing. It is never changed: a request goes on with its
// own while another one asks about newer artifacts.
type choice struct {
	of     *snapshot
	chosen []map[string]bool
	failed []error
}

// engineName builds periods that are asked for, updateName all that is due of an output; plans of builds name it.
const (
	engineName = "engine"
	updateName = "build"
)

func (a *App) openRunners() error {
	c := a.options.Config
	out := &runners{}
	own := engine.New(engine.Options{Facts: a.definitions, Begin: a.beginBuild})
	out.entries = append(out.entries, entry{name: engineName, kind: engineName, runner: own})
	out.update = engine.New(engine.Options{Facts: a.definitions, Begin: a.beginBuild, Asked: a.askedOfBuild})
	counts := map[string]int{}
	for i, e := range c.Executors {
		counts[e.Type]++
		name := e.Type
		if counts[e.Type] > 1 {
			name = fmt.Sprintf("%s-%d", e.Type, counts[e.Type])
		}
		r, err := a.runner(e)
		if err != nil {
			return fmt.Errorf("executors, entry %d: %w", i+1, err)
		}
		out.entries = append(out.entries, entry{name, e.Nodes, e.Type, r, e.MaxConcurrency})
	}
	if c.DBT.ProjectDir != "" {
		name := config.ExecutorDBT
		if counts[config.ExecutorDBT] > 0 {
			name += "-default"
		}
		r, err := a.runner(config.Executor{Type: config.ExecutorDBT})
		if err != nil {
			return err
		}
		out.fallback = &entry{name: name, kind: config.ExecutorDBT, runner: r}
	}
	a.runners = out
	return nil
}

func (a *App) runner(e config.Executor) (runner, error) {
	c := a.options.Config
	if e.Type == config.ExecutorCommand {
		return command.New(command.Options{Argv: e.Argv, Root: c.Root, Env: environ(), Lend: a.lend()})
	}
	target := e.Target
	if target == "" {
		target = c.DBT.Target
	}
	profiles := ""
	if c.DBT.ProfilesFile != "" {
		profiles = filepath.Dir(c.DBT.ProfilesFile)
	}
	return dbt.New(dbt.Options{
		Command: e.Command, ProjectDir: c.DBT.ProjectDir, TargetPath: c.DBT.TargetPath, ProfilesDir: profiles, Profile: c.DBT.Profile,
		Target: target, Env: environ(), Lend: a.lend(),
	}), nil
}

// lend keeps headwater's processes away from a DuckDB file while a program writes it; nil for warehouses with several writers.
func (a *App) lend() executor.Lend {
	w, ok := a.warehouse.(*duckdb.Warehouse)
	if !ok {
		return nil
	}
	return func(ctx context.Context, purpose string, start func(*os.File) error) error {
		return w.LendTo(ctx, purpose, start)
	}
}

// definitions are the usable facts of today.
func (a *App) definitions(ctx context.Context) (*activation.Engine, []*activation.Definition, error) {
	if a.engine == nil {
		return nil, nil, a.warehouseError
	}
	p, err := a.Current(ctx)
	if err != nil {
		return nil, nil, err
	}
	var out []*activation.Definition
	for _, f := range p.Facts {
		if f.Definition != nil && f.Problem == nil {
			out = append(out, f.Definition)
		}
	}
	return a.engine, out, nil
}

// Executors are what runs nodes, by the name that pairs of plans carry. A pair whose executor is not there fails, and says so.
func (a *App) Executors() map[string]executor.Executor {
	out := map[string]executor.Executor{updateName: a.runners.update}
	for _, e := range a.runners.entries {
		out[e.name] = e.runner
	}
	if f := a.runners.fallback; f != nil {
		out[f.name] = f.runner
	}
	return out
}

// entryOf is what runs a node: the engine its outputs, else the first entry that selects it, else dbt what is the project's own.
func (r *runners) entryOf(s *snapshot, n *lineage.Node) (*entry, error) {
	if n.Type == lineage.TypeActivation {
		return &r.entries[0], nil
	}
	c := r.choose(s)
	var errs error
	for i := 1; i < len(r.entries); i++ {
		errs = errors.Join(errs, c.failed[i])
		if c.chosen[i][n.ID] {
			return &r.entries[i], nil
		}
	}
	if r.fallback != nil && slices.Contains([]lineage.Type{lineage.TypeModel, lineage.TypeSeed, lineage.TypeSnapshot}, n.Type) &&
		(n.Project == "" || n.Project == s.platform.Project) {
		return r.fallback, errs
	}
	return nil, errs
}

// choose evaluates the selections on a snapshot, and keeps what came of it for the last one.
func (r *runners) choose(s *snapshot) *choice {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last != nil && r.last.of == s {
		return r.last
	}
	c := &choice{s, make([]map[string]bool, len(r.entries)), make([]error, len(r.entries))}
	for i, e := range r.entries[1:] {
		c.chosen[i+1] = map[string]bool{}
		nodes, _, err := s.platform.Graph.Select(lineage.SelectRequest{
			Select: e.nodes, Indirect: lineage.Empty, Selectors: s.platform.Selectors,
		})
		if err != nil {
			c.failed[i+1] = fault.Wrap(err, fault.Invalid, "headwater.yaml, executors, nodes: %q: %s", e.nodes, err)
		}
		for _, n := range nodes {
			c.chosen[i+1][n.ID] = true
		}
	}
	r.last = c
	return c
}

// way says how a node is run, or why it is not.
func (r *runners) way(s *snapshot, n *lineage.Node, spec partition.Spec) backfill.Way {
	e, err := r.entryOf(s, n)
	switch {
	case e == nil && err != nil:
		return backfill.Way{Refused: backfill.RefusedExternal, Remedy: err.Error()}
	case e == nil:
		return backfill.Way{Refused: backfill.RefusedExternal, Remedy: external(n)}
	}
	switch control := e.runner.Control(n, spec); {
	case control == executor.None:
		return backfill.Way{Refused: backfill.RefusedNoPartitionControl, Remedy: uncontrolled(n)}
	case control == executor.Whole && spec.Partitioned():
		return backfill.Way{Executor: e.name, Whole: true}
	}
	return backfill.Way{Executor: e.name}
}

// line is what a person would type.
func (r *runners) line(s *snapshot, n *lineage.Node, spec partition.Spec, pairs []backfill.Pair) string {
	e, _ := r.entryOf(s, n) // the pairs are in a plan, so there is one
	if e == nil {
		return ""
	}
	return e.runner.Line(n, spec, pairs)
}

// external says how a node that nothing runs gets repaired.
func external(n *lineage.Node) string {
	who := "its owner"
	if n.Owner != "" {
		who = n.Owner
	}
	if n.Type == lineage.TypeSource {
		return fmt.Sprintf("No executor loads it. Ask %s to load it again, or name a loader under executors in headwater.yaml: {nodes: \"source:%s.%s\", type: command, argv: [./load.sh, \"{node}\", \"{first}\", \"{last}\"]}.",
			who, n.Source.Name, n.Name)
	}
	return fmt.Sprintf("No executor runs it: it is no node of this dbt project. Ask %s, or add an entry to executors in headwater.yaml.", who)
}

// uncontrolled says what would make a node repairable.
func uncontrolled(n *lineage.Node) string {
	if n.Type == lineage.TypeSnapshot {
		return "A snapshot keeps what it saw: no run brings back what it did not see. Repair its table by hand from a backup."
	}
	return "No argument confines a run of it to a period. Make it microbatch, or have it read variables and name them in meta.headwater.partition.vars: {start: …, end: …}; or run dbt with --full-refresh yourself."
}
