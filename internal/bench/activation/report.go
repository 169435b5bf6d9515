package main

import (
	"fmt"
	"math"
	"text/tabwriter"
	"time"
)

// The aims.
const (
	aimStep    = 2.5
	aimHistory = 1.3
	aimRestate = 1.0
	aimInitial = 1.5
	aimPeak    = 4 << 30
)

// report is what was measured; nil where it was not asked for.
type report struct {
	*bench

	floor, step, long, stepSmall  *subject
	older                         *subject
	found, told                   *subject
	window, initial, initialSmall *subject

	table  *tabwriter.Writer
	missed bool
}

func (r *report) linef(format string, args ...any) {
	fmt.Fprintf(r.table, format+"\n", args...) // Flush gives the error
}

// print writes the table and reports whether an aim is missed. Outputs that differ are an error.
func (r *report) print() (missed bool, err error) {
	fmt.Fprintf(r.out, "\nscale %g, %d threads, DuckDB's memory limit %s; best of %d, in turns\n", r.scale, r.threads, r.memory, r.rounds)
	if r.step != nil {
		fmt.Fprintf(r.out, "a day of %d rows and %d users, %d known; history: %d users on each of the days before the last nine, the known ones on those\n",
			scaled(dayRows, r.scale), r.step.best.Built.Active, scaled(knownUsers, r.scale), r.filler)
	}
	if r.initial != nil {
		fmt.Fprintf(r.out, "initial build: %d days of %d rows, %d users\n", r.days, r.daily, usersOf(r.daily))
	}
	r.table = tabwriter.NewWriter(r.out, 0, 8, 2, ' ', 0)
	r.linef("\n\twall\tCPU\tpeak memory\t")
	for _, s := range r.subjects() {
		r.cost(s)
	}
	r.linef("\nratio\twall\tCPU\t\t")
	r.ratio("day step / floor", r.step, r.floor, aimStep)
	r.ratio("365 days of history / 30", r.long, r.step, aimHistory)
	r.ratio(fmt.Sprintf("%d older rows in the fact / none", shortHistory*r.bench.older), r.older, r.step, math.Inf(1))
	r.ratio("restating 1 % of a day, found by itself / day step", r.found, r.step, aimRestate)
	r.ratio("restating 1 % of a day, from and until / day step", r.told, r.step, aimRestate)
	r.ratio("initial build / window query", r.initial, r.window, aimInitial)
	for _, pair := range [][2]*subject{{r.step, r.stepSmall}, {r.initial, r.initialSmall}} {
		if pair[1] == nil {
			continue
		}
		if err = same(pair[0], pair[1]); err != nil {
			break
		}
		r.linef("%s\toutputs equal\t\t\t", pair[1].name)
	}
	if flushed := r.table.Flush(); flushed != nil {
		return r.missed, fmt.Errorf("writing: %w", flushed)
	}
	return r.missed, err
}

// subjects are those that were measured.
func (r *report) subjects() []*subject {
	var out []*subject
	for _, s := range []*subject{
		r.floor, r.step, r.long, r.older, r.found, r.told, r.stepSmall, r.window, r.initial, r.initialSmall,
	} {
		if s != nil {
			out = append(out, s)
		}
	}
	return out
}

func (r *report) cost(s *subject) {
	note := ""
	if s.task.Do == "build" {
		note = r.verdict(s.best.Peak <= aimPeak, "≤ 4 GiB")
		if changed := s.best.Built.Changed; changed > 0 {
			note += fmt.Sprintf("; %d users changed", changed)
		}
	}
	r.linef("%s\t%s\t%s\t%d MiB\t%s", s.name, rounded(s.best.Wall), rounded(s.best.CPU), s.best.Peak>>20, note)
}

func (r *report) verdict(ok bool, aim string) string {
	if ok {
		return "ok (" + aim + ")"
	}
	r.missed = true
	return "MISSED (" + aim + ")"
}

func (r *report) ratio(name string, of, to *subject, aim float64) {
	if of == nil || to == nil {
		return
	}
	wall, cpu := float64(of.best.Wall)/float64(to.best.Wall), float64(of.best.CPU)/float64(to.best.CPU)
	if math.IsInf(aim, 1) {
		r.linef("%s\t%.2f\t%.2f\t\tno aim", name, wall, cpu)
		return
	}
	words := fmt.Sprintf("≤ %.1f", aim)
	if wall > aim && cpu <= aim {
		words += " by CPU, if the machine was busy"
	}
	r.linef("%s\t%.2f\t%.2f\t\t%s", name, wall, cpu, r.verdict(min(wall, cpu) <= aim, words))
}

// printSpent is the breakdown of one measurement: statements that took a hundredth of it, in their order.
func (b *bench) printSpent(name string, d done) {
	t := tabwriter.NewWriter(b.out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(t, "\n%s: wall %s, CPU %s, peak %d MiB\n", name, rounded(d.Wall), rounded(d.CPU), d.Peak>>20)
	rest := d.Wall
	for _, s := range d.Spent {
		if rest -= s.Wall; s.Wall*100 >= d.Wall {
			fmt.Fprintf(t, "%s\tCPU %s\t%d ×\t%s\n", rounded(s.Wall), rounded(s.CPU), s.Times, s.Words)
			continue
		}
		rest += s.Wall
	}
	if len(d.Spent) > 0 {
		fmt.Fprintf(t, "%s\t\t\t(all others)\n%s\n", rounded(rest), d.Built.Why)
	}
	_ = t.Flush() // the table at the end says whether the writer works
}

func rounded(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
