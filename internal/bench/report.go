package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"text/tabwriter"
	"time"
)

// The aims, as shares of json.load and of the manifest's size.
const (
	aimFirst  = 0.5
	aimPeak   = 4.0
	aimLoaded = 2.0
	aimP99    = 10 * time.Millisecond
)

// report is what was measured of one size.
type report struct {
	models int
	size   int64
	first  cost
	python *cost // nil where there is no Python
	dbt    *cost // nil where it was not asked for
	asked  asked
}

func measure(ctx context.Context, o options, models int) (report, error) {
	r := report{models: models}
	w, err := generate(models)
	if err != nil {
		return r, err
	}
	defer w.close()
	r.size = w.size
	binary, err := filepath.Abs(o.binary)
	if err != nil {
		return r, fmt.Errorf("finding the program: %w", err)
	}
	node := fmt.Sprintf("fct_layer_00_orders_%05d", models/100)
	call := []string{"--project", w.dir, "call", "trace_lineage", "--node", node}
	if r.first, err = fastest(ctx, o.rounds, w.dir, binary, call...); err != nil {
		return r, err
	}
	load := []string{"-c", "import json, sys; json.load(open(sys.argv[1], encoding='utf-8'))", w.manifest}
	python, err := fastest(ctx, o.rounds, w.dir, "python3", load...)
	switch {
	case err == nil:
		r.python = &python
	case !errors.Is(err, exec.ErrNotFound):
		return r, err
	}
	if o.dbt != "" {
		if r.dbt, err = listWithDBT(ctx, o.dbt, w); err != nil {
			return r, err
		}
	}
	r.asked, err = ask(ctx, o, w, models)
	return r, err
}

// print writes the table and reports whether an aim is missed.
func (r report) print(out io.Writer) (missed bool) {
	t := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(t, format+"\n", args...) } // Flush gives the error
	verdict := func(ok bool, aim string) string {
		if ok {
			return "ok (" + aim + ")"
		}
		missed = true
		return "MISSED (" + aim + ")"
	}
	mb := func(bytes int64) string { return fmt.Sprintf("%.0f MB", float64(bytes)/1e6) }
	share := func(bytes int64) float64 { return float64(bytes) / float64(r.size) }
	line("\n%d models, manifest of %s\twall\tCPU\tpeak memory\tpeak / manifest\t", r.models, mb(r.size))
	process := func(name string, c cost, note string) {
		line("%s\t%s\t%s\t%s\t%.1f\t%s", name, rounded(c.wall), rounded(c.cpu), mb(c.peak), share(c.peak), note)
	}
	process("headwater, first answer", r.first, verdict(share(r.first.peak) <= aimPeak, "peak ≤ 4.0 of the manifest"))
	if r.python != nil {
		process("Python json.load", *r.python, "")
		wall, cpu := float64(r.first.wall)/float64(r.python.wall), float64(r.first.cpu)/float64(r.python.cpu)
		line("headwater / json.load\t%.2f\t%.2f\t\t\t%s", wall, cpu, verdict(min(wall, cpu) <= aimFirst, "≤ 0.50, by CPU where the machine is busy"))
	} else {
		line("Python json.load\tthere is no python3 here")
	}
	if r.dbt != nil {
		process("dbt ls", *r.dbt, "")
	} else {
		line("dbt ls\tnot measured: set DBT to dbt's command")
	}
	line("headwater, once loaded\t\t\t%s\t%.1f\t%s", mb(r.asked.heap), share(r.asked.heap),
		verdict(share(r.asked.heap) <= aimLoaded, "heap ≤ 2.0 of the manifest"))
	line("\nquery\tp50\tp99\tCPU p50\tCPU p99\t")
	for _, q := range r.asked.timings {
		line("%s\t%s\t%s\t%s\t%s\t%s", q.name, rounded(q.wall.p50), rounded(q.wall.p99), rounded(q.cpu.p50), rounded(q.cpu.p99),
			verdict(min(q.wall.p99, q.cpu.p99) <= aimP99, "p99 ≤ 10 ms, by CPU where the machine is busy"))
	}
	if err := t.Flush(); err != nil {
		return true
	}
	return missed
}

func rounded(d time.Duration) time.Duration {
	if d < 10*time.Millisecond {
		return d.Round(10 * time.Microsecond)
	}
	return d.Round(time.Millisecond)
}

// huge answers once from a project far larger than any known one.
func huge(ctx context.Context, o options, out io.Writer) error {
	w, err := generate(o.huge)
	if err != nil {
		return err
	}
	defer w.close()
	binary, err := filepath.Abs(o.binary)
	if err != nil {
		return fmt.Errorf("finding the program: %w", err)
	}
	c, answer, err := once(ctx, w.dir, binary, "--project", w.dir, "call", "trace_lineage", "--node", "fct_layer_00_orders_00001")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\n%d models, manifest of %.0f MB: answered in %s (CPU %s), peak %.0f MB, %d bytes of answer\n",
		o.huge, float64(w.size)/1e6, rounded(c.wall), rounded(c.cpu), float64(c.peak)/1e6, len(answer))
	if err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}
