package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/tools"
	"github.com/headwater-mcp/headwater/wire"
)

// query is a question about one node, asked of many.
type query struct {
	name      string
	tool      string
	arguments func(node string) any
}

// queries are those whose times are aimed at.
func queries() []query {
	return []query{
		{"find_nodes +x+", "find_nodes", func(node string) any { return platform.FindRequest{Select: "+" + node + "+"} }},
		{"trace_lineage, all downstream", "trace_lineage", func(node string) any {
			return platform.TraceRequest{Node: node, Direction: string(lineage.Downstream), Depth: 1 << 20}
		}},
		{"the same, 1000 nodes shown", "trace_lineage", func(node string) any {
			return platform.TraceRequest{Node: node, Direction: string(lineage.Downstream), Depth: 1 << 20, Limit: 1000}
		}},
		{"assess_impact drop", "assess_impact", func(node string) any {
			return platform.ImpactRequest{Node: node, Change: string(lineage.ChangeDrop)}
		}},
		{"assess_impact of a column", "assess_impact", func(node string) any {
			return platform.ImpactRequest{Node: node + ".column_00", Change: string(lineage.ChangeType)}
		}},
		{"find_nodes by text", "find_nodes", func(string) any { return platform.FindRequest{Text: "orders layer revenue"} }},
	}
}

// timing is how long a query took. CPU is that of the whole process: the collector's work counts, and so do several cores.
type timing struct {
	name      string
	wall, cpu spread
}

// spread is what half and 99 of 100 stay below.
type spread struct{ p50, p99 time.Duration }

func spreadOf(times []time.Duration) spread {
	slices.Sort(times)
	return spread{times[len(times)/2], times[len(times)*99/100]}
}

// asked is what was measured in process.
type asked struct {
	heap    int64 // bytes in use once loaded
	timings []timing
}

// samples is how many times each query is asked, of as many nodes across the project.
const samples = 300

// ask opens the project as the server does and times each query through its tool, arguments and answer in JSON.
func ask(ctx context.Context, o options, w world, models int) (asked, error) {
	var out asked
	before := heap()
	loaded, err := config.Load(config.Flags{Project: w.dir}, config.Env{}, w.dir)
	if err != nil {
		return out, err
	}
	a, err := app.Open(ctx, app.Options{Config: loaded, Log: zerolog.Nop(), Purpose: "bench", Now: time.Now})
	if err != nil {
		return out, err
	}
	defer a.Close() //nolint:errcheck // the folder is removed next
	out.heap = heap() - before
	p, err := a.Current(ctx)
	if err != nil {
		return out, err
	}
	nodes := slices.DeleteFunc(p.Graph.Nodes(), func(n *lineage.Node) bool { return n.Type != lineage.TypeModel })
	all := tools.All(a.Current)
	stop, err := profile(o.profile)
	if err != nil {
		return out, err
	}
	defer stop()
	for _, q := range queries() {
		tool := all[slices.IndexFunc(all, func(t wire.Tool) bool { return t.Name == q.tool })]
		var wall, cpu []time.Duration
		for k := range samples {
			arguments, err := json.Marshal(q.arguments(nodes[k*models/samples].Name))
			if err != nil {
				return out, fmt.Errorf("writing arguments: %w", err)
			}
			start, used := time.Now(), processTime()
			if _, err := tool.Call(ctx, arguments); err != nil {
				return out, fmt.Errorf("%s: %w", q.name, err)
			}
			wall, cpu = append(wall, time.Since(start)), append(cpu, processTime()-used)
		}
		out.timings = append(out.timings, timing{q.name, spreadOf(wall), spreadOf(cpu)})
	}
	return out, nil
}

// profile starts a CPU profile; without a file it does nothing.
func profile(file string) (stop func(), err error) {
	if file == "" {
		return func() {}, nil
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, fmt.Errorf("writing a profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, fmt.Errorf("writing a profile: %w", err)
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close() // what is missing shows when it is read
	}, nil
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // far below its bound
}
