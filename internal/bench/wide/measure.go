package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/partition/observe"
	"github.com/headwater-mcp/headwater/tools"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
	"github.com/headwater-mcp/headwater/wire"
)

// question is one that somebody asks of a large project.
type question struct{ name, tool, arguments string }

// lookAtAll is the question for which most is looked at.
const lookAtAll = 0

func questions(models int) []question {
	leaf := model(models - 2) // which has partitions
	const week, month = `"first": "2026-06-08", "last": "2026-06-14"`, `"first": "2026-05-16", "last": "2026-06-14"`
	return []question{
		{"check-all", "check_partitions", `{"select": "resource_type:model", ` + month + `}`},
		{"plan-all", "plan_backfill", `{"select": "resource_type:model", ` + week + `}`},
		{"plan-all-scope", "plan_backfill", `{"select": "resource_type:model", "scope": "all", ` + week + `}`},
		{"plan-source", "plan_backfill", `{"select": "source:raw.events_000", ` + month + `}`},
		{"plan-source-scope", "plan_backfill", `{"select": "source:raw.events_000", "scope": "all", ` + month + `}`},
		{"check-leaf", "check_partitions", fmt.Sprintf(`{"nodes": [%q], %s}`, leaf, month)},
		{"check-upstream", "check_partitions", fmt.Sprintf(`{"select": "+%s", %s}`, leaf, month)},
		{"explain-leaf", "explain_staleness", fmt.Sprintf(`{"node": %q, "period": %q}`, leaf, missing)},
		{"trace-leaf", "trace_lineage", fmt.Sprintf(`{"node": %q, "direction": "upstream", "depth": 100}`, leaf)},
	}
}

func measure(ctx context.Context, o options, w world, out io.Writer) (err error) {
	loaded, err := config.Load(config.Flags{Project: w.dir}, config.Env{}, w.dir)
	if err != nil {
		return err
	}
	clock := before()
	a, err := app.Open(ctx, app.Options{Config: loaded, Log: zerolog.Nop(), Purpose: "bench", Now: func() time.Time { return clock }})
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // the folder is removed next
	all := tools.All(a.Current)
	ask := func(q question) (json.RawMessage, error) {
		tool := all[slices.IndexFunc(all, func(t wire.Tool) bool { return t.Name == q.tool })]
		return tool.Call(ctx, json.RawMessage(q.arguments))
	}
	if _, err := ask(questions(o.models)[lookAtAll]); err != nil { // so that it is known what there was before the builds
		return err
	}
	if err := change(ctx, w); err != nil {
		return err
	}
	clock = now()
	if o.profile != "" {
		f, err := os.Create(o.profile)
		if err != nil {
			return fmt.Errorf("writing a profile: %w", err)
		}
		defer f.Close() //nolint:errcheck // what is missing shows when it is read
		if err := pprof.StartCPUProfile(f); err != nil {
			return fmt.Errorf("writing a profile: %w", err)
		}
		defer pprof.StopCPUProfile()
	}
	fmt.Fprintf(out, "%d models, %s\n| question | time | processor | heap at most | answer |\n| --- | --- | --- | --- | --- |\n", o.models, o.world)
	for _, q := range questions(o.models) {
		if o.only != "" && o.only != q.name {
			continue
		}
		heap := watchHeap()
		start, used := time.Now(), processTime()
		answer, err := ask(q)
		took, cpu := time.Since(start), processTime()-used
		said := fmt.Sprintf("%d bytes", len(answer))
		if err != nil {
			said = err.Error()
		}
		fmt.Fprintf(out, "| %s | %.2f s | %.2f s | %d MB | %s |\n", q.name, took.Seconds(), cpu.Seconds(), heap()>>20, said)
		if o.show {
			fmt.Fprintf(out, "%s\n", answer)
		}
	}
	if o.only != "" {
		return nil
	}
	return lookAlone(ctx, a, w, out)
}

// lookAlone counts the rows of a month of every table with partitions and does nothing with them: what the warehouse takes of the
// questions.
func lookAlone(ctx context.Context, a *app.App, w world, out io.Writer) error {
	p, err := a.Current(ctx)
	if err != nil {
		return err
	}
	db, err := duckdb.New(duckdb.Options{Path: filepath.Join(w.dir, "db.duckdb")})
	if err != nil {
		return err
	}
	observer, err := observe.New(db)
	if err != nil {
		return err
	}
	tables := 0
	start, used := time.Now(), processTime()
	err = observer.AtOnce(ctx, func(ctx context.Context) error {
		for _, n := range p.Graph.Nodes() {
			spec := p.Specs.Of(n.ID)
			if !spec.Partitioned() {
				continue
			}
			last := spec.At(now()).Prev()
			begin := last.Add(1 - days)
			seen, err := observer.Observe(ctx, partition.ObserveRequest{
				Node: n.ID, Relation: n.Relation, Spec: spec, First: begin, Last: last, PrintFirst: &begin, PrintLast: &last, AsOf: now(),
			})
			if err != nil {
				return err
			}
			if seen.Unobserved == "" {
				tables++
			}
		}
		return nil
	})
	fmt.Fprintf(out, "| looking at %d tables, alone | %.2f s | %.2f s | | |\n", tables, time.Since(start).Seconds(), (processTime() - used).Seconds())
	return err
}

// processTime is the CPU time that this process has used; 0 where the system does not say.
func processTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// watchHeap looks at the heap until it is asked for the most that it was, in bytes.
func watchHeap() (most func() uint64) {
	var peak atomic.Uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapAlloc))
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return func() uint64 {
		close(stop)
		<-stopped
		return peak.Load()
	}
}
